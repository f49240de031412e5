import type { Blkptr } from '../format/blkptr.ts';
import { BlkptrMap } from '../format/blkptrMap.ts';
import { nvlistOf } from '../format/nvlistFields.ts';
import type { Uberblock } from '../format/uberblock.ts';
import { decodeVdevConfig, type VdevConfig } from '../format/vdevConfig.ts';
import type { VdevNode } from '../pool/pool.ts';
import type { BlockCache } from './blockCache.ts';
import { Mos } from './mos.ts';
import type { PoolBlocks, PoolReaders, ReaderState } from './poolReaders.ts';

const NO_REFLOW: Uberblock['raidzReflow'] = { offset: 0n, state: 0 };

/** How blocks are read before anything of the pool was: by a tree alone. */
export const unread = (root: VdevNode, raidzReflow = NO_REFLOW): ReaderState => ({
  root,
  raidzReflow,
  salt: null,
  mappings: new Map(),
});

/**
 * The meta-object set behind a root block pointer, and what it was read through. Every step that learns more of how
 * blocks are read, the vdev tree, the salt, the mapping of a removed vdev, opens it anew.
 *
 * @throws what Mos.open throws
 */
export async function openMosThrough(
  readers: PoolReaders,
  state: ReaderState,
  rootbp: Blkptr,
  signal?: AbortSignal,
): Promise<{ readonly blocks: PoolBlocks; readonly mos: Mos }> {
  const blocks = readers.open(state);
  return { blocks, mos: await mosIn(blocks.cache, rootbp, signal) };
}

/** Meta-object sets that were opened, by what they were read through: a load and what is read beside it open the same ones. */
const opened = new WeakMap<BlockCache, BlkptrMap<Mos>>();
/** More than a ring has slots; what an opened one holds is small. */
const MAX_OPENED = 512;

/** The meta-object set behind a root block pointer, opened once. @throws what Mos.open throws */
export async function mosIn(cache: BlockCache, rootbp: Blkptr, signal?: AbortSignal): Promise<Mos> {
  let known = opened.get(cache);
  const found = known?.get(rootbp);
  if (found !== undefined) return found;
  const mos = await Mos.open(cache, rootbp, signal);
  known = opened.get(cache);
  if (known === undefined || known.size >= MAX_OPENED) {
    known = new BlkptrMap();
    opened.set(cache, known);
  }
  known.set(rootbp, mos);
  return mos;
}

/** The vdev tree of the config in a MOS; null where that has none. @throws what Mos.config throws */
export async function vdevTreeIn(mos: Mos, signal?: AbortSignal): Promise<VdevConfig | null> {
  const tree = nvlistOf(await mos.config(signal), 'vdev_tree');
  return tree === null ? null : decodeVdevConfig(tree);
}
