import type { VdevNode } from './pool.ts';

/**
 * Sum of the guids of `root` and everything below it, modulo 2^64, which is what an uberblock of the same tree holds:
 * the root's guid is the pool's; inner vdevs count like leaves; an indirect vdev counts with a
 * guid of its own, made when its disk was removed; a hole counts 0; spares and caches that stand beside the tree do not count.
 *
 * Source: module/zfs/vdev.c, vdev_add_child, vdev_add_parent and vdev_alloc_common; module/zfs/vdev_removal.c,
 * vdev_remove_replace_with_indirect
 */
export function guidSumOf(root: VdevNode): bigint {
  let sum = 0n;
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    sum += node.config.guid;
    open.push(...node.children);
  }
  return BigInt.asUintN(64, sum);
}

/** What has to be added to `found` for `expected`, modulo 2^64: the guids that are missing, if that is the difference. */
export const guidSumDifference = (expected: bigint, found: bigint): bigint => BigInt.asUintN(64, expected - found);
