import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { KernelAnswer } from '../tools/images.ts';

/** One import: read-only or not, of which txg (0: a plain import, F: with -F), with which flags of zpool. */
export interface Question {
  readonly pool: string;
  readonly mode: 'ro' | 'rw';
  readonly txg: string;
  readonly flags: readonly string[];
  /** Paths of what is given. */
  readonly devices: readonly string[];
}

/**
 * Asks OpenZFS's own code. Read-only it is given the images themselves, read-write copies in `scratch`, which is emptied
 * before.
 */
export function ask({ pool, mode, txg, flags, devices }: Question, uask: string, scratch: string): KernelAnswer {
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  for (const device of devices) {
    const copy = join(scratch, basename(device));
    if (mode === 'ro') symlinkSync(device, copy);
    else spawnSync('cp', ['--sparse=always', '--reflink=auto', device, copy]);
  }
  const { stdout, stderr, status, error } = spawnSync(uask, [pool, mode, txg, scratch, ...flags], {
    encoding: 'latin1',
    timeout: 90_000,
    maxBuffer: 256 * 1024 * 1024,
  });
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
