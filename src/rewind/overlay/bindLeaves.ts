import type { Guid } from '../../bytes/units.ts';
import type { VdevConfig } from '../../format/vdevConfig.ts';
import type { Pool, VdevNode } from '../../pool/pool.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import { leavesOf, MAX_TREE_DEPTH } from '../../pool/vdevHealth.ts';
import { nodeOf, roleOf } from '../../pool/vdevTree.ts';
import type { OverlayDevice } from './plan.ts';

/** The tree of a txg with the devices that are its leaves. */
export interface BoundTree {
  readonly root: VdevNode;
  /** How each leaf that has a device came to it. */
  readonly by: ReadonlyMap<Guid, OverlayDevice['by']>;
}

/**
 * Finds the device of each leaf of the tree of a txg, for which devices can have come and gone since.
 *
 * A device is a leaf where any of its labels says so, also one that it kept when it left. The last leg of a mirror takes
 * over the mirror's guid, so that its labels name the top-level vdev. What then still lacks a device gets that of the
 * leaf which stands in its place in the tree of the labels: a disk that replaced another holds what that one held, as far
 * as it was in use by then.
 *
 * @param tree of the MOS at the txg
 * @param assumed devices that the user names, by guid of the leaf
 * @param left devices that are left out
 * Source: module/zfs/vdev.c, vdev_remove_parent, for the guid of the last leg
 */
export function bindLeaves(
  tree: VdevConfig,
  pool: Pool,
  assumed: ReadonlyMap<Guid, DeviceSurvey>,
  left: ReadonlySet<DeviceSurvey>,
): BoundTree {
  const found = new Map<Guid, DeviceSurvey>();
  const by = new Map<Guid, OverlayDevice['by']>();
  const taken = new Set<DeviceSurvey>(left);
  const leaves = tree.children.flatMap((top) =>
    [...leavesOf(nodeOf(top, 'normal', () => null, 1))].map(({ config }) => ({ top, leaf: config })),
  );
  const bind = (leaf: VdevConfig, device: DeviceSurvey | undefined, how: OverlayDevice['by']): void => {
    if (device === undefined || taken.has(device) || found.has(leaf.guid)) return;
    found.set(leaf.guid, device);
    by.set(leaf.guid, how);
    taken.add(device);
  };
  const outside = new Set(pool.outside.map(({ device }) => device));
  // Of two that say they are one leaf, the one that the tree of the labels took comes first.
  const devices = [...pool.devices].sort((a, b) => Number(outside.has(a)) - Number(outside.has(b)));
  for (const { leaf } of leaves) bind(leaf, assumed.get(leaf.guid), 'assumed');
  for (const { leaf } of leaves) bind(leaf, devices.find(saysItIs(leaf.guid, pool, taken)), 'label');
  for (const { leaf, top } of leaves) {
    if (leaf.guid !== top.guid) bind(leaf, devices.find(saysItIs(top.guid, pool, taken)), 'label');
  }
  for (const [index, top] of tree.children.entries()) {
    const now = pool.root?.children[index];
    if (now === undefined) continue;
    const follow = (leaf: VdevConfig, device: DeviceSurvey): void => bind(leaf, device, 'successor');
    sideBySide(top, now, { lacks: ({ guid }) => !found.has(guid), free: (device) => !taken.has(device), follow }, 0);
  }
  const root = {
    config: tree,
    role: 'root' as const,
    device: null,
    children: tree.children.map((top) => nodeOf(top, roleOf(top), (guid) => found.get(guid) ?? null, 1)),
  };
  return { root, by };
}

function saysItIs(guid: Guid, pool: Pool, taken: ReadonlySet<DeviceSurvey>): (device: DeviceSurvey) => boolean {
  return (device) =>
    !taken.has(device) &&
    device.labels.some(
      ({ config }) =>
        config !== null &&
        (config.poolGuid === pool.guid || config.splitGuid === pool.guid) &&
        (config.guid === guid || config.vdevTree?.origGuid === guid),
    );
}

/** Leaves that stand for no device. */
const WITHOUT_DEVICE: ReadonlySet<string> = new Set(['dspare', 'hole', 'indirect', 'missing']);

interface Following {
  readonly lacks: (leaf: VdevConfig) => boolean;
  readonly free: (device: DeviceSurvey) => boolean;
  readonly follow: (leaf: VdevConfig, device: DeviceSurvey) => void;
}

/** Goes down a vdev as it was and as it is, as far as both are made up alike. */
function sideBySide(was: VdevConfig, now: VdevNode, following: Following, depth: number): void {
  if (depth >= MAX_TREE_DEPTH) return;
  const free = (): DeviceSurvey | undefined =>
    [...leavesOf(now)].flatMap(({ device }) => device ?? []).find(following.free);
  const { children } = was;
  if (children.length === 0) {
    const device = following.lacks(was) && !WITHOUT_DEVICE.has(was.type) ? free() : undefined;
    if (device !== undefined) following.follow(was, device);
    return;
  }
  const alike = was.type === now.config.type && children.length === now.children.length;
  for (const [index, child] of children.entries()) {
    const beside = now.children[index];
    if (alike && beside !== undefined) sideBySide(child, beside, following, depth + 1);
    // Every leg of a mirror holds the same.
    else if (was.type === 'mirror' || was.type === 'replacing' || was.type === 'spare')
      sideBySide(child, now, following, depth + 1);
  }
}
