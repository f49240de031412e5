import { asGuid, type Guid, type Txg } from '../bytes/units.ts';
import type { LabelConfig } from '../format/labelConfig.ts';
import type { VdevConfig } from '../format/vdevConfig.ts';
import type { MissingVdev, VdevNode, VdevRole } from './pool.ts';
import type { DeviceSurvey } from './survey.ts';
import { MAX_TREE_DEPTH } from './vdevHealth.ts';

/** A label says how many top-level vdevs there are; a number above this is not believed. Real pools have hundreds at most. */
const MAX_TOP_LEVELS = 4096;

/** A member's label that can stand in a tree: of which top-level vdev, and how new. */
export interface MemberConfig {
  readonly config: LabelConfig;
  readonly tree: VdevConfig;
  readonly topGuid: Guid;
  /** Above 0: a label of txg 0 was never part of a synced pool, or no longer is. */
  readonly txg: Txg;
}

/** A vdev that no label describes: the root, a hole, a top-level vdev none of whose devices is there. */
export function placeholder(type: 'root' | 'hole' | 'missing', guid: Guid, id: number): VdevConfig {
  return {
    type,
    guid,
    id,
    path: null,
    devid: null,
    physPath: null,
    ashift: null,
    asize: null,
    metaslabArray: null,
    metaslabShift: null,
    createTxg: null,
    isLog: false,
    isSpare: false,
    wholeDisk: false,
    origGuid: null,
    offline: false,
    faulted: false,
    degraded: false,
    removed: false,
    auxState: null,
    notPresent: false,
    nparity: null,
    raidzExpanding: false,
    raidzExpandTxgs: [],
    draid: null,
    indirect: null,
    dtl: null,
    zapTop: null,
    zapLeaf: null,
    allocationBias: null,
    children: [],
    nvlist: { pairs: [] },
  };
}

/**
 * Puts the top-level vdevs side by side, each as its newest label has it: `members` best first, so that of two that
 * claim one place the first gets it.
 *
 * @param deviceOf the device that is the leaf of that guid
 * Source: lib/libzutil/zutil_import.c, get_configs
 */
export function buildTree(
  poolGuid: Guid,
  members: readonly MemberConfig[],
  deviceOf: (guid: Guid) => DeviceSurvey | null,
): VdevNode | null {
  const newest = members[0];
  if (newest === undefined) return null;
  const tops = new Map<number, MemberConfig>();
  const placed = new Set<Guid>();
  for (const member of members) {
    const id = member.tree.id ?? 0;
    if (placed.has(member.topGuid) || tops.has(id) || id >= MAX_TOP_LEVELS) continue;
    tops.set(id, member);
    placed.add(member.topGuid);
  }
  // The newest label alone says how many there are and which were removed: older ones were not rewritten then.
  const said = newest.config.vdevChildren;
  const count = said === null || said > MAX_TOP_LEVELS ? Math.max(...tops.keys()) + 1 : said;
  const holes = new Set(newest.config.holeArray);
  const children: VdevNode[] = [];
  for (let id = 0; id < count; id++) {
    const top = tops.get(id);
    if (top !== undefined) {
      children.push(nodeOf(top.tree, roleOf(top.tree), deviceOf, 1));
    } else {
      const config = placeholder(holes.has(id) ? 'hole' : 'missing', asGuid(0n), id);
      children.push({ config, role: 'normal', device: null, children: [] });
    }
  }
  return { config: { ...placeholder('root', poolGuid, 0) }, role: 'root', device: null, children };
}

/** What a top-level vdev is for, as far as its config says. */
export function roleOf(config: VdevConfig): VdevRole {
  if (config.isLog) return 'log';
  return config.allocationBias === 'special' || config.allocationBias === 'dedup' ? config.allocationBias : 'normal';
}

/**
 * The node of `config` with all below it; they have the role of their top-level vdev.
 *
 * @param depth of `config`, 1 for a top-level vdev
 */
export function nodeOf(
  config: VdevConfig,
  role: VdevRole,
  deviceOf: (guid: Guid) => DeviceSurvey | null,
  depth: number,
): VdevNode {
  const deeper = depth < MAX_TREE_DEPTH ? config.children : [];
  return {
    config,
    role,
    device: config.children.length === 0 ? deviceOf(config.guid) : null,
    children: deeper.map((child) => nodeOf(child, role, deviceOf, depth + 1)),
  };
}

/** Leaves and whole top-level vdevs of `root` that no device is. */
export function missingBelow(root: VdevNode): MissingVdev[] {
  const missing: MissingVdev[] = [];
  const open = [...root.children].reverse();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    open.push(...[...node.children].reverse());
    const { type, guid, path } = node.config;
    if (node.children.length > 0 || node.device !== null) continue;
    if (type === 'hole' || type === 'indirect' || type === 'dspare') continue;
    missing.push({ guid, type, path, role: node.role });
  }
  return missing;
}
