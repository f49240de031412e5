import type { Guid, Txg } from '../bytes/units.ts';
import type { NvList } from './nvlist.ts';

/**
 * One vdev of a `vdev_tree` nvlist: of a label (one top-level vdev) or of the MOS config (the root and all below).
 * A key that is absent or of another type is null (or empty); the nvlist keeps what is not named here.
 * Source: module/zfs/vdev_label.c, vdev_config_generate
 */
export interface VdevConfig {
  /** `root`, `mirror`, `raidz`, `draid`, `replacing`, `spare`, `disk`, `file`, `missing`, `hole`, `indirect`, ... */
  readonly type: string;
  readonly guid: Guid;
  /** Position among its siblings; of a top-level vdev the id that a DVA names. */
  readonly id: number | null;
  readonly path: string | null;
  readonly devid: string | null;
  readonly physPath: string | null;
  /** log2 of the sector size; top-level vdevs only. Not checked: 0 to 2^64 - 1 as the bytes say, capped at 2^53. */
  readonly ashift: number | null;
  /** Allocatable bytes of the top-level vdev. */
  readonly asize: bigint | null;
  readonly metaslabArray: bigint | null;
  readonly metaslabShift: number | null;
  readonly createTxg: Txg | null;
  readonly isLog: boolean;
  readonly isSpare: boolean;
  readonly wholeDisk: boolean;
  readonly offline: boolean;
  readonly faulted: boolean;
  readonly degraded: boolean;
  readonly removed: boolean;
  readonly notPresent: boolean;
  /** Raidz and dRAID. */
  readonly nparity: number | null;
  readonly raidzExpanding: boolean;
  /** Txgs at which a raidz expansion to one more disk was done, ascending. */
  readonly raidzExpandTxgs: readonly Txg[];
  readonly draid: {
    readonly ndata: number;
    readonly nspares: number;
    readonly ngroups: number;
    /** 2.4 failure domains: children of one domain; null before. */
    readonly nchildren: number | null;
  } | null;
  /** Indirect vdevs: objects of the mapping and the births, and the vdev removed before this one. */
  readonly indirect: { readonly object: bigint; readonly births: bigint; readonly previous: bigint | null } | null;
  /** DTL object of a leaf. */
  readonly dtl: bigint | null;
  readonly zapTop: bigint | null;
  readonly zapLeaf: bigint | null;
  readonly allocationBias: string | null;
  readonly children: readonly VdevConfig[];
  readonly nvlist: NvList;
}
