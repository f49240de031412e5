import { fstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { UsageError } from '../bytes/errors.ts';
import { parseImageSpec, parseSlice } from './sourceSpec.ts';
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

/**
 * Whether what is written to `output`, a path that need not be there yet, could reach a source: it is that very file or
 * device, or lies in a file system on that device.
 */
export function isOnOutput(output: string, source: string): boolean {
  const of = (path: string) => statSync(systemPath(path), { bigint: true, throwIfNoEntry: false });
  try {
    const is = of(source);
    const there = of(output);
    if (is === undefined) return false;
    if (there !== undefined && there.dev === is.dev && there.ino === is.ino) return true;
    const around = there ?? of(dirname(resolve(output)));
    return is.isBlockDevice() && around !== undefined && around.dev === is.rdev;
  } catch {
    // What cannot be looked at cannot be written to either.
    return false;
  }
}

/**
 * @param output of a file to be written
 * @param specs of sources, as they were given
 * @throws UsageError where it is or lies on a source, or in a folder that was given as one: evidence is never written
 */
export function refuseOnSource(output: string, specs: readonly string[]): void {
  for (const spec of specs) {
    // A path may look like one with an offset and be none.
    for (const path of [spec, parseSlice(spec)?.path ?? spec, parseImageSpec(spec)?.path ?? spec]) {
      if (isOnOutput(output, path)) throw new UsageError(`${output} is or lies on ${path}, which is only read`);
      if (isFolderOf(path, output)) throw new UsageError(`${output} lies in ${path}, which is only read`);
    }
  }
}

function isFolderOf(folder: string, file: string): boolean {
  try {
    if (!statSync(systemPath(folder)).isDirectory()) return false;
    const [whole, within] = [realpathSync(folder), realpathSync(dirname(resolve(file)))];
    return within === whole || within.startsWith(whole.endsWith(sep) ? whole : `${whole}${sep}`);
  } catch {
    return false;
  }
}
