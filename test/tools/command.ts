import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from '../../bin/images.js';

const ROOT = join(import.meta.dirname, '..', '..');
export const COMMAND = join(ROOT, 'bin', 'zfs-uber.cjs');
const BUILT = join(ROOT, 'dist', 'modules.json');
const LOCK = join(CACHE, 'build.lock');
/** Longer than a build takes. */
const PATIENCE = 120_000;

export interface Ran {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** On top of an environment that has no colour, width or engine in it. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Wraps the command: the program to run in its place, with the command behind its own arguments. */
  readonly under?: readonly string[];
}

/** Runs the command `zfs-uber` as a user does, from dist/. Never rejects for what it answers. */
export async function zfsUber(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  await built();
  const [program = process.execPath, ...before] = [...(options.under ?? []), process.execPath, COMMAND];
  const { PATH = '', HOME = '/' } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...before, ...args], {
      cwd: options.cwd ?? ROOT,
      env: { PATH, HOME, LANG: 'C.UTF-8', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (status, signal) => {
      resolve({ status, signal, stdout, stderr });
    });
  });
}

/** As {@link zfsUber}, by a line of bash in which `$Z` is the command and `"$@"` are `args`. */
export async function shell(
  line: string,
  args: readonly string[] = [],
  env: RunOptions['env'] = {},
  /** Variables in which `$Z` is the command as well. */
  lines: RunOptions['env'] = {},
): Promise<Ran> {
  await built();
  const { PATH = '', HOME = '/' } = process.env;
  const Z = `'${process.execPath}' '${COMMAND}'`;
  const withCommand = (text: string) => text.replaceAll('$Z', () => Z);
  const variables = Object.fromEntries(Object.entries(lines).map(([name, text]) => [name, withCommand(text)]));
  const { status, signal, stdout, stderr } = spawnSync('bash', ['-c', withCommand(line), 'bash', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH, HOME, LANG: 'C.UTF-8', ...env, ...variables },
  });
  return { status, signal, stdout, stderr };
}

let building: Promise<void> | null = null;

/** Builds dist/ unless it is newer than src/. `npm test` has built before; `npx vitest` in a changed tree has not. */
export function built(): Promise<void> {
  building ??= build();
  return building;
}

async function build(): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const end = Date.now() + PATIENCE;
  // Several test workers may find it stale: one builds, the others wait.
  while (isStale()) {
    if (tryLock()) {
      try {
        // It goes by contents: after a checkout nothing may be left to do.
        const run = spawnSync(process.execPath, [join(ROOT, 'bin', 'develop.js'), 'build'], { encoding: 'utf8' });
        if (run.status !== 0) throw new Error(`dist/ cannot be built:\n${run.stdout}${run.stderr}`);
      } finally {
        rmSync(LOCK, { force: true });
      }
      return;
    } else if (Date.now() > end) throw new Error(`another process holds ${LOCK}`);
    else await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function tryLock(): boolean {
  try {
    closeSync(openSync(LOCK, 'wx'));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function isStale(): boolean {
  if (!existsSync(BUILT)) return true;
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true });
  const newest = Math.max(
    ...sources.map((entry) => (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).mtimeMs : 0)),
  );
  return statSync(BUILT).mtimeMs < newest;
}
