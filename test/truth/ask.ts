import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { KernelAnswer } from '../tools/images.ts';
import type { MadePool } from './make.ts';

/** One import: read-only or not, of which txg (0: a plain import, F: with -F), with which flags of zpool. */
export interface Question {
  /** Name or guid, and how it is called then where that is something else. */
  readonly pool: string;
  readonly calledThen?: string | undefined;
  readonly mode: 'ro' | 'rw';
  readonly txg: string;
  /** `-m`, `-D`, `-c` for the checkpoint. */
  readonly flags: readonly string[];
  /** Paths of what is given. */
  readonly devices: readonly string[];
  /** `NAME=VALUE` of the module. */
  readonly parameters?: readonly string[];
}

/** Those that `command` hands over; all where it names a folder, or what has to be made first. */
export function devicesOf(command: readonly string[], { folder, images }: MadePool): string[] {
  const given = command.flatMap((word, i) => (command[i - 1] === '-d' ? [word] : []));
  const all = images.map((image) => join(folder, image));
  const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  if (given.length === 0 || !given.every(isFile)) return all;
  return all.filter((image) => given.includes(image));
}

/** What a printed `zpool import` asks. */
export function questionOf(command: readonly string[], made: MadePool): Question {
  const after = (word: string): string | undefined => command[command.indexOf(word) + 1];
  const renames = command.includes('-t');
  return {
    pool: (renames ? after('-t') : command.at(-1)) ?? '',
    calledThen: renames ? command.at(-1) : undefined,
    mode: command.includes('readonly=on') ? 'ro' : 'rw',
    txg: command.includes('-T') ? (after('-T') ?? '0') : '0',
    flags: [
      ...command.filter((word) => word === '-m' || word === '-D'),
      ...(command.includes('--rewind-to-checkpoint') ? ['-c'] : []),
    ],
    devices: devicesOf(command, made),
  };
}

/**
 * Asks OpenZFS's own code. Read-only it is given the images themselves, read-write copies in `scratch`, which is emptied
 * before.
 */
export function ask(question: Question, uask: string, scratch: string): KernelAnswer {
  const { pool, calledThen, mode, txg, flags, devices, parameters = [] } = question;
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  const given = devices.flatMap((device) => {
    const copy = join(scratch, basename(device));
    if (mode === 'ro') symlinkSync(device, copy);
    else spawnSync('cp', ['--sparse=always', '--reflink=auto', device, copy]);
    return ['-d', copy];
  });
  const name = calledThen === undefined ? [] : ['-t', calledThen];
  const { stdout, stderr, status, error } = spawnSync(
    uask,
    [pool, mode, txg, scratch, ...flags, ...name, ...parameters, ...given],
    { encoding: 'latin1', timeout: 90_000, maxBuffer: 256 * 1024 * 1024 },
  );
  const empty = { used: 0, errs: '', health: '' };
  if (error !== undefined && 'code' in error && error.code === 'ETIMEDOUT')
    return { ...empty, rc: 'hang', msg: 'no answer' };
  const rc = /^rc=(\d+)/m.exec(stdout)?.[1];
  const used = [...stdout.matchAll(/using uberblock with txg=(\d+)/g)].at(-1)?.[1] ?? '0';
  const errs = [...stdout.matchAll(/spa_load_verify found (\d+) metadata errors and (\d+) data errors/g)].at(-1);
  const why = stdout.split('\n').filter((line) => /FAILED|mismatch|cannot/.test(line));
  // It may fall over a damaged pool while it closes it again: that is no answer to the import.
  const answered = rc !== undefined && (rc !== '0' || mode === 'ro' || stdout.includes('synced='));
  if (!answered) return { ...empty, used: Number(used), rc: 'panic', msg: stderr.slice(-300) || String(status) };
  return {
    rc: rc === '0' ? 0 : 1,
    used: Number(used),
    errs: errs === undefined ? '' : `${errs[1]},${errs[2]}`,
    health: '',
    msg: rc === '0' ? '' : why.slice(-2).join('; '),
  };
}
