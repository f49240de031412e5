import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf, printable } from '../../src/bytes/printable.ts';
import { shellCommand, shellWord } from '../../src/bytes/shellWord.ts';

// An image can say anything, and a terminal obeys what it is sent.

describe('printable', () => {
  it.each([
    ['a\x1b[2Jb', 'a\\x1b[2Jb'],
    ['line\nline\r\t', 'line\\x0aline\\x0d\\x09'],
    ['\x7f\x85\x9b', '\\x7f\\x85\\x9b'],
    ['abc\u202etxt', 'abc\\u{202e}txt'],
    ['\u2066x\u2069', '\\u{2066}x\\u{2069}'],
    ['zero\u200bwidth\ufeff', 'zero\\u{200b}width\\u{feff}'],
    ['\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['\ud800', '\\u{d800}'],
    ['\u{10ffff}\u0378', '\\u{10ffff}\\u{378}'],
    ['no\u00a0break', 'no\\xa0break'],
    ['filler\u3164', 'filler\\u{3164}'],
  ])('escapes what a terminal would obey, hide or reorder: %j', (text, safe) => {
    expect(printable(text)).toBe(safe);
  });

  it('leaves names in any script as they are', () => {
    for (const name of ['tank', 'größe', 'диск', 'プール', 'a b', '~!@#$%^&*()']) expect(printable(name)).toBe(name);
  });

  it('leaves only ASCII where the terminal takes no Unicode', () => {
    expect(printable('größe ■', false)).toBe('gr\\xf6\\xdfe \\u{25a0}');
  });

  it('lets no control, format, surrogate or separator through, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, unicode) => {
        expect(printable(text, unicode)).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

describe('columnsOf', () => {
  it('counts what a terminal shows: wide letters twice, combining marks not at all', () => {
    expect(columnsOf('tank')).toBe(4);
    expect(columnsOf('プール')).toBe(6);
    expect(columnsOf('a·b')).toBe(3);
    expect(columnsOf('e\u0301')).toBe(1);
  });
});

describe('shellWord', () => {
  it.each([
    ['tank', 'tank'],
    ['/dev/disk/by-id/ata-X_1', '/dev/disk/by-id/ata-X_1'],
    ['readonly=on', 'readonly=on'],
    ['', "''"],
    ['my pool', "'my pool'"],
    ["it's", "'it'\\''s'"],
    ['$(reboot)', "'$(reboot)'"],
    ['=ls', "'=ls'"],
    ['~root', "'~root'"],
    ['a\nb', "$'a\\012b'"],
    ["\x1b'1", "$'\\033\\0471'"],
  ])('quotes %j as %s', (word, quoted) => {
    expect(shellWord(word)).toBe(quoted);
  });

  it('gives bash back the very words, whatever is in them', () => {
    const words = fc.array(
      fc.string({ unit: 'binary' }).map((word) => word.replaceAll('\0', '')),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(words, fc.boolean(), (vector, unicode) => {
        const line = shellCommand(['printf', '%s\\0', ...vector], unicode);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        const { stdout } = spawnSync('bash', ['--norc', '-c', line], { encoding: 'utf8' });
        expect(stdout).toBe(vector.map((word) => `${word}\0`).join(''));
      }),
      { numRuns: 60 },
    );
  });
});
