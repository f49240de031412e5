import type { VdevNode } from './pool.ts';
import type { DeviceSurvey } from './survey.ts';
import { MAX_TREE_DEPTH } from './vdevHealth.ts';

/** Bytes of a device that are not allocatable: two labels and the boot area in front, two labels at the end. */
const AROUND = 4n * 1024n * 1024n + 512n * 1024n;

/** A leaf with a device, and how large OpenZFS wants that device to be. */
export interface LeafSize {
  readonly leaf: VdevNode;
  readonly device: DeviceSurvey;
  /** Bytes below which the leaf is not opened. */
  readonly needed: bigint;
}

/**
 * What the leaves below top-level vdev `top` need; of a dRAID a little less than the truth, because the space it keeps
 * back for expansion is not counted. Nothing when the label does not say the size.
 *
 * Source: module/zfs/vdev.c, vdev_get_min_asize and vdev_open; vdev_raidz.c, vdev_raidz_min_asize
 */
export function leafSizes(top: VdevNode): LeafSize[] {
  const { asize, metaslabShift } = top.config;
  if (asize === null) return [];
  // A device may lack what is less than one metaslab at the end.
  const shift = metaslabShift !== null && metaslabShift < 64 ? BigInt(metaslabShift) : 0n;
  const sizes: LeafSize[] = [];
  const open: { node: VdevNode; share: bigint; depth: number }[] = [
    { node: top, share: (asize >> shift) << shift, depth: 0 },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, share, depth } = next;
    if (node.device !== null) sizes.push({ leaf: node, device: node.device, needed: share + AROUND });
    if (depth >= MAX_TREE_DEPTH) continue;
    const columns = columnsOf(node);
    const below = columns === 0n ? share : (share + columns - 1n) / columns;
    for (const child of node.children) open.push({ node: child, share: below, depth: depth + 1 });
  }
  return sizes;
}

/** Children among which the space is divided; 0 when each has all of it. */
function columnsOf(node: VdevNode): bigint {
  const { type, draid } = node.config;
  if (type === 'raidz') return BigInt(node.children.length);
  if (type === 'draid') return BigInt(Math.max(1, node.children.length - (draid?.nspares ?? 0)));
  return 0n;
}

/** True when `device` is too short to be opened as the leaf. */
export const isTruncated = ({ device, needed }: LeafSize): boolean => BigInt(device.alignedSize) < needed;
