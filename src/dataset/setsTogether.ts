import { ZfsUberError } from '../bytes/errors.ts';
import { Blkptr } from '../format/blkptr.ts';
import { BlkptrMap } from '../format/blkptrMap.ts';
import { DNODE, DNODE_CORE_SIZE, DNODE_MAX_BLOCK_POINTERS, DNODE_SLOT } from '../format/dnode.layout.ts';
import type { Dnode } from '../format/dnode.ts';
import { isMetadataType } from '../format/objectTypes.ts';
import { type Block, contentPlace } from './block.ts';
import { type BlockCache, isFetched } from './blockCache.ts';
import { dnodeAt } from './dnodeBlock.ts';
import { differingPointers, isHole, isSameRange, pointerIn, wordsOf } from './indirectBlock.ts';
import { Objset } from './objset.ts';
import { orNull } from './orNull.ts';
import { sameDnodes } from './sameDnodes.ts';

/** Reads under way at once. */
const AT_ONCE = 32;
/** Bytes of content that are read together. */
const BATCH_BYTES = 4 * 1024 * 1024;
/** Bytes of content that one call reads: they are still kept when they are asked for. */
const MOST_BYTES = 16 * 1024 * 1024;

const AT = DNODE.fields;
const MOS = 'MOS';

/** A pointer of one set, and what the set before has in its place. */
interface Pair {
  readonly before: Blkptr | null;
  readonly bp: Blkptr;
  readonly level: number;
  /** At that level. */
  readonly blockId: number;
  /** The object it is of, for errors: as of {@link DmuObject}. */
  readonly path: readonly string[];
  /** Of the dnodes; else of an object's content. */
  readonly dnodes: boolean;
}

/**
 * Reads of meta-object sets what one does not have in common with the one before it, for those who then go through each:
 * each block is found through one above it, but those of one level of all sets are read together, as they lie on the
 * devices.
 *
 * Nothing is said of what does not read: whoever asks for it meets the error.
 */
export class SetsTogether {
  readonly #cache: BlockCache;
  #last: Objset | null = null;

  constructor(cache: BlockCache) {
    this.#cache = cache;
  }

  /** @param roots of the sets; of the first of all the dnodes alone are read */
  async read(roots: readonly Blkptr[], signal?: AbortSignal): Promise<void> {
    if (!this.#cache.readsAhead) return;
    let left = MOST_BYTES;
    const fetch = async (pointers: readonly Blkptr[]): Promise<void> => {
      const wanted = new BlkptrMap<Blkptr>();
      const list: Blkptr[] = [];
      for (const bp of pointers) {
        if (bp.lsize > left || !isRead(bp) || wanted.get(bp) !== undefined || this.#cache.peek(bp) !== null) continue;
        wanted.set(bp, bp);
        list.push(bp);
        left -= bp.lsize;
      }
      await readInOrder(this.#cache, list, signal);
    };
    await fetch(roots);
    let pairs: Pair[] = [];
    for (const root of roots) {
      const set = this.#cache.peek(root) && (await orNull(() => Objset.open(this.#cache, root, MOS)));
      if (set === null) continue;
      const { dnode, path } = set.metaObject;
      pairs.push(...dnodePairs(this.#last?.metaObject.dnode ?? null, dnode, path, true));
      this.#last = set;
    }
    while (pairs.length > 0 && left > 0 && signal?.aborted !== true) {
      await fetch(pairs.map(({ bp }) => bp));
      pairs = pairs.flatMap((pair) => this.#below(pair));
    }
  }

  #below(pair: Pair): Pair[] {
    const { before, bp, level, blockId, path, dnodes } = pair;
    const name = level > 0 ? `L${level} block ${blockId}` : `block ${blockId}`;
    const block = this.#kept(bp, [...path, name]);
    const other = before && this.#kept(before, []);
    if (block === null || (before !== null && other === null)) return [];
    if (level > 0) return pointerPairs(pair, block, other);
    return dnodes && other !== null ? contentPairs(block, other, blockId) : [];
  }

  #kept(bp: Blkptr, path: readonly string[]): Block | null {
    const read = this.#cache.peekRead(bp);
    const { littleEndian } = bp;
    return read && { bytes: read.bytes, littleEndian, place: contentPlace(bp, read, path) };
  }
}

/** Blocks of metadata that lie on the devices. */
const isRead = (bp: Blkptr): boolean =>
  !bp.hole && !bp.embedded && !bp.encrypted && (bp.level > 0 || isMetadataType(bp.type));

/**
 * Reads blocks as they lie on the devices, some at a time, into the cache. What does not read is left out.
 *
 * @param list of metadata, none twice
 */
export async function readInOrder(cache: BlockCache, list: readonly Blkptr[], signal?: AbortSignal): Promise<void> {
  const alone = await notReadTogether(cache, list, signal);
  const placed = alone.map((bp) => ({ bp, vdev: bp.dvas[0]?.vdev ?? 0, offset: Number(bp.dvas[0]?.offset ?? 0n) }));
  placed.sort((a, b) => a.vdev - b.vdev || a.offset - b.offset);
  const queue = placed.values();
  const work = async (): Promise<void> => {
    for (const { bp } of queue) {
      if (signal?.aborted === true) return;
      await orNull(() => cache.fetch(bp));
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, placed.length) }, work));
}

/** @returns those of the list that were not read together */
async function notReadTogether(cache: BlockCache, list: readonly Blkptr[], signal?: AbortSignal): Promise<Blkptr[]> {
  let [batch, size]: [Blkptr[], number] = [[], 0];
  const read = async (): Promise<void> => {
    const now = batch;
    [batch, size] = [[], 0];
    if (signal?.aborted !== true) await cache.fetchTogether(now);
  };
  for (const bp of list) {
    if (!isFetched(bp)) continue;
    batch.push(bp);
    size += bp.lsize;
    if (size >= BATCH_BYTES) await read();
  }
  await read();
  return list.filter((bp) => cache.peekRead(bp) === null);
}

function pointerPairs(pair: Pair, block: Block, before: Block | null): Pair[] {
  const { level, blockId, path, dnodes, bp: parent } = pair;
  const { littleEndian, bytes } = block;
  const count = Math.floor(parent.lsize / Blkptr.SIZE);
  const comparable = before !== null && before.littleEndian === littleEndian && pair.before?.lsize === parent.lsize;
  const all = Math.floor(bytes.length / Blkptr.SIZE);
  const indexes = comparable ? differingPointers(before.bytes, bytes) : Array.from({ length: all }, (_, i) => i);
  return indexes.flatMap((index): Pair[] => {
    if (isHole(block, index)) return [];
    const bp = pointerIn(block, index);
    if (bp.level !== level - 1) return [];
    const other = comparable && !isHole(before, index) ? pointerIn(before, index) : null;
    return [{ before: other, bp, level: bp.level, blockId: blockId * count + index, path, dnodes }];
  });
}

/** Of the dnodes in a block that are not those in the other. */
function contentPairs(block: Block, before: Block, blockId: number): Pair[] {
  if (block.littleEndian !== before.littleEndian) return [];
  const pairs: Pair[] = [];
  const perBlock = Math.floor(block.bytes.length / DNODE_SLOT);
  const words = [wordsOf(before.bytes), wordsOf(block.bytes)] as const;
  for (const [slot, same] of sameDnodes(before.bytes, block.bytes).entries()) {
    if (same === 1 || hasSamePointers(words, before.bytes, block.bytes, slot)) continue;
    const id = BigInt(blockId * perBlock + slot);
    const dnode = dnodeIn(block, slot, id);
    const other = dnode && dnodeIn(before, slot, id);
    if (dnode === null) continue;
    pairs.push(...dnodePairs(other, dnode, [MOS, `object ${id}`], false));
  }
  return pairs;
}

/** Of most dnodes that differ it is the bonus: nothing is below them that was not read. */
function hasSamePointers(
  [one, other]: readonly [Uint32Array, Uint32Array],
  before: Uint8Array,
  bytes: Uint8Array,
  slot: number,
): boolean {
  const count = slot * DNODE_SLOT + AT.blockPointers.offset;
  const pointers = bytes[count] ?? 0;
  if (before[count] !== pointers || pointers > DNODE_MAX_BLOCK_POINTERS) return false;
  const from = slot * DNODE_SLOT + DNODE_CORE_SIZE;
  return isSameRange(one, other, from / 4, (pointers * Blkptr.SIZE) / 4);
}

/** Null also for the inside of a larger one, as far as it does not look like a dnode itself. */
function dnodeIn(block: Block, slot: number, id: bigint): Dnode | null {
  try {
    return dnodeAt(block, slot, MOS, id)?.check() ?? null;
  } catch (error) {
    if (error instanceof ZfsUberError) return null;
    throw error;
  }
}

function dnodePairs(before: Dnode | null, dnode: Dnode, path: readonly string[], dnodes: boolean): Pair[] {
  const pairs: Pair[] = [];
  const level = dnode.levels - 1;
  const alike = before !== null && before.levels === dnode.levels ? before : null;
  for (let index = 0; index < dnode.blockPointerCount; index++) {
    const bp = dnode.blockPointer(index);
    const other = alike !== null && index < alike.blockPointerCount ? alike.blockPointer(index) : null;
    if (bp.hole || bp.level !== level || other?.equals(bp) === true) continue;
    pairs.push({ before: other?.hole === true ? null : other, bp, level, blockId: index, path, dnodes });
  }
  return pairs;
}
