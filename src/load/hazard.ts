import type { Txg } from '../bytes/units.ts';
import type { StepReason } from './reason.ts';
import type { StepName } from './stepNames.ts';

/**
 * How OpenZFS fails where it should give an error: `panic` takes the running system with it, `hang` never ends and holds
 * what every other command needs, until the next boot.
 */
export interface Danger {
  readonly kind: 'panic' | 'hang';
  /** First and last release that was seen to, or whose source says so: `2.3.0-2.4.3`. 2.4.4 is the newest looked at. */
  readonly releases: string;
  /** It always does; otherwise what becomes of memory that was given free decides. */
  readonly certain: boolean;
}

/** What trying an import would do to the machine. */
export interface Hazard extends Danger {
  /** What the load meets, in a step by its name in OpenZFS; or tables that an attempt before it gave free. */
  readonly meets: { readonly step: StepName; readonly reason: StepReason } | 'freed-tables';
  /** A `zpool import` that only lists the pools meets it too. */
  readonly listing: boolean;
  /** Not the txg's own load does it, but what an import goes on to after that has failed. */
  readonly after?: Retry;
}

/** An import that goes on to an older txg. */
export interface Retry {
  /** The txg that fails first, and the one whose load does the harm. */
  readonly first: Txg;
  readonly at: Txg;
  /** Only where the devices are opened to be written to. */
  readonly writes: boolean;
}

/**
 * It takes for granted that there is no error.
 *
 * Source: see who uses it; the same in OpenZFS 2.0.0 to 2.4.4
 */
export const ASSERTED: Danger = { kind: 'panic', releases: '2.0.0-2.4.4', certain: true };

/** Source: module/zfs/brt.c, brt_vdev_load, VERIFY0 of dnode_hold (OpenZFS 2.3.0 to 2.4.4) */
export const CLONES_ASSERTED: Danger = { kind: 'panic', releases: '2.3.0-2.4.4', certain: true };

/**
 * The bonus of the counts stays held when they do not read, so that closing the meta-object set waits for ever.
 *
 * Source: module/zfs/brt.c, brt_vdev_load (OpenZFS 2.3.0 to 2.4.3); module/zfs/spa_misc.c, spa_evicting_os_wait
 */
export const CLONES_HELD: Danger = { kind: 'hang', releases: '2.3.0-2.4.3', certain: true };

/**
 * A load that fails after it has read of cloned blocks gives the tables free and keeps their number; the next attempt of
 * the same import sums them up when it opens the first metaslab. What it then reads is anything: some pools crashed
 * 2.3.2 each time, others not once.
 *
 * Source: module/zfs/brt.c, brt_unload and brt_get_dspace; module/zfs/spa.c, spa_load_retry (OpenZFS 2.3.0 to 2.4.4)
 */
export const CLONES_FREED: Danger = { kind: 'panic', releases: '2.3.0-2.4.4', certain: false };
