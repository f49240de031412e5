import { SECTOR } from '../bytes/units.ts';
import { ownLeaf } from '../format/labelConfig.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { type ImportPlace, MAPPED } from './importPlace.ts';

/** How a vdev comes before `zpool import`. */
export interface Showing {
  /**
   * `as-is` zpool opens it where it lies; `loop` a loop device shows it; `padded` a mapping with zeros for the front that
   * is not there, `size` bytes with it; `copy` a file of its own is made of it; `padded-copy` the same for a disk, shown
   * by a loop device.
   */
  readonly kind: 'as-is' | 'loop' | 'padded' | 'copy' | 'padded-copy';
  readonly place: ImportPlace;
  /** What `zpool import` is given with `-d`. */
  readonly path: string;
  /** What holds a copy; empty for what is not copied. */
  readonly copy: string;
}

/** Links to the loop devices that were made: what number the system gives them nobody knows before. */
const LINKS = '/run';
/** For copies and for what is written to overlays: to be changed by whoever has no room there. */
export const STORE = '/var/tmp';

/**
 * What was a disk is opened as a block device only, so an image of it is refused ("Block device required"); what was a
 * file is opened as a file only, whole, from its first byte.
 *
 * Source: module/os/linux/zfs/vdev_disk.c, vdev_disk_open; vdev_file.c, vdev_file_open; asked of OpenZFS 2.3.2
 */
export function showingOf(device: DeviceSurvey, place: ImportPlace): Showing {
  const { kind, path, part, name } = place;
  const [link, store] = [loopPath(place), `${STORE}/${name}`];
  const type = leafType(device);
  if (type === 'file') {
    if (kind === 'file' && part === null) return { kind: 'as-is', place, path, copy: '' };
    return { kind: 'copy', place, path: store, copy: store };
  }
  // Without a label that decodes nothing is known, and nothing imports it.
  if (part === null && (kind === 'block' || type === null)) return { kind: 'as-is', place, path, copy: '' };
  if (part === null || part.start >= 0) return { kind: 'loop', place, path: link, copy: '' };
  if (part.start % SECTOR === 0) return { kind: 'padded', place, path: `${MAPPED}/${name}`, copy: '' };
  return { kind: 'padded-copy', place, path: link, copy: store };
}

/** Where a loop device is seen: by a link where nobody knows its name before. */
function loopPath({ name, system = 'linux' }: ImportPlace): string {
  const number = 900 + Number(/\d*$/.exec(name)?.[0] ?? 0);
  if (system === 'freebsd') return `/dev/md${number}`;
  if (system === 'illumos') return `/dev/lofi/${number}`;
  return system === 'linux' ? `${LINKS}/${name}` : `/var/run/${name}`;
}

/** Of a device whose path ends in it. */
export const loopNumber = (path: string): number => Number(/\d*$/.exec(path)?.[0] ?? 0);

/** `file` or `disk` as its own label has it; null when none says. */
export const leafType = ({ config }: DeviceSurvey): string | null =>
  (config === null ? null : ownLeaf(config)?.type) ?? null;
