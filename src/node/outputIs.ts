import { fstatSync, statSync } from 'node:fs';
import { systemPath } from './systemPath.ts';

const STDOUT = 1;

/** Whether standard output is that very file or device: what is written there would overwrite it. */
export function outputIs(path: string): boolean {
  try {
    const out = fstatSync(STDOUT, { bigint: true });
    const file = statSync(systemPath(path), { bigint: true });
    if (out.isBlockDevice() || out.isCharacterDevice()) return file.mode === out.mode && file.rdev === out.rdev;
    return out.isFile() && file.dev === out.dev && file.ino === out.ino;
  } catch {
    // What cannot be looked at is not the same; opening it tells why.
    return false;
  }
}
