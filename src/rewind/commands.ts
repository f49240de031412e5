import type { Txg } from '../bytes/units.ts';
import type { CheckpointHold } from '../load/candidates.ts';
import type { Verdict } from '../load/predict.ts';
import type { Pool } from '../pool/pool.ts';
import { type GivenDevice, otherNameOf, speakingLabel } from '../pool/speakingLabel.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import type { ImportPlace } from './importPlace.ts';
import { showingOf } from './showing.ts';

export interface ImportCommands {
  /** Empty where trying it would crash or hang the machine. */
  readonly readOnly: readonly string[];
  /** The same, and for a checkpoint where trying it would fail and still write to the pool. */
  readonly readWrite: readonly string[];
  /** What the pool is called once one of them has imported it; empty where there are none. */
  readonly pool: string;
  /** They go on without a log device. */
  readonly withoutLog: boolean;
  /** They import what was destroyed. */
  readonly destroyed: boolean;
  /** Why they say the pool's guid, as its name would not do; null where they say its name. */
  readonly byGuid: ByGuid | null;
}

/**
 * `unusable-name` zpool takes no such name; `ambiguous-name` another pool has the same; `other-name` asked for it by name
 * `zpool import` leaves out devices that know the pool by another.
 */
export type ByGuid = 'unusable-name' | 'ambiguous-name' | 'other-name';

/** Of what nothing can be imported. */
export const NO_COMMANDS: ImportCommands = {
  readOnly: [],
  readWrite: [],
  pool: '',
  withoutLog: false,
  destroyed: false,
  byGuid: null,
};

export interface CommandOptions {
  /** Null for a device that nothing is known of but its bytes. */
  readonly placeOf: (device: DeviceSurvey) => ImportPlace | null;
  /** Another pool of the same name is there, so that only the guid says which. */
  readonly ambiguousName: boolean;
  /** A log device is missing, or what is missing may be one. */
  readonly logMissing: boolean;
  /** The commands go back to the checkpoint instead of to `txg`. */
  readonly checkpoint?: CheckpointHold | null;
  /** What is predicted of the commands. */
  readonly verdict?: Verdict;
  /** The one that is predicted to fail would crash or hang the machine. */
  readonly hazardous?: boolean;
}

/**
 * Names that `zpool import` finds and every later command takes.
 *
 * Source: module/zcommon/zfs_namecheck.c, pool_namecheck; include/sys/fs/zfs.h, ZFS_MAX_DATASET_NAME_LEN
 */
const USABLE_NAME = /^[A-Za-z](?:[A-Za-z0-9_.: -]{0,253}[A-Za-z0-9_.:-])?$/;

function whyByGuid(pool: Pool, given: readonly GivenDevice[], ambiguous: boolean): ByGuid | null {
  if (pool.name === null || !USABLE_NAME.test(pool.name)) return 'unusable-name';
  if (ambiguous) return 'ambiguous-name';
  // Those from before the pool was called so.
  return given.some(({ device }) => otherNameOf(pool, device) !== null) ? 'other-name' : null;
}

/**
 * How to say which pool, and what it is called then. Only `zpool import` takes a guid: sync, export and all others want
 * a name. With `-t` the pool keeps the name that it has on its devices.
 *
 * Source: cmd/zpool/zpool_main.c, zpool_do_import; lib/libzfs/libzfs_pool.c, zpool_name_valid; lib/libzutil/zutil_import.c,
 * zpool_find_import_impl
 */
export function nameWords(pool: Pool, given: readonly GivenDevice[], ambiguous: boolean): string[] {
  const guid = pool.guid.toString();
  const name = pool.name ?? '';
  const digits = guid.slice(-6);
  switch (whyByGuid(pool, given, ambiguous)) {
    case 'unusable-name':
      return [guid, `pool-${digits}`];
    case 'ambiguous-name':
      // Shortened: another name has to be a name too.
      return ['-t', guid, `${name.slice(0, 200).trim()}-${digits}`];
    case 'other-name':
      return ['-t', guid, name];
    case null:
      return [name];
  }
}

/** Verdicts by which a read-write import fails. */
const FAILS: ReadonlySet<Verdict> = new Set(['readonly', 'damaged', 'incomplete']);

/**
 * The commands that try `txg`, as argument vectors. `-F -T`, not `-T` alone: the first attempt is the same, and when it
 * fails zpool does not go on to ever older txgs. Each device is named itself: in a folder, or in all of /dev, zpool finds
 * what shall stay away, and takes it.
 *
 * A checkpoint is had by `--rewind-to-checkpoint`, from the newest txg. Together with `-T` that works read-only; written
 * to, OpenZFS puts the checkpoint into the rings as a txg newer than the one of `-T`, then looks for one that is not, and
 * goes on from the txg of `-T`. It is put there before it is known to load, too. Where that fails no command to write
 * is given. Nor is one that would crash or hang the machine: there is no form of it that does not go on to older txgs.
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
  // Of labels that are on no device nothing but an overlay imports.
  if (pool.guid === 0n || devices.some(({ rooted }) => rooted !== undefined)) return NO_COMMANDS;
  // Nor of an image that nothing shows.
  if (devices.some((device) => options.placeOf(device)?.image?.isShown === false)) return NO_COMMANDS;
  const given = givenDevices(pool, devices).flatMap((device) => {
    const place = options.placeOf(device);
    return place === null ? [] : [{ path: showingOf(device, place).path, device }];
  });
  const paths = given.map(({ path }) => path);
  // Devices from before `zpool destroy` do not say that there was one, and zpool believes one of all.
  const state = speakingLabel(given)?.state ?? pool.state;
  const name = nameWords(pool, given, options.ambiguousName);
  const { checkpoint = null } = options;
  const rewind = checkpoint?.plain ? [] : ['-F', '-T', (checkpoint?.heldBy ?? txg).toString()];
  const command = (readOnly: boolean): string[] => [
    'zpool',
    'import',
    ...[...new Set(paths)].flatMap((path) => ['-d', path]),
    '-N',
    '-f',
    ...(readOnly ? ['-o', 'readonly=on'] : []),
    ...rewind,
    ...(checkpoint === null ? [] : ['--rewind-to-checkpoint']),
    ...(options.logMissing ? ['-m'] : []),
    ...(state === 'destroyed' ? ['-D'] : []),
    ...name,
  ];
  const { verdict = 'unverified', hazardous = false } = options;
  const harms = hazardous || (checkpoint !== null && (!checkpoint.plain || FAILS.has(verdict)));
  return {
    readOnly: hazardous && verdict !== 'readonly' ? [] : command(true),
    readWrite: harms ? [] : command(false),
    pool: name.at(-1) ?? '',
    withoutLog: options.logMissing,
    destroyed: state === 'destroyed',
    byGuid: whyByGuid(pool, given, options.ambiguousName),
  };
}

/** Of two that say they are the same leaf zpool takes whichever it finds first: only the one that was judged is given. */
export function givenDevices(pool: Pool, devices: readonly DeviceSurvey[]): readonly DeviceSurvey[] {
  const second = new Set(
    pool.outside.flatMap(({ device, twin }) => (twin !== null && devices.includes(twin) ? [device] : [])),
  );
  return second.size === 0 ? devices : devices.filter((device) => !second.has(device));
}
