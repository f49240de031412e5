import type { Guid, Txg } from '../bytes/units.ts';
import type { VdevConfig } from '../format/vdevConfig.ts';
import type { SourceError } from '../source/source.ts';
import type { DeviceSurvey } from './survey.ts';

/** What a top-level vdev is for. Special and dedup are known from the MOS alone. */
export type VdevRole = 'root' | 'normal' | 'log' | 'special' | 'dedup' | 'spare' | 'cache';

/** A vdev of the assembled tree. */
export interface VdevNode {
  readonly config: VdevConfig;
  readonly role: VdevRole;
  /** The device that is this leaf; null for an inner vdev and a leaf that no device is. */
  readonly device: DeviceSurvey | null;
  /** Set where the leaf has none because its device is passed over for a read error, which this is. */
  readonly passedOver?: SourceError;
  readonly children: readonly VdevNode[];
}

/** A vdev that the pool has and the sources have not. */
export interface MissingVdev {
  readonly guid: Guid;
  readonly type: string;
  readonly path: string | null;
  readonly role: VdevRole;
}

/**
 * Why a device of the pool has no place in its tree.
 *
 * `former-member` its labels name a leaf that the newest labels no longer have: detached, replaced, or of a top-level
 * vdev that another took the place of, or they have txg 0, for which `zpool import` passes a device over; `duplicate` another device is the same leaf; `labels-lost` only its ring says
 * whose it is; `spare` and `cache` stand beside the tree by nature.
 */
export type OutsideReason = 'former-member' | 'duplicate' | 'labels-lost' | 'spare' | 'cache';

export interface OutsideDevice {
  readonly device: DeviceSurvey;
  readonly reason: OutsideReason;
  /** Of a duplicate: the device that took the place of both. */
  readonly twin: DeviceSurvey | null;
}

/** The devices of one pool put together from their labels. */
export interface Pool {
  /** 0, which no pool has, when no label of any of the devices says it. */
  readonly guid: Guid;
  readonly name: string | null;
  readonly state: 'active' | 'exported' | 'destroyed';
  readonly version: bigint | null;
  readonly hostname: string | null;
  readonly hostid: bigint | null;
  /** All devices with a label of this pool, or whose ring alone says that they belong to it. */
  readonly devices: readonly DeviceSurvey[];
  /** Those of `devices` that are no leaf of `root`. */
  readonly outside: readonly OutsideDevice[];
  /**
   * The root; its children are the top-level vdevs, at the index of their id: one that was removed is a `hole`, one of
   * which no device is there a `missing` with guid 0. Null when no label of a member decodes.
   */
  readonly root: VdevNode | null;
  readonly missing: readonly MissingVdev[];
  /** Sum of the guids of the tree as the labels give it, against what the newest valid uberblock says. */
  readonly guidSum: { readonly found: bigint; readonly expected: bigint | null };
  /** Txg of the label text that the tree was taken from. */
  readonly configTxg: Txg | null;
}
