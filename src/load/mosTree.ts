import type { Guid } from '../bytes/units.ts';
import type { LabelConfig } from '../format/labelConfig.ts';
import type { VdevConfig } from '../format/vdevConfig.ts';
import type { VdevNode } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { leavesOf, MAX_TREE_DEPTH } from '../pool/vdevHealth.ts';
import { roleOf } from '../pool/vdevTree.ts';
import type { Refusal } from './refusal.ts';
import { hasUnreadableLabel, refusedLeaves, unreadLabels, whyClosed } from './usableLeaves.ts';
import { validatedLabel } from './validatedLabel.ts';

/** The tree of a config in the MOS, put on devices. */
export interface MatchedTree {
  /** A leaf has its device only if OpenZFS opens it. */
  readonly root: VdevNode;
  /** The same with the devices that OpenZFS finds and does not open: where a later tree looks for them. */
  readonly located: VdevNode;
  /** By guid of the leaf: why the device that is there is not opened. */
  readonly refused: ReadonlyMap<Guid, Refusal>;
  /** Leaves whose device the labels name no more: found only where the MOS noted it. */
  readonly former: readonly VdevConfig[];
}

/**
 * Finds the device of each leaf as OpenZFS does once it trusts the MOS: a leaf keeps the path that the labels of the
 * same top-level vdev give its guid, any other is looked for at the path that the MOS noted. Then its label has to
 * fit: written in this pool, not split off, for this leaf.
 *
 * Where the noted path leads nobody can tell from the bytes. Of a disk that is among `devices` it is taken to lead
 * there, because such paths stay with the disk: to the one that says it is the leaf, else to one that fits and whose
 * own label gives that path. Of a file only if the source has that very name.
 *
 * @param config of the root
 * @param labelRoot tree that the load started from, of the labels or of another MOS, its children at the index of their id
 * @param devices that OpenZFS is given
 * Source: module/zfs/vdev.c, vdev_copy_path_search and vdev_validate, where an extreme rewind is lenient
 */
export function matchMosTree(config: VdevConfig, labelRoot: VdevNode, devices: readonly DeviceSurvey[]): MatchedTree {
  const given = new Set(devices);
  const refused = new Map<Guid, Refusal>();
  const former: VdevConfig[] = [];
  const deviceOf = (leaf: VdevConfig, top: VdevConfig, index: number): DeviceSurvey | null => {
    const labelTop = labelRoot.children[index];
    const named = labelTop === undefined ? null : leafDevice(labelTop, leaf);
    const fits = (each: DeviceSurvey): boolean => misfit(each, leaf, top, config.guid) === null;
    const device = named ?? atNotedPath(leaf, devices, fits);
    if (device === null || !given.has(device)) return null;
    const why = whyClosed(leaf) ?? misfit(device, leaf, top, config.guid);
    if (why !== null) refused.set(leaf.guid, why);
    else if (named === null) former.push(leaf);
    return device;
  };
  const located = config.children.map((top, index) =>
    nodeOf(top, roleOf(top), (leaf) => deviceOf(leaf, top, index), 1),
  );
  const children = located.map((node) => {
    const fitting = keepDevices(node, ({ config: { guid } }) => !refused.has(guid));
    const unopened = refusedLeaves(fitting);
    for (const [{ config: leaf }, why] of unopened) refused.set(leaf.guid, why);
    return keepDevices(fitting, (leaf) => !unopened.has(leaf));
  });
  const root = (of: readonly VdevNode[]): VdevNode => ({ config, role: 'root', device: null, children: of });
  return { root: root(children), located: root(located), refused, former };
}

function atNotedPath(
  { path, type, guid }: VdevConfig,
  devices: readonly DeviceSurvey[],
  fits: (device: DeviceSurvey) => boolean,
): DeviceSurvey | null {
  const there = devices.find(({ source }) => source.name === path);
  if (there !== undefined || type !== 'disk') return there ?? null;
  const labels = devices.map((device) => ({ device, label: validatedLabel(device) }));
  const sameLeaf = labels.find(({ label }) => label?.guid === guid || label?.vdevTree?.origGuid === guid);
  const samePath = () =>
    labels.find(({ device, label }) => path !== null && label !== null && ownPath(label) === path && fits(device));
  return (sameLeaf ?? samePath())?.device ?? null;
}

/** Where the device was when its label was written. */
function ownPath({ guid, vdevTree }: LabelConfig): string | null {
  const open = vdevTree === null ? [] : [vdevTree];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.guid === guid && next.children.length === 0) return next.path;
    open.push(...next.children);
  }
  return null;
}

function leafDevice(labelTop: VdevNode, { guid, type }: VdevConfig): DeviceSurvey | null {
  for (const leaf of leavesOf(labelTop)) {
    if (leaf.config.guid === guid && leaf.config.type === type) return leaf.device;
  }
  return null;
}

function nodeOf(
  config: VdevConfig,
  role: VdevNode['role'],
  deviceOf: (leaf: VdevConfig) => DeviceSurvey | null,
  depth: number,
): VdevNode {
  const below = depth < MAX_TREE_DEPTH ? config.children : [];
  return {
    config,
    role,
    device: config.children.length === 0 ? deviceOf(config) : null,
    children: below.map((child) => nodeOf(child, role, deviceOf, depth + 1)),
  };
}

/** `node` without the devices of the leaves that `keep` does not want. */
export function keepDevices(node: VdevNode, keep: (leaf: VdevNode) => boolean): VdevNode {
  if (node.children.length === 0) {
    if (node.device === null || keep(node)) return node;
    const [passedOver] = hasUnreadableLabel(node.device) ? unreadLabels(node.device) : [];
    return { ...node, device: null, ...(passedOver && { passedOver }) };
  }
  return { ...node, children: node.children.map((child) => keepDevices(child, keep)) };
}

/**
 * Why the label of `device` does not fit the leaf; null when it does. It fits when it is the leaf's by its guid or by
 * the one before a split. Else, in an extreme rewind, when one of the two is the top-level vdev of the other: the last
 * leaf of a mirror takes over its guid, so a label from after that names the mirror, and one from before it the leaf.
 */
function misfit(device: DeviceSurvey, leaf: VdevConfig, top: VdevConfig, poolGuid: Guid): Refusal | null {
  const label = validatedLabel(device);
  if (label === null) return { code: 'no-sound-label' };
  if (label.splitGuid === poolGuid) return { code: 'split-off' };
  if (label.poolGuid !== poolGuid) return { code: 'other-pool', label: label.poolGuid, pool: poolGuid };
  if (label.guid === null || label.topGuid === null) return { code: 'label-of-no-vdev' };
  if (label.guid === leaf.guid || label.vdevTree?.origGuid === leaf.guid) return null;
  if (label.topGuid === leaf.guid || label.guid === top.guid) return null;
  return { code: 'other-vdev', guid: label.guid };
}
