import type { Guid, Txg } from '../bytes/units.ts';
import type { NvList } from './nvlist.ts';
import type { VdevConfig } from './vdevConfig.ts';

/** `unknown` for a number that no version writes to disk. Source: include/sys/fs/zfs.h, pool_state_t. */
export type PoolState = 'active' | 'exported' | 'destroyed' | 'spare' | 'l2cache' | 'unknown';

/**
 * What the device says it is. `uninitialised` was labelled and not yet synced into a pool (txg 0 or none);
 * `split` was split off; `log` belongs to a log top-level vdev.
 */
export type LabelRole = 'member' | 'log' | 'spare' | 'cache' | 'split' | 'uninitialised';

/**
 * The config nvlist of a label, typed. What is absent or of another type is null.
 * Source: module/zfs/spa_config.c, spa_config_generate; module/zfs/vdev_label.c, vdev_label_init
 */
export interface LabelConfig {
  readonly role: LabelRole;
  readonly version: bigint | null;
  readonly name: string | null;
  readonly state: PoolState;
  /** Txg at which this text was written. */
  readonly txg: Txg | null;
  readonly poolGuid: Guid | null;
  /** Of the leaf that carries the label. */
  readonly guid: Guid | null;
  readonly topGuid: Guid | null;
  readonly hostid: bigint | null;
  readonly hostname: string | null;
  readonly comment: string | null;
  /** Number of top-level vdevs of the pool, holes included. */
  readonly vdevChildren: number | null;
  readonly holeArray: readonly number[];
  readonly splitGuid: Guid | null;
  readonly createTxg: Txg | null;
  /** The top-level vdev of this leaf with all below it. */
  readonly vdevTree: VdevConfig | null;
  /** Guids of the features that a reader of the MOS has to know; null when the key is absent (before version 5000). */
  readonly featuresForRead: readonly string[] | null;
  readonly nvlist: NvList;
}
