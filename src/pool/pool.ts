import type { Guid, Txg } from '../bytes/units.ts';
import type { VdevConfig } from '../format/vdevConfig.ts';
import type { DeviceSurvey } from './survey.ts';

/** What a top-level vdev is for. Special and dedup are known from the MOS alone. */
export type VdevRole = 'root' | 'normal' | 'log' | 'special' | 'dedup' | 'spare' | 'cache';

/** A vdev of the assembled tree. */
export interface VdevNode {
  readonly config: VdevConfig;
  readonly role: VdevRole;
  /** The device that is this leaf; null for an inner vdev and a leaf that no device is. */
  readonly device: DeviceSurvey | null;
  readonly children: readonly VdevNode[];
}

/** A vdev that the pool has and the sources have not. */
export interface MissingVdev {
  readonly guid: Guid;
  readonly type: string;
  readonly path: string | null;
  readonly role: VdevRole;
}

/** The devices of one pool put together from their labels. */
export interface Pool {
  readonly guid: Guid;
  readonly name: string | null;
  readonly state: 'active' | 'exported' | 'destroyed';
  readonly version: bigint | null;
  readonly hostname: string | null;
  readonly hostid: bigint | null;
  /** All devices with a label of this pool, or whose ring alone says that they belong to it. */
  readonly devices: readonly DeviceSurvey[];
  /** The root; its children are the top-level vdevs, at the index of their id. Null when no label decodes. */
  readonly root: VdevNode | null;
  readonly missing: readonly MissingVdev[];
  /** Sum of the guids of the tree as the labels give it, against what the newest valid uberblock says. */
  readonly guidSum: { readonly found: bigint; readonly expected: bigint | null };
  /** Txg of the label text that the tree was taken from. */
  readonly configTxg: Txg | null;
}
