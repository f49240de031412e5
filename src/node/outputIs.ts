import { fstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { UsageError } from '../bytes/errors.ts';
import { liesOn } from './liesOn.ts';
import type { OpenedSource } from './openedSource.ts';
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
 * @param output of a file or folder to be written
 * @param specs of sources, as they were given; what was handed in as bytes is no path
 * @throws UsageError where it is or lies on a source, or in a folder that was given as one: evidence is never written
 */
export function refuseOnSources(output: string, specs: readonly unknown[]): void {
  for (const spec of specs) {
    if (typeof spec !== 'string') continue;
    const image = parseImageSpec(spec);
    // A path may look like one with an offset and be none.
    const named = [spec, image?.path].flatMap((each) => (each === undefined ? [] : [each, parseSlice(each)?.path]));
    for (const path of new Set([...named, image?.map, ...(image?.shards ?? [])])) {
      if (typeof path !== 'string') continue;
      if (liesOn(output, path)) throw isSource(output, path);
      if (isFolderOf(path, output)) throw new UsageError(`${output} lies in ${path}, which is only read`);
    }
  }
}

/**
 * The same of what was opened, with the files that images are made of.
 *
 * @throws UsageError
 */
export function refuseOnOpened(output: string, opened: readonly Pick<OpenedSource, 'path' | 'madeOf'>[]): void {
  for (const { path, madeOf } of opened) {
    const source = [path, ...madeOf].find((each) => liesOn(output, each));
    if (source !== undefined) throw isSource(output, source);
  }
}

const isSource = (output: string, source: string): UsageError =>
  new UsageError(`${output} is or lies on ${source}, which is only read`);

function isFolderOf(folder: string, file: string): boolean {
  try {
    if (!statSync(systemPath(folder)).isDirectory()) return false;
    const [whole, within] = [realpathSync(folder), realpathSync(dirname(resolve(file)))];
    return within === whole || within.startsWith(whole.endsWith(sep) ? whole : `${whole}${sep}`);
  } catch {
    return false;
  }
}
