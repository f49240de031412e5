import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/bytes/nearest.ts';
import { progressLine } from '../../src/cli/progressLine.ts';
import { pageFor, takesColor, takesUnicode } from '../../src/cli/terminal.ts';
import { recorded } from './fakeTerminal.ts';

describe('colour', () => {
  it.each([
    [true, {}, true, false],
    [false, {}, false, false],
    [false, { NO_COLOR: '1' }, true, false],
    [true, { NO_COLOR: '' }, true, false],
    [true, { FORCE_COLOR: '1' }, false, false],
    [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
    [false, { FORCE_COLOR: '0' }, true, false],
    [false, { TERM: 'dumb' }, true, false],
    [false, { FORCE_COLOR: '1' }, true, true],
  ])('is %s with %j, terminal %s, --no-color %s', (expected, env, outIsTerminal, noColor) => {
    expect(takesColor({ env, outIsTerminal }, noColor)).toBe(expected);
  });
});

describe('Unicode', () => {
  it.each([
    [true, { LANG: 'de_DE.UTF-8' }],
    [true, { LC_ALL: '', LC_CTYPE: 'C.utf8', LANG: 'C' }],
    [false, { LC_ALL: 'C', LANG: 'de_DE.UTF-8' }],
    [false, {}],
  ])('is %s with %j', (expected, env) => {
    expect(takesUnicode({ env, platform: 'linux' })).toBe(expected);
  });
});

it('takes 80 columns where the width is unknown, and never fewer than text can have', async () => {
  expect((await pageFor(recorded().terminal, true)).width).toBe(80);
  expect((await pageFor(recorded({ columns: 1 }).terminal, true)).width).toBe(20);
});

describe('progress', () => {
  const step = (done: number) => ({ phase: 'checking txgs', done, total: 40 });
  const shown = (about: Parameters<typeof recorded>[0], choice = { asked: false, quiet: false }) => {
    const record = recorded(about);
    const line = progressLine(record.terminal, choice);
    line.show(step(1));
    record.pass(1001);
    line.show(step(10));
    line.show(step(11));
    record.pass(101);
    line.show(step(20));
    line.end();
    return record.err();
  };

  it('is shown on a terminal after a second, each line over the last, and leaves nothing', () => {
    expect(shown({ errIsTerminal: true })).toBe(
      `\rchecking txgs 10 of 40 (25 %)\rchecking txgs 20 of 40 (50 %)\r${' '.repeat(29)}\r`,
    );
  });

  it('is shown elsewhere only when asked for, in lines and seldom', () => {
    expect(shown({})).toBe('');
    expect(shown({}, { asked: true, quiet: false })).toBe('checking txgs 10 of 40 (25 %)\n');
  });

  it('is not shown with --quiet', () => {
    expect(shown({ errIsTerminal: true }, { asked: true, quiet: true })).toBe('');
  });

  it('leaves a terminal alone that it wrote nothing to', () => {
    const { terminal, err } = recorded({ errIsTerminal: true });
    progressLine(terminal, { asked: false, quiet: false }).end();
    expect(err()).toBe('');
  });
});

describe('nearest', () => {
  const words = ['scan', 'labels', 'ring', 'newest-first'];
  it.each([
    ['scn', 'scan'],
    ['label', 'labels'],
    ['rnig', 'ring'],
    ['newest', 'newest-first'],
    ['x', null],
    ['verify', null],
  ])('finds for %s %s', (word, near) => {
    expect(nearest(word, words)).toBe(near);
  });
});
