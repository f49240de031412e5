import type { OpenedSource } from '../node/openSources.ts';
import { fillsPath } from '../pool/survey.ts';
import type { ImportPlace } from '../rewind/importPlace.ts';

/** Where Linux has a name for each partition of a disk and for each image that is attached. */
const DEVICES = '/dev';

/**
 * What `zpool import` can be pointed at. Null for what it does not see as it is: a partition or a slice of an image file,
 * and what begins elsewhere.
 */
export function importPlace({ path, kind, offset, size, partition, disk, shift }: OpenedSource): ImportPlace | null {
  if (shift !== null) return fillsPath(shift, size) ? { path, kind: disk?.block ? 'block' : 'file' } : null;
  if (kind === 'block') return { path, kind: 'block' };
  if (partition !== null && disk?.block) return { path: DEVICES, kind: 'block' };
  return offset === 0 && partition === null ? { path, kind: 'file' } : null;
}
