import { asGuid, asTxg, type Guid, type Txg } from '../bytes/units.ts';
import type { NvList } from './nvlist.ts';
import { flagOf, numberOf, nvlistArrayOf, stringOf, uint64ArrayOf, uint64Of } from './nvlistFields.ts';

/**
 * One vdev of a `vdev_tree` nvlist: of a label (one top-level vdev) or of the MOS config (the root and all below).
 * A key that is absent or of another type is null (or empty); the nvlist keeps what is not named here.
 * Source: module/zfs/vdev_label.c, vdev_config_generate
 */
export interface VdevConfig {
  /** `root`, `mirror`, `raidz`, `draid`, `replacing`, `spare`, `disk`, `file`, `missing`, `hole`, `indirect`, ... */
  readonly type: string;
  readonly guid: Guid;
  /** Of a leaf that became a top-level vdev while its sibling was split off: the guid it had before. */
  readonly origGuid: Guid | null;
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
  /** Why it is faulted or degraded: `err_exceeded`, or `external` for what `zpool offline -f` did. */
  readonly auxState: string | null;
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

/** Real trees have three levels, four while a disk under a spare is replaced. Deeper ones are cut, never followed. */
const MAX_DEPTH = 64;
/** Of one vdev. Real pools have some hundreds of top-level vdevs at most, and these 255 children; more are cut. */
const MAX_CHILDREN = 16384;

/** What a vdev without a type is called. */
const NO_TYPE = 'unknown';

/**
 * Types a `vdev_tree` nvlist and all below it. What is absent or of another type becomes null, 0 for a guid; children
 * more than 64 levels down, and of one vdev more than 16384, are left out.
 *
 * Source: module/zfs/vdev_label.c, vdev_config_generate; module/zfs/vdev_raidz.c, vdev_raidz_config_generate;
 * module/zfs/vdev_draid.c, vdev_draid_config_generate
 */
export function decodeVdevConfig(nvlist: NvList): VdevConfig {
  return decodeLevel(nvlist, 1);
}

function decodeLevel(nvlist: NvList, depth: number): VdevConfig {
  const children = depth < MAX_DEPTH ? nvlistArrayOf(nvlist, 'children').slice(0, MAX_CHILDREN) : [];
  const createTxg = uint64Of(nvlist, 'create_txg');
  const origGuid = uint64Of(nvlist, 'orig_guid');
  return {
    type: stringOf(nvlist, 'type') ?? NO_TYPE,
    guid: asGuid(uint64Of(nvlist, 'guid') ?? 0n),
    origGuid: origGuid === null ? null : asGuid(origGuid),
    id: numberOf(nvlist, 'id'),
    path: stringOf(nvlist, 'path'),
    devid: stringOf(nvlist, 'devid'),
    physPath: stringOf(nvlist, 'phys_path'),
    ashift: numberOf(nvlist, 'ashift'),
    asize: uint64Of(nvlist, 'asize'),
    metaslabArray: uint64Of(nvlist, 'metaslab_array'),
    metaslabShift: numberOf(nvlist, 'metaslab_shift'),
    createTxg: createTxg === null ? null : asTxg(createTxg),
    isLog: flagOf(nvlist, 'is_log'),
    isSpare: flagOf(nvlist, 'is_spare'),
    wholeDisk: flagOf(nvlist, 'whole_disk'),
    offline: flagOf(nvlist, 'offline'),
    faulted: flagOf(nvlist, 'faulted'),
    degraded: flagOf(nvlist, 'degraded'),
    removed: flagOf(nvlist, 'removed'),
    auxState: stringOf(nvlist, 'aux_state'),
    notPresent: flagOf(nvlist, 'not_present'),
    nparity: numberOf(nvlist, 'nparity'),
    raidzExpanding: flagOf(nvlist, 'raidz_expanding'),
    raidzExpandTxgs: uint64ArrayOf(nvlist, 'raidz_expand_txgs').map(asTxg),
    draid: decodeDraid(nvlist),
    indirect: decodeIndirect(nvlist),
    dtl: uint64Of(nvlist, 'DTL'),
    zapTop: uint64Of(nvlist, 'com.delphix:vdev_zap_top'),
    zapLeaf: uint64Of(nvlist, 'com.delphix:vdev_zap_leaf'),
    allocationBias: stringOf(nvlist, 'alloc_bias'),
    children: children.map((child) => decodeLevel(child, depth + 1)),
    nvlist,
  };
}

function decodeDraid(nvlist: NvList): VdevConfig['draid'] {
  const ndata = numberOf(nvlist, 'draid_ndata');
  const nspares = numberOf(nvlist, 'draid_nspares');
  const ngroups = numberOf(nvlist, 'draid_ngroups');
  if (ndata === null || nspares === null || ngroups === null) return null;
  return { ndata, nspares, ngroups, nchildren: numberOf(nvlist, 'draid_nchildren') };
}

function decodeIndirect(nvlist: NvList): VdevConfig['indirect'] {
  const object = uint64Of(nvlist, 'com.delphix:indirect_object');
  const births = uint64Of(nvlist, 'com.delphix:indirect_births');
  if (object === null || births === null) return null;
  return { object, births, previous: uint64Of(nvlist, 'com.delphix:prev_indirect_vdev') };
}

/** The leaves of a tree, in order; a tree of nothing but its root is one. */
export function* leavesBelow<T extends { readonly children: readonly T[] }>(root: T): Generator<T> {
  const open = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.children.length === 0) yield next;
    for (let i = next.children.length - 1; i >= 0; i--) {
      const child = next.children[i];
      if (child !== undefined) open.push(child);
    }
  }
}
