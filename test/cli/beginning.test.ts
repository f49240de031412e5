import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, Script } from 'node:vm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ERROR_MEANINGS } from '../../src/words/meanings/errors.ts';
import { FINDING_MEANINGS } from '../../src/words/meanings/findings.ts';
import { built } from '../tools/command.ts';
import { pool, poolImages } from '../tools/images.ts';

// What stands between the shell and the program: a Node that is too old, files of the package that are missing or
// damaged. None of it may answer "no trace of ZFS" (status 1), or with a crash.

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const ROOT = join(import.meta.dirname, '..', '..');
let folder = '';
let image = '';
let whole: SpawnSyncReturns<string>;
const addon = readdirSync(join(ROOT, 'native')).find((name) => name.endsWith('.node'));

beforeAll(async () => {
  await built();
  [image = ''] = await poolImages(pool('torn-sector'));
  folder = mkdtempSync(join(tmpdir(), 'zfs-uber-beginning-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});

// Each test damages a package of its own.
beforeEach(() => {
  for (const part of ['bin', 'dist', 'native']) rmSync(join(folder, part), { recursive: true, force: true });
  mkdirSync(join(folder, 'native'));
  for (const part of ['bin', 'dist', 'package.json']) {
    cpSync(join(ROOT, part), join(folder, part), {
      recursive: true,
      filter: (path) => !/\.map$|[/\\]types$/.test(path),
    });
  }
  for (const name of readdirSync(join(ROOT, 'native')).filter((each) => /\.node(\.json)?$/.test(each))) {
    cpSync(join(ROOT, 'native', name), join(folder, 'native', name));
  }
  whole = run('labels', '--json', image);
  expect(whole.status).toBe(0);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [join(folder, 'bin', 'zfs-uber.js'), ...args], { encoding: 'utf8' });
}

/** Changes one byte of a file, or ends it there. */
function damage(path: string, how: 'cut' | 'flip', part: number): void {
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length * part);
  if (how === 'flip') bytes[at] = (bytes[at] ?? 0) ^ 0x55;
  writeFileSync(path, how === 'cut' ? bytes.subarray(0, at) : bytes);
}

const DAMAGES = [
  ['cut', 0],
  ['cut', 0.3],
  ['cut', 0.999],
  ['flip', 0.2],
  ['flip', 0.5],
  ['flip', 0.99],
] as const;

describe('a Node that is too old', () => {
  const source = readFileSync(join(ROOT, 'bin', 'zfs-uber.js'), 'utf8').replace(/^#!.*/, '');

  it('can parse the file that it is given', () => {
    // Syntax of modules, and what came after 2015.
    const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    expect(code).not.toMatch(/\b(import|export|await|async)\b|\?\?|\?\.|\*\*|\.\.\./);
  });

  it.each(['0.12.18', '12.22.12', '18.20.4', '20.18.3', '21.7.3'])('is told so with status 70: %s', (node) => {
    const said: string[] = [];
    const process = { versions: { node }, exitCode: 0 };
    new Script(source).runInContext(createContext({ process, console: { error: (text: string) => said.push(text) } }));
    expect(process.exitCode).toBe(70);
    expect(said.join('\n')).toContain(`this is Node ${node}, and Node 20.19 or newer is needed`);
  });
});

describe('the start of labels and rings', () => {
  it('has nothing in it of what codes mean in general, which only who asks for it reads', () => {
    const script = readFileSync(join(folder, 'dist', 'start.cjs'), 'utf8');
    expect(script).toContain('device-by-ring');
    const meanings = [...Object.values(FINDING_MEANINGS), ...Object.values(ERROR_MEANINGS)];
    expect(meanings.filter(({ says }) => script.includes(says))).toEqual([]);
  });

  it.each(DAMAGES)('goes without its compiled code where that is damaged: %s at %d', (how, part) => {
    damage(join(folder, 'dist', 'start.cache'), how, part);
    expect(run('labels', '--json', image)).toMatchObject({ status: 0, signal: null, stdout: whole.stdout, stderr: '' });
  });

  it.each(DAMAGES)('goes by the whole program where its script is damaged: %s at %d', (how, part) => {
    damage(join(folder, 'dist', 'start.cjs'), how, part);
    expect(run('labels', '--json', image)).toMatchObject({ status: 0, signal: null, stdout: whole.stdout, stderr: '' });
  });

  it('does the same without what notes their sums', () => {
    rmSync(join(folder, 'dist', 'start.json'));
    expect(run('labels', '--json', image)).toMatchObject({ status: 0, stdout: whole.stdout });
  });
});

describe.skipIf(addon === undefined)('the addon', () => {
  const path = () => join(folder, 'native', addon ?? '');

  it.each(DAMAGES)('is passed over where it is damaged, and --version says so: %s at %d', (how, part) => {
    damage(path(), how, part);
    const { status, signal, stdout } = run('--version');
    expect({ status, signal }).toEqual({ status: 0, signal: null });
    expect(stdout).toMatch(
      /engine node \(none faster: index\..*\.node (has \d+ bytes, and \d+ were|is not what was) built\)/,
    );
    expect(run('scan', '--json', image)).toMatchObject({ status: 0, signal: null });
  });

  it('is passed over where it is another library', () => {
    cpSync(process.execPath, path());
    expect(run('--version').stdout).toMatch(/engine node \(none faster: .* has \d+ bytes, and \d+ were built\)/);
  });

  it('is passed over where nothing says what was built', () => {
    rmSync(`${path()}.json`);
    expect(run('--version').stdout).toMatch(/engine node \(none faster: .* beside it that says what was built\)/);
  });

  it('is passed over where what says so is no JSON', () => {
    writeFileSync(`${path()}.json`, 'null');
    expect(run('--version')).toMatchObject({ status: 0, stdout: expect.stringMatching(/engine node \(none faster: /) });
  });
});

describe('a program that cannot begin', () => {
  it('says with status 70 that it was not built', () => {
    rmSync(join(folder, 'dist'), { recursive: true });
    const { status, stderr } = run('scan', image);
    expect(stderr).toContain('zfs-uber: not built yet');
    expect(status).toBe(70);
  });

  it.each(['scan', 'labels'])('says with status 70 that a part of it is missing: %s', (command) => {
    for (const name of readdirSync(join(folder, 'dist')).filter(
      (each) => each.startsWith('chunk-') || each === 'start.json',
    ))
      rmSync(join(folder, 'dist', name));
    const { status, stdout, stderr } = run(command, image);
    expect(stderr).toContain('zfs-uber: the program cannot go on; nothing is said of the sources');
    expect(stdout).toBe('');
    expect(status).toBe(70);
  });

  it('says with status 70 that it is damaged', () => {
    damage(join(folder, 'dist', 'cli.js'), 'cut', 0.5);
    const { status, stderr } = run('scan', image);
    expect(stderr).toContain('zfs-uber: the program cannot go on');
    expect(status).toBe(70);
  });

  it('says with status 70 that a package it needs is missing', () => {
    rmSync(join(folder, 'node_modules'));
    try {
      const { status } = run('scan', '--help');
      expect(status).toBe(70);
    } finally {
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    }
  });
});
