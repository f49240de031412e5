import type { Txg } from '../bytes/units.ts';
import type { CheckpointHold } from '../load/candidates.ts';
import type { Verdict } from '../load/predict.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { needsAttaching } from './attach.ts';
import type { ImportPlace } from './importPlace.ts';

export interface ImportCommands {
  readonly readOnly: readonly string[];
  /** Empty for a checkpoint where trying it would fail and still write to the pool. */
  readonly readWrite: readonly string[];
}

export interface CommandOptions {
  /** Null for a device that zpool cannot open as it is, such as a partition inside an image file. */
  readonly placeOf: (device: DeviceSurvey) => ImportPlace | null;
  /** Another pool of the same name is there, so that only the guid says which. */
  readonly ambiguousName: boolean;
  /** A log device is missing, or what is missing may be one. */
  readonly logMissing: boolean;
  /** The commands go back to the checkpoint instead of to `txg`. */
  readonly checkpoint?: CheckpointHold | null;
  /** What is predicted of the commands. */
  readonly verdict?: Verdict;
}

/** Names that zpool accepts and that neither it nor a shell takes for something else. Source: module/zcommon/zfs_namecheck.c */
const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9_.:-]*$/;

/** Verdicts by which a read-write import fails. */
const FAILS: ReadonlySet<Verdict> = new Set(['readonly', 'damaged', 'incomplete']);

/**
 * The commands that try `txg`, as argument vectors. `-F -T`, not `-T` alone: the first attempt is the same, and when it
 * fails zpool does not go on to ever older txgs.
 *
 * A checkpoint is had by `--rewind-to-checkpoint`, from the newest txg. Together with `-T` that works read-only; written
 * to, OpenZFS puts the checkpoint into the rings as a txg newer than the one of `-T`, then looks for one that is not, and
 * goes on from the txg of `-T`. It is put there before it is known to load, too. Where that fails no command to write
 * is given.
 *
 * @param devices of `pool`, those that zpool shall see
 * @returns empty vectors when nothing names the pool: no label says a guid
 * Source: cmd/zpool/zpool_main.c, zpool_do_import; module/zfs/spa.c, spa_ld_checkpoint_rewind, spa_ld_select_uberblock
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
  const { checkpoint = null } = options;
  const rewind = checkpoint?.plain ? [] : ['-F', '-T', (checkpoint?.heldBy ?? txg).toString()];
  const command = (readOnly: boolean): string[] => [
    'zpool',
    'import',
    ...where,
    '-N',
    '-f',
    ...(readOnly ? ['-o', 'readonly=on'] : []),
    ...rewind,
    ...(checkpoint === null ? [] : ['--rewind-to-checkpoint']),
    ...(options.logMissing ? ['-m'] : []),
    ...(pool.state === 'destroyed' ? ['-D'] : []),
    name,
  ];
  const harms = checkpoint !== null && (!checkpoint.plain || FAILS.has(options.verdict ?? 'unverified'));
  return { readOnly: command(true), readWrite: harms ? [] : command(false) };
}

/** Where Linux shows what was attached by losetup. */
const ATTACHED = '/dev';

/** @param whole directories may be searched; otherwise each file is named, so that its neighbours are not found */
function searchPaths(devices: readonly DeviceSurvey[], placeOf: CommandOptions['placeOf'], whole: boolean): string[] {
  const paths = new Set<string>();
  for (const device of devices) {
    const place = placeOf(device);
    if (needsAttaching(device, place)) paths.add(ATTACHED);
    else if (place !== null) paths.add(place.kind === 'file' && whole ? directoryOf(place.path) : place.path);
  }
  return [...paths].sort();
}

function directoryOf(path: string): string {
  const slash = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return slash < 0 ? '.' : slash === 0 ? path.slice(0, 1) : path.slice(0, slash);
}
