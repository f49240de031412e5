import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, Script } from 'node:vm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { helpText } from '../../src/cli/help.ts';
import { built } from '../tools/command.ts';
import { pool, poolImages } from '../tools/images.ts';

// What stands between the shell and the program: a Node that is too old, files of the package that are missing or
// damaged. None of it may answer "no trace of ZFS" (status 1), or with a crash.

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
  return spawnSync(process.execPath, [join(folder, 'bin', 'zfs-uber.cjs'), ...args], { encoding: 'utf8' });
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
  const source = readFileSync(join(ROOT, 'bin', 'zfs-uber.cjs'), 'utf8').replace(/^#!.*/, '');

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

describe('the code that is kept', () => {
  const cache = () => join(folder, 'home', '.cache', 'zfs-uber');
  const env = () => ({ PATH: process.env['PATH'], HOME: join(folder, 'home') });
  const runAtHome = (more: NodeJS.ProcessEnv = {}, ...args: string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [join(folder, 'bin', 'zfs-uber.cjs'), ...args], {
      encoding: 'utf8',
      env: { ...env(), ...more },
    });
  const labelsAtHome = (more: NodeJS.ProcessEnv = {}) => runAtHome(more, 'labels', '--json', image);
  const filesOf = (ending: string) =>
    existsSync(cache()) ? readdirSync(cache()).filter((name) => name.endsWith(ending)) : [];
  const files = () => filesOf('.code');
  const kept = () => join(cache(), files()[0] ?? '');

  beforeEach(() => {
    rmSync(join(folder, 'home'), { recursive: true, force: true });
    mkdirSync(join(folder, 'home'));
  });

  /** Whether V8 took what was kept: then nothing is written again. */
  function isTaken(more: NodeJS.ProcessEnv = {}): boolean {
    const before = statSync(kept(), { bigint: true });
    expect(labelsAtHome(more)).toMatchObject({ status: 0, signal: null, stdout: whole.stdout, stderr: '' });
    const after = statSync(kept(), { bigint: true });
    return before.ino === after.ino && before.mtimeNs === after.mtimeNs;
  }

  it("is the user's alone, and taken in the next run", () => {
    expect(labelsAtHome()).toMatchObject({ status: 0, stdout: whole.stdout });
    expect(files()).toHaveLength(1);
    expect([cache(), kept()].map((path) => (statSync(path).mode & 0o777).toString(8))).toEqual(['700', '600']);
    expect(isTaken()).toBe(true);
  });

  it('is made for each set of options of V8, and none drives out another', () => {
    const small = { NODE_OPTIONS: '--max-old-space-size=512' };
    labelsAtHome();
    labelsAtHome(small);
    expect(files()).toHaveLength(2);
    const before = files().map((name) => statSync(join(cache(), name)).mtimeMs);
    for (const more of [{}, small]) expect(labelsAtHome(more)).toMatchObject({ status: 0, stdout: whole.stdout });
    expect(files().map((name) => statSync(join(cache(), name)).mtimeMs)).toEqual(before);
  });

  it.each(DAMAGES)('is passed over where it is damaged: %s at %d', (how, part) => {
    labelsAtHome();
    damage(kept(), how, part);
    expect(isTaken()).toBe(false);
    expect(isTaken()).toBe(true);
  });

  describe('that an earlier run has summed', () => {
    const seen = () => join(cache(), filesOf('.seen')[0] ?? '');

    beforeEach(async () => {
      labelsAtHome();
      // What was written just now may be written again at the same time of the filesystem: nothing is noted of it.
      await new Promise((resolve) => setTimeout(resolve, 3100));
      labelsAtHome();
      expect(filesOf('.seen')).toHaveLength(1);
      expect((statSync(seen()).mode & 0o777).toString(8)).toBe('600');
    });

    it('is noted with the addon, and passed over where it is damaged afterwards', () => {
      expect(Object.keys(JSON.parse(readFileSync(seen(), 'utf8')))).toHaveLength(addon === undefined ? 1 : 2);
      const before = statSync(seen()).ino;
      expect(isTaken()).toBe(true);
      expect(statSync(seen()).ino).toBe(before);
      damage(kept(), 'flip', 0.5);
      expect(isTaken()).toBe(false);
      expect(isTaken()).toBe(true);
    });

    it.skipIf(addon === undefined)('does not keep a damaged addon from being found out', () => {
      damage(join(folder, 'native', addon ?? ''), 'flip', 0.5);
      const { status, stdout } = labelsAtHome();
      expect(status).toBe(0);
      expect(JSON.parse(stdout).tool).toMatchObject({ native: false });
    });

    it.each(['', 'null', '[', '{"a":1}'])('is summed again where the note is %o', (text) => {
      writeFileSync(seen(), text);
      expect(isTaken()).toBe(true);
      expect(Object.keys(JSON.parse(readFileSync(seen(), 'utf8'))).length).toBeGreaterThan(0);
    });

    it('is summed again where others can write the note', () => {
      const before = statSync(seen()).ino;
      chmodSync(seen(), 0o620);
      expect(isTaken()).toBe(true);
      expect(statSync(seen()).ino).not.toBe(before);
    });
  });

  it('is made for each command, with JSON and without', () => {
    labelsAtHome();
    runAtHome({}, 'labels', image);
    runAtHome({}, 'ring', image);
    expect(files()).toHaveLength(3);
  });

  it('is passed over where others can write it', () => {
    labelsAtHome();
    chmodSync(kept(), 0o620);
    expect(isTaken()).toBe(false);
  });

  it('is passed over where it is a link', () => {
    labelsAtHome();
    const elsewhere = join(folder, 'home', 'code');
    const path = kept();
    renameSync(path, elsewhere);
    symlinkSync(elsewhere, path);
    expect(isTaken()).toBe(false);
  });

  it.skipIf(process.getuid?.() !== 0)("is passed over where it is another user's, and not left in his home", () => {
    labelsAtHome();
    chownSync(kept(), 12345, 12345);
    expect(isTaken()).toBe(false);
    rmSync(join(folder, 'home', '.cache'), { recursive: true });
    chownSync(join(folder, 'home'), 12345, 12345);
    expect(labelsAtHome()).toMatchObject({ status: 0, stdout: whole.stdout });
    expect(readdirSync(join(folder, 'home'))).toEqual([]);
  });

  it.each([
    ['there is no home', { HOME: undefined }],
    ['the home is not there', { HOME: '/does/not/exist' }],
    ['the folder is a file', { XDG_CACHE_HOME: process.execPath }],
    ['it is not wanted', { NODE_DISABLE_COMPILE_CACHE: '1' }],
  ])('is done without where %s', (_, more) => {
    expect(labelsAtHome(more)).toMatchObject({ status: 0, stdout: whole.stdout, stderr: '' });
    expect(files()).toEqual([]);
  });

  it('drives out what is oldest where there is much of it', () => {
    mkdirSync(cache(), { recursive: true, mode: 0o700 });
    for (let i = 0; i < 80; i++) {
      const path = join(cache(), `${i}.code`);
      writeFileSync(path, '');
      utimesSync(path, i + 1, i + 1);
    }
    labelsAtHome();
    expect(files()).toHaveLength(64);
    expect(files()).toContain('79.code');
    expect(files()).not.toContain('16.code');
  });

  it('is not kept of a line that is wrong', () => {
    expect(runAtHome({}, 'lables', image).status).toBe(2);
    expect(files()).toEqual([]);
  });
});

describe('the program', () => {
  const runUnkept = (...args: string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [join(folder, 'bin', 'zfs-uber.cjs'), ...args], {
      encoding: 'utf8',
      env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' },
    });

  it.each(DAMAGES)('does not begin where it is damaged: %s at %d', (how, part) => {
    damage(join(folder, 'dist', 'sources.js'), how, part);
    const { status, stdout, stderr } = runUnkept('labels', '--json', image);
    expect(stderr).toContain('zfs-uber: the program cannot go on; nothing is said of the sources');
    expect(stderr).toContain('is not what was built');
    expect({ status, stdout }).toEqual({ status: 70, stdout: '' });
  });

  it('does not go on where a part is damaged that comes later', () => {
    damage(join(folder, 'dist', 'labels-rewind.js'), 'flip', 0.5);
    expect(runUnkept('scan', image)).toMatchObject({ status: 70, stdout: '' });
  });

  it.each(DAMAGES)('says the same or nothing where the list of its parts is damaged: %s at %d', (how, part) => {
    damage(join(folder, 'dist', 'modules.json'), how, part);
    const { status, stdout } = run('labels', '--json', image);
    expect({ status, stdout }).toEqual(status === 0 ? { status, stdout: whole.stdout } : { status: 70, stdout: '' });
  });

  it('needs nothing but its own files to read labels and to help, and no manifest', async () => {
    rmSync(join(folder, 'node_modules'));
    rmSync(join(folder, 'package.json'));
    try {
      expect(run('labels', '--json', image)).toMatchObject({ status: 0, stdout: whole.stdout, stderr: '' });
      // Laid out when it was built: yargs is not here.
      expect(run('--help')).toMatchObject({ status: 0, stderr: '', stdout: await helpText(null, 80) });
      const [command = null] = COMMANDS;
      expect(run(command?.name ?? '', '--help')).toMatchObject({ status: 0, stdout: await helpText(command, 80) });
      expect(run('--version').stdout).toMatch(/^zfs-uber \d/);
    } finally {
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    }
  });
});

describe.skipIf(addon === undefined)('the addon', () => {
  const path = () => join(folder, 'native', addon ?? '');

  it.each(DAMAGES)('is passed over where it is damaged, and --version says so: %s at %d', (how, part) => {
    damage(path(), how, part);
    const { status, signal, stdout } = run('--version');
    expect({ status, signal }).toEqual({ status: 0, signal: null });
    expect(stdout).toMatch(
      /engine node \(TypeScript; none faster: index\..*\.node (has \d+ bytes, and \d+ were|is not what was) built\)/,
    );
    expect(run('scan', '--json', image)).toMatchObject({ status: 0, signal: null });
  });

  it('is passed over where it is another library', () => {
    cpSync(process.execPath, path());
    expect(run('--version').stdout).toMatch(
      /engine node \(TypeScript; none faster: .* has \d+ bytes, and \d+ were built\)/,
    );
  });

  it('is passed over where nothing says what was built', () => {
    rmSync(`${path()}.json`);
    expect(run('--version').stdout).toMatch(
      /engine node \(TypeScript; none faster: .* beside it that says what was built\)/,
    );
  });

  it('is passed over where what says so is no JSON', () => {
    writeFileSync(`${path()}.json`, 'null');
    expect(run('--version')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/engine node \(TypeScript; none faster: /),
    });
  });
});

describe('a program that cannot begin', () => {
  it('says with status 70 that it was not built', () => {
    rmSync(join(folder, 'dist'), { recursive: true });
    const { status, stderr } = run('scan', image);
    expect(stderr).toContain('zfs-uber: not built yet');
    expect(status).toBe(70);
  });

  it('says with status 70 that a package it needs is missing', () => {
    rmSync(join(folder, 'node_modules'));
    try {
      const { status, stdout } = run('scan', image);
      expect({ status, stdout }).toEqual({ status: 70, stdout: '' });
    } finally {
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    }
  });
});
