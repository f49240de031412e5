import { type Stats, statSync } from 'node:fs';

/** What is no file is a device: of the system's own for nothing it is known that it is no terminal. */
const NOTHING = '/dev/null';

/**
 * Whether a descriptor is a terminal. Node's module that can tell takes longer to load than a small image to read, so it
 * is asked about nothing but devices.
 *
 * @param status of the descriptor; null where there is none, as of a console of Windows
 */
export function isTerminal(fd: number, status: Stats | null): boolean {
  if (status !== null && (!status.isCharacterDevice() || isNothing(status))) return false;
  return process.getBuiltinModule('node:tty').isatty(fd);
}

function isNothing({ rdev }: Stats): boolean {
  const nothing = statSync(NOTHING, { throwIfNoEntry: false });
  return nothing?.isCharacterDevice() === true && nothing.rdev === rdev;
}
