import { readdirSync, readFileSync } from 'node:fs';

/** Open sources at a time. Half of the smallest limit in use (256 on macOS) leaves room for everything else. */
const MOST = 128;

/**
 * Sources that may be open at a time: as many as the limit of this process allows, less what the program needs itself to
 * load its parts. At least one, else there is nothing to do.
 *
 * @param left files that the process can still open; null where the system does not say
 */
export function sourcesAtATime(left = filesLeft()): number {
  if (left === null) return MOST;
  const own = left > 64 ? 16 : left > 8 ? 4 : 1;
  return Math.min(MOST, Math.max(1, left - own));
}

/** Source: proc_pid_limits(5), proc_pid_fd(5); both are of Linux alone. */
function filesLeft(): number | null {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    if (limit === undefined) return null;
    const used = readdirSync('/proc/self/fd').filter((name) => Number(name) < Number(limit));
    // The listing itself was open.
    return Number(limit) - used.length + 1;
  } catch (error) {
    return isFull(error) ? 0 : null;
  }
}

/** The process, or the machine, can open no more files. */
export const isFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE');
