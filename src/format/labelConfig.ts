import { asGuid, asTxg, type Guid, type Txg } from '../bytes/units.ts';
import type { NvList } from './nvlist.ts';
import { flagOf, numberOf, numbersOf, nvlistOf, stringOf, uint64Of } from './nvlistFields.ts';
import { decodeVdevConfig, leavesBelow, type VdevConfig } from './vdevConfig.ts';

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

/** States by number; 5 and above live in memory only. Source: include/sys/fs/zfs.h, pool_state_t. */
const STATES: readonly PoolState[] = ['active', 'exported', 'destroyed', 'spare', 'l2cache'];

/** The leaf that carries the label, in its own tree; null where the label does not say. */
export function ownLeaf({ vdevTree, guid }: LabelConfig): VdevConfig | null {
  if (vdevTree === null || guid === null) return null;
  for (const leaf of leavesBelow(vdevTree)) if (leaf.guid === guid) return leaf;
  return null;
}

/**
 * Types the config nvlist of a label, or of the MOS, which has the same keys. Never fails: what is absent or of another
 * type becomes null.
 *
 * Source: module/zfs/spa_config.c, spa_config_generate; module/zfs/vdev_label.c, vdev_label_init
 */
export function decodeLabelConfig(nvlist: NvList): LabelConfig {
  const tree = nvlistOf(nvlist, 'vdev_tree');
  const features = nvlistOf(nvlist, 'features_for_read');
  const state = numberOf(nvlist, 'state');
  const txg = uint64Of(nvlist, 'txg');
  const createTxg = uint64Of(nvlist, 'create_txg');
  const guid = (name: string): Guid | null => {
    const value = uint64Of(nvlist, name);
    return value === null ? null : asGuid(value);
  };
  const config = {
    version: uint64Of(nvlist, 'version'),
    name: stringOf(nvlist, 'name'),
    state: (state === null ? undefined : STATES[state]) ?? 'unknown',
    txg: txg === null ? null : asTxg(txg),
    poolGuid: guid('pool_guid'),
    guid: guid('guid'),
    topGuid: guid('top_guid'),
    hostid: uint64Of(nvlist, 'hostid'),
    hostname: stringOf(nvlist, 'hostname'),
    comment: stringOf(nvlist, 'comment'),
    vdevChildren: numberOf(nvlist, 'vdev_children'),
    holeArray: numbersOf(nvlist, 'hole_array'),
    splitGuid: guid('split_guid'),
    createTxg: createTxg === null ? null : asTxg(createTxg),
    vdevTree: tree === null ? null : decodeVdevConfig(tree),
    featuresForRead: features === null ? null : features.pairs.map((pair) => pair.name),
    nvlist,
  };
  return { ...config, role: roleOf(config, flagOf(nvlist, 'is_log')) };
}

/** Spares and caches have no txg either, so they are told by their state first. */
function roleOf(config: Omit<LabelConfig, 'role'>, isLog: boolean): LabelRole {
  if (config.state === 'spare') return 'spare';
  if (config.state === 'l2cache') return 'cache';
  if (config.txg === null || config.txg === 0n) return 'uninitialised';
  if (isLog || config.vdevTree?.isLog === true) return 'log';
  return config.splitGuid === null ? 'member' : 'split';
}
