import { leavesBelow } from '../format/vdevConfig.ts';
import { keptState } from './keptState.ts';
import type { VdevNode } from './pool.ts';

/**
 * What is left of a vdev. `degraded` lacks something that its redundancy replaces; `missing` lacks more; `hole` is the
 * place of a removed one.
 */
export type VdevHealth = 'present' | 'degraded' | 'missing' | 'hole';

/** Deeper than any tree of OpenZFS: root, raidz, spare, replacing, leaf. */
export const MAX_TREE_DEPTH = 16;

/** A device stands at this leaf. */
const hasDevice = (leaf: VdevNode): boolean => leaf.device !== null;

/**
 * Judges `node` by the leaves below it.
 *
 * @param usable which leaves count; those with a device unless told otherwise
 * Source: module/zfs/vdev_mirror.c, vdev_mirror_open; vdev_raidz.c, vdev_raidz_open; vdev_draid.c, vdev_draid_open
 */
export function vdevHealth(node: VdevNode, usable: (leaf: VdevNode) => boolean = hasDevice, depth = 0): VdevHealth {
  const { type } = node.config;
  if (type === 'hole') return 'hole';
  if (type === 'indirect') return 'present';
  if (node.children.length === 0) {
    // A distributed spare is space of the dRAID's own disks: there is no device to be missing.
    const opens = type === 'dspare' ? keptState(node.config) === null : usable(node);
    return opens ? 'present' : 'missing';
  }
  if (depth >= MAX_TREE_DEPTH) return 'missing';
  const states = node.children.map((child) => vdevHealth(child, usable, depth + 1));
  const lost = states.filter((state) => state === 'missing').length;
  if (lost > spareable(node)) return 'missing';
  return lost > 0 || states.includes('degraded') ? 'degraded' : 'present';
}

/** How many children may be lost before the vdev is. */
export function spareable(node: VdevNode): number {
  switch (node.config.type) {
    case 'mirror':
    case 'replacing':
    case 'spare':
      return node.children.length - 1;
    case 'raidz':
    case 'draid':
      // Pools before version 3 know raidz with one parity only and do not say so.
      return node.config.nparity ?? 1;
    default:
      return 0;
  }
}

/** The leaves below `node`, or itself; placeholders for removed and missing vdevs are leaves too. */
export const leavesOf = (node: VdevNode): Generator<VdevNode> => leavesBelow(node);

/** `mirror-0`, `raidz2-1`; a leaf by its path. For people: raw text, escape it before it reaches a terminal. */
export function vdevName(node: VdevNode): string {
  const { type, id, path, nparity, guid } = node.config;
  if (path !== null) return path;
  if (node.children.length === 0 && guid !== 0n) return `${type} ${guid}`;
  return `${type}${(type === 'raidz' || type === 'draid') && nparity !== null ? nparity : ''}-${id ?? '?'}`;
}

/** Bytes of the devices that are there below `node`, each counted once. */
export function deviceBytes(node: VdevNode): number {
  const sources = new Set([...leavesOf(node)].map(({ device }) => device?.source));
  let sum = 0;
  for (const source of sources) sum += source?.size ?? 0;
  return sum;
}
