import type { Txg } from '../bytes/units.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';

/** Where `zpool import` finds a device. */
export interface ImportPlace {
  /** As the host knows it. */
  readonly path: string;
  /** A block device is named itself; of an image file the directory it is in, which zpool searches. */
  readonly kind: 'block' | 'file';
}

export interface ImportCommands {
  readonly readOnly: readonly string[];
  readonly readWrite: readonly string[];
}

export interface CommandOptions {
  /** Null for a device that zpool cannot open as it is, such as a partition inside an image file. */
  readonly placeOf: (device: DeviceSurvey) => ImportPlace | null;
  /** Another pool of the same name is there, so that only the guid says which. */
  readonly ambiguousName: boolean;
  /** A log device is missing, or what is missing may be one. */
  readonly logMissing: boolean;
}

/** Names that zpool accepts and that neither it nor a shell takes for something else. Source: module/zcommon/zfs_namecheck.c */
const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9_.:-]*$/;

/**
 * The commands that try `txg`, as argument vectors. `-F -T`, not `-T` alone: the first attempt is the same, and when it
 * fails zpool does not go on to ever older txgs.
 *
 * @param devices of `pool`, those that zpool shall see
 * @returns empty vectors when nothing names the pool: no label says a guid
 * Source: cmd/zpool/zpool_main.c, zpool_do_import
 */
export function importCommands(
  pool: Pool,
  txg: Txg,
  devices: readonly DeviceSurvey[],
  options: CommandOptions,
): ImportCommands {
  if (pool.guid === 0n) return { readOnly: [], readWrite: [] };
  const whole = devices.length === pool.devices.length;
  const where = searchPaths(devices, options.placeOf, whole).flatMap((path) => ['-d', path]);
  const name =
    pool.name !== null && PLAIN_NAME.test(pool.name) && !options.ambiguousName ? pool.name : pool.guid.toString();
  const command = (readOnly: boolean): string[] => [
    'zpool',
    'import',
    ...where,
    '-N',
    '-f',
    ...(readOnly ? ['-o', 'readonly=on'] : []),
    '-F',
    '-T',
    txg.toString(),
    ...(options.logMissing ? ['-m'] : []),
    ...(pool.state === 'destroyed' ? ['-D'] : []),
    name,
  ];
  return { readOnly: command(true), readWrite: command(false) };
}

/** @param whole directories may be searched; otherwise each file is named, so that its neighbours are not found */
function searchPaths(devices: readonly DeviceSurvey[], placeOf: CommandOptions['placeOf'], whole: boolean): string[] {
  const paths = new Set<string>();
  for (const device of devices) {
    const place = placeOf(device);
    if (place === null) continue;
    paths.add(place.kind === 'file' && whole ? directoryOf(place.path) : place.path);
  }
  return [...paths].sort();
}

function directoryOf(path: string): string {
  const slash = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return slash < 0 ? '.' : slash === 0 ? path.slice(0, 1) : path.slice(0, slash);
}
