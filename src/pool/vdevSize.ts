import { LABEL_SIZE } from '../format/label.layout.ts';
import type { LabelConfig } from '../format/labelConfig.ts';
import type { VdevConfig } from '../format/vdevConfig.ts';
import type { VdevNode } from './pool.ts';
import type { DeviceSurvey } from './survey.ts';
import { MAX_TREE_DEPTH } from './vdevHealth.ts';

/** Bytes of a device that are not allocatable: two labels and the boot area in front, two labels at the end. */
const AROUND = 4n * 1024n * 1024n + 512n * 1024n;

/** No device below this is opened, whatever the vdev needs. Source: include/sys/fs/zfs.h, SPA_MINDEVSIZE */
const SMALLEST_DEVICE = 64n * 1024n * 1024n;

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
    if (node.device !== null)
      sizes.push({ leaf: node, device: node.device, needed: larger(share + AROUND, SMALLEST_DEVICE) });
    if (depth >= MAX_TREE_DEPTH) continue;
    const below = shareBelow(share, node.config);
    for (const child of node.children) open.push({ node: child, share: below, depth: depth + 1 });
  }
  return sizes;
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** What each child of a vdev has of `share`: a part where the space is divided among them, else all of it. */
function shareBelow(share: bigint, { type, draid, children }: VdevConfig): bigint {
  const spares = type === 'draid' ? (draid?.nspares ?? 0) : 0;
  const columns = type === 'raidz' || type === 'draid' ? BigInt(Math.max(1, children.length - spares)) : 1n;
  return (share + columns - 1n) / columns;
}

/**
 * Bytes of the device that wrote a label, as far as its top-level vdev tells: exact for a leaf that is one itself and
 * for those of a raidz; of a mirror's legs it is that of the smallest, of a dRAID's a little less than the truth.
 *
 * @returns a multiple of 256 KiB; null when the label does not say, or says what no device has
 * Source: module/zfs/vdev.c, vdev_open; vdev_raidz.c and vdev_mirror.c, their open functions
 */
export function impliedSize({ vdevTree, guid }: LabelConfig): number | null {
  const asize = vdevTree?.asize ?? null;
  if (vdevTree === null || asize === null) return null;
  const open = [{ node: vdevTree, share: asize, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, share, depth } = next;
    if (node.children.length === 0 && node.guid === guid) {
      const unit = BigInt(LABEL_SIZE);
      const size = ((share + AROUND + unit - 1n) / unit) * unit;
      return size <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(size) : null;
    }
    if (depth >= MAX_TREE_DEPTH) continue;
    const below = shareBelow(share, node);
    for (const child of node.children) open.push({ node: child, share: below, depth: depth + 1 });
  }
  return null;
}

/** True when `device` is too short to be opened as the leaf. */
export const isTruncated = ({ device, needed }: LeafSize): boolean => BigInt(device.alignedSize) < needed;

/** Bytes of a sector of the top-level vdev. */
function sectorOf({ ashift }: VdevConfig): number {
  return ashift !== null && ashift >= 9 && ashift <= 16 ? 1 << ashift : 512;
}

/** Data disks of one group of a dRAID; 1 for all others. */
const dataDisksOf = ({ draid }: VdevConfig): number =>
  draid !== null && draid.ndata >= 1 && draid.ndata <= 255 ? draid.ndata : 1;

/**
 * Bytes of the smallest allocation of a top-level vdev: what a gang header written there may fill.
 *
 * Source: module/zfs/vdev.c, vdev_get_min_alloc; vdev_draid.c, vdev_draid_min_alloc
 */
export const minimumAllocation = (top: VdevConfig): number => sectorOf(top) * dataDisksOf(top);

/**
 * Bytes that a gang header of the old size takes on a top-level vdev, parity included.
 *
 * Source: include/sys/vdev.h, vdev_gang_header_asize; vdev_default_asize, vdev_raidz_psize_to_asize and
 *   vdev_draid_psize_to_asize
 */
export function gangHeaderAllocation(top: VdevConfig): number {
  const parity = top.type === 'raidz' || top.type === 'draid' ? Math.min(top.nparity ?? 1, 3) : 0;
  return sectorOf(top) * (dataDisksOf(top) + parity);
}
