import type { OpenedSource } from '../node/openSources.ts';
import { type DeviceSignatures, fillsPath, type HiddenVdev } from '../pool/survey.ts';
import type { ImportPlace } from '../rewind/importPlace.ts';

/** Where Linux has a name for each partition of a disk and for each image that is attached. */
const DEVICES = '/dev';

/**
 * What `zpool import` can be pointed at. Null for what it does not see as it is: a partition or a slice of an image file,
 * what begins elsewhere, and a partition that the system makes no device of.
 */
export function importPlace({ path, kind, offset, size, partition, disk, shift }: OpenedSource): ImportPlace | null {
  if (shift !== null) return fillsPath(shift, size) ? { path, kind: disk?.block ? 'block' : 'file' } : null;
  if (kind === 'block') return { path, kind: 'block' };
  if (partition !== null && disk?.block) return partition.hidden !== null ? null : { path: DEVICES, kind: 'block' };
  return offset === 0 && partition === null ? { path, kind: 'file' } : null;
}

/** Where a vdev lies that the system has no device of; null where it has one, or is given the image of one. */
export function hiddenVdev({ path, partition, shift, offset, size }: OpenedSource): HiddenVdev | null {
  const place = { path, start: offset, length: size };
  if (shift !== null) return fillsPath(shift, size) ? null : { ...place, reason: 'no-table', index: null };
  const reason = partition?.hidden ?? null;
  return reason === null ? null : { ...place, reason, index: partition?.index ?? null };
}

/** Where a source lies, and what else than ZFS has signed that place. */
export function signaturesOf({ path, offset, size, disk, foreign }: OpenedSource): DeviceSignatures {
  const whole = disk === null || (offset === 0 && size === disk.source.size);
  return { path, start: offset, length: size, part: !whole, block: disk?.block ?? false, found: foreign };
}
