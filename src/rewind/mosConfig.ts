import type { Guid } from '../bytes/units.ts';
import { BlockCache } from '../dataset/blockCache.ts';
import { Mos } from '../dataset/mos.ts';
import { orNull } from '../dataset/orNull.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { nvlistOf } from '../format/nvlistFields.ts';
import { decodeVdevConfig, type VdevConfig } from '../format/vdevConfig.ts';
import type { BlockReader } from '../pool/blockRead.ts';
import type { Pool, VdevNode } from '../pool/pool.ts';
import { leavesOf } from '../pool/vdevHealth.ts';
import { missingBelow, nodeOf, roleOf } from '../pool/vdevTree.ts';

/**
 * `pool` with its missing top-level vdevs, which no label describes, filled in from the config of a meta-object set.
 * What the labels say stays as it is, and so does the guid sum that was found in them.
 */
export function completePool(pool: Pool, mosTree: VdevConfig): Pool {
  if (pool.root === null) return pool;
  const leaves = new Map<Guid, VdevNode['device']>();
  for (const { config, device } of leavesOf(pool.root)) leaves.set(config.guid, device);
  const known = new Map(mosTree.children.map((child) => [child.id, child]));
  const children = pool.root.children.map((top): VdevNode => {
    const config = top.config.type === 'missing' ? known.get(top.config.id) : undefined;
    return config === undefined ? top : nodeOf(config, roleOf(config), (guid) => leaves.get(guid) ?? null, 1);
  });
  const root = { ...pool.root, children };
  return { ...pool, root, missing: missingBelow(root) };
}

/** The vdev tree of the first of `roots` of which the config reads; null when none does. */
export async function firstMosTree(
  reader: BlockReader,
  roots: readonly Blkptr[],
  signal?: AbortSignal,
): Promise<VdevConfig | null> {
  for (const rootbp of roots) {
    const tree = await orNull(async () => {
      const mos = await Mos.open(new BlockCache(reader), rootbp, signal);
      const nvlist = nvlistOf(await mos.config(signal), 'vdev_tree');
      return nvlist === null ? null : decodeVdevConfig(nvlist);
    });
    if (tree !== null) return tree;
  }
  return null;
}
