import { FormatError, LimitError, ZfsUberError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { Blkptr } from '../format/blkptr.ts';
import type { Dnode } from '../format/dnode.ts';
import { type AtHandReader, type Block, readBlock, type WalkOptions } from './block.ts';
import type { BlockCache } from './blockCache.ts';
import { differingPointers, isHole, pointerIn } from './indirectBlock.ts';
import { orNull } from './orNull.ts';
import { readAhead } from './readAhead.ts';

/** Reads under way at once in a streaming iteration: enough to hide latency, few enough to hold 16 MiB blocks. */
const READ_AHEAD = 8;
/** Sibling indirect blocks fetched ahead of the one that is looked at. */
const INDIRECT_AHEAD = 4;
/** Most bytes that `read` gives at once; whoever wants more streams. */
const MAX_READ = 64n * 1024n * 1024n;

/** What two trees have to have in common for blocks of one number to stand in one place. */
const SHAPE = ['levels', 'blockPointerCount', 'indirectShift', 'dataBlockSize', 'littleEndian'] as const;

/** A block pointer of an object, and what it leads to. */
export interface TreePointer {
  readonly bp: Blkptr;
  /** 0 for content. */
  readonly level: number;
  /** Position among the blocks of that level. */
  readonly blockId: bigint;
}

/** A content block of an object. */
export interface ObjectBlock extends Block {
  readonly blockId: bigint;
  /** In bytes, in the object. */
  readonly offset: bigint;
  readonly bp: Blkptr;
}

/** Which content blocks are wanted: `from` to below `to`. */
export interface BlockRange {
  readonly from?: bigint | undefined;
  readonly to?: bigint | undefined;
}

interface Frame {
  readonly block: Block;
  readonly count: number;
  /** Level of what the pointers lead to. */
  readonly level: number;
  /** Id, at that level, of what the first pointer leads to. */
  readonly firstId: bigint;
  next: number;
}

/**
 * One object: its dnode, and its content through the tree of indirect blocks.
 *
 * The tree is walked by the pointers that exist; what the dnode claims of its length is never counted through.
 */
export class DmuObject {
  readonly id: bigint;
  readonly dnode: Dnode;
  /** For errors: `['MOS', 'object 1']`. */
  readonly path: readonly string[];
  readonly #reader: BlockCache;

  constructor(reader: BlockCache, id: bigint, dnode: Dnode, path: readonly string[]) {
    this.#reader = reader;
    this.id = id;
    this.dnode = dnode;
    this.path = path;
  }

  /** What the blocks of the object are read through: the same content under the same dnode, and the same failures. */
  get cache(): BlockCache {
    return this.#reader;
  }

  /** Of the dnode, for errors about the object as a whole. */
  get place(): Place {
    return this.dnode.place;
  }

  /** As {@link BlockCache.decodeOnce}, for a block of this object. */
  decodeOnce<T>(kind: string, block: Block, decode: () => T): T {
    return this.#reader.decodeOnce(kind, block, decode);
  }

  /**
   * The pointer to content block `blockId`.
   *
   * @returns null when it is a hole or lies behind the end of the tree
   * @throws FormatError when dnode or tree are nonsense; what BlockReader.read throws for an indirect block
   */
  blockPointer(blockId: bigint, signal?: AbortSignal): Promise<Blkptr | null> | Blkptr | null {
    const dnode = this.dnode.check();
    const shift = BigInt(dnode.indirectShift - 7);
    const level = dnode.levels - 1;
    const top = blockId >> (shift * BigInt(level));
    if (blockId < 0n || top >= BigInt(dnode.blockPointerCount)) return null;
    return this.#pointerBelow(dnode.blockPointer(Number(top)), level, blockId, signal);
  }

  /** @param from leads to the block of `level` above content block `blockId` */
  #pointerBelow(
    from: Blkptr,
    level: number,
    blockId: bigint,
    signal?: AbortSignal,
  ): Promise<Blkptr | null> | Blkptr | null {
    const shift = BigInt(this.dnode.indirectShift - 7);
    let bp = from;
    for (let at = level; at > 0; at--) {
      if (bp.hole) return null;
      const block = this.#indirect(bp, at, blockId >> (shift * BigInt(at)), signal);
      const index = Number((blockId >> (shift * BigInt(at - 1))) & ((1n << shift) - 1n));
      if (block instanceof Promise) {
        return block.then((read) => this.#pointerBelow(pointerIn(read, index), at - 1, blockId, signal));
      }
      bp = pointerIn(block, index);
    }
    return bp.hole ? null : bp;
  }

  /**
   * Content block `blockId`.
   *
   * @returns null for a hole: `dataBlockSize` zeros
   * @throws what blockPointer and BlockReader.read throw; FormatError when the block is not of the object's block size
   */
  block(blockId: bigint, signal?: AbortSignal): Promise<ObjectBlock | null> | ObjectBlock | null {
    const bp = this.blockPointer(blockId, signal);
    if (bp === null) return null;
    return bp instanceof Promise
      ? bp.then((found) => found && this.#content(found, blockId, signal))
      : this.#content(bp, blockId, signal);
  }

  /**
   * The block that holds what did not fit into the bonus; null without one.
   *
   * @throws what BlockReader.read throws; FormatError when its pointer is none of content
   */
  async spill(signal?: AbortSignal): Promise<Block | null> {
    const { spill } = this.dnode;
    return spill === null ? null : readBlock(this.#reader, spill, [...this.path, 'spill block'], 0, null, signal);
  }

  /**
   * `length` bytes of content from `offset`; holes, and all behind the end of the tree, are zeros.
   *
   * @param length at most 64 MiB
   * @throws LimitError above that; what `block` throws
   */
  async read(offset: bigint, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    if (offset < 0n || BigInt(length) > MAX_READ) {
      throw new LimitError(`${length} bytes from ${offset}: at most ${MAX_READ} are read at once`, this.place);
    }
    const size = BigInt(this.dnode.check().dataBlockSize);
    const out = new Uint8Array(length);
    const end = offset + BigInt(length);
    const range = { from: offset / size, to: (end + size - 1n) / size };
    if (length === 0) return out;
    for await (const { bytes, offset: at } of this.blocks(range, { signal })) {
      const from = at > offset ? 0 : Number(offset - at);
      const to = at + size < end ? bytes.length : Number(end - at);
      out.set(bytes.subarray(from, to), at > offset ? Number(at - offset) : 0);
    }
    return out;
  }

  /**
   * All content blocks in order, holes left out; reads a few ahead and holds no more than those.
   *
   * @throws what `block` throws, unless `options.onTrouble` takes it
   */
  blocks(range: BlockRange = {}, options: WalkOptions = {}): AsyncGenerator<ObjectBlock> {
    return this.#blocks(range, options, this.#reader);
  }

  /** The same, of words: what a block lacks at its end is zeros. */
  wordBlocks(range: BlockRange = {}, options: WalkOptions = {}): AsyncGenerator<ObjectBlock> {
    return this.#blocks(range, options, this.#reader.unpadded);
  }

  /** As `wordBlocks`, where nothing has to be read for any of them; null elsewhere. */
  wordBlocksAtHand(range: BlockRange = {}): readonly ObjectBlock[] | null {
    if (this.dnode.check().levels !== 1) return null;
    const found: ObjectBlock[] = [];
    for (const { bp, blockId } of this.#pointersOfDnode(range)) {
      if (this.#reader.peekRead(bp) === null) return null;
      const block = this.#content(bp, blockId, undefined, this.#reader.unpadded);
      if (block instanceof Promise) return null;
      found.push(block);
    }
    return found;
  }

  async *#blocks(range: BlockRange, options: WalkOptions, reader: AtHandReader): AsyncGenerator<ObjectBlock> {
    const { onTrouble, signal } = options;
    const read = ({ bp, blockId }: TreePointer): Promise<ObjectBlock | null> | ObjectBlock | null =>
      onTrouble === undefined
        ? this.#content(bp, blockId, signal, reader)
        : orNull(() => this.#content(bp, blockId, signal, reader), onTrouble);
    // Where all pointers stand in the dnode none is waited for.
    const flat = this.dnode.check().levels === 1;
    const pointers = flat ? this.#pointersOfDnode(range) : this.#contentPointers(range, options);
    for await (const block of readAhead(pointers, READ_AHEAD, read)) {
      if (block !== null) yield block;
    }
  }

  async *#contentPointers(range: BlockRange, options: WalkOptions): AsyncGenerator<TreePointer> {
    for await (const pointer of this.pointers(range, options)) if (pointer.level === 0) yield pointer;
  }

  #pointersOfDnode({ from = 0n, to }: BlockRange): TreePointer[] {
    const { dnode } = this;
    const found: TreePointer[] = [];
    for (let index = 0; index < dnode.blockPointerCount; index++) {
      const blockId = BigInt(index);
      if (blockId < from || (to !== undefined && blockId >= to)) continue;
      const bp = dnode.blockPointer(index);
      if (!bp.hole) found.push({ bp, level: 0, blockId });
    }
    return found;
  }

  /**
   * All pointers of the object's tree, each before those below it, in the order of the content; holes are left out.
   * Reads the indirect blocks, not the content.
   *
   * Bounded whatever the bytes say: levels fall by one at each step, and an indirect block is entered once.
   *
   * @throws FormatError when the tree is nonsense, what BlockReader.read throws for an indirect block; both unless
   *   `options.onTrouble` takes it
   */
  async *pointers(range: BlockRange = {}, options: WalkOptions = {}): AsyncGenerator<TreePointer> {
    const dnode = this.dnode.check();
    const shift = BigInt(dnode.indirectShift - 7);
    const { from = 0n, to } = range;
    const wanted = (blockId: bigint, level: number): boolean => {
      const span = shift * BigInt(level);
      return (to === undefined || blockId << span < to) && (blockId + 1n) << span > from;
    };
    const entered = new Set<string>();
    const trouble = (error: unknown): void => {
      if (!(error instanceof ZfsUberError) || options.onTrouble === undefined) throw error;
      options.onTrouble(error);
    };
    const enter = async ({ bp, level, blockId }: TreePointer): Promise<Frame | null> => {
      const copies = bp.dvas.map((dva) => `${dva.vdev}:${dva.offset}`);
      try {
        // Any one of them: pointers to one block can differ in a copy that is not there.
        const met = copies.find((copy) => entered.has(copy));
        if (met !== undefined) {
          throw new FormatError('format-value', 'indirect block', 'one not met before', `that at ${met}`, bp.place);
        }
        for (const copy of copies) entered.add(copy);
        const block = await this.#indirect(bp, level, blockId, options.signal);
        const count = Math.floor(block.bytes.length / Blkptr.SIZE);
        return { block, count, level: level - 1, firstId: blockId << shift, next: 0 };
      } catch (error) {
        trouble(error);
        return null;
      }
    };
    for (let index = 0; index < dnode.blockPointerCount; index++) {
      const level = dnode.levels - 1;
      const top = { bp: dnode.blockPointer(index), level, blockId: BigInt(index) };
      if (top.bp.hole || !wanted(top.blockId, level)) continue;
      yield top;
      const stack: Frame[] = [];
      const first = level > 0 ? await enter(top) : null;
      if (first !== null) stack.push(first);
      for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
        options.signal?.throwIfAborted();
        const pointer = nextPointer(frame, wanted, from >> (shift * BigInt(frame.level)));
        if (pointer === null) {
          stack.pop();
          continue;
        }
        yield pointer;
        if (pointer.level === 0) continue;
        this.#fetchAhead(frame, wanted);
        const below = await enter(pointer);
        if (below !== null) stack.push(below);
      }
    }
  }

  /**
   * Ids of the content blocks to which this object and `other` do not have the same pointer.
   *
   * @param other read through the same cache
   * @returns null where no comparison of pointers tells: in trees of different shape, and for more than `most` blocks of
   *   any level
   * @throws FormatError when a tree is nonsense, what BlockReader.read throws for an indirect block
   */
  async differingBlocks(other: DmuObject, most: number): Promise<readonly number[] | null> {
    const [dnode, others] = [this.dnode.check(), other.dnode.check()];
    if (SHAPE.some((part) => dnode[part] !== others[part])) return null;
    const perBlock = 2 ** (dnode.indirectShift - 7);
    const found: number[] = [];
    let entered = 0;
    const waiting: { one: Blkptr; two: Blkptr; level: number; blockId: number }[] = [];
    for (let blockId = 0; blockId < dnode.blockPointerCount; blockId++) {
      const [one, two] = [dnode.blockPointer(blockId), others.blockPointer(blockId)];
      if (!one.equals(two)) waiting.push({ one, two, level: dnode.levels - 1, blockId });
    }
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { one, two, level, blockId } = next;
      if (one.hole && two.hole) continue;
      if (level === 0) {
        if (found.length >= most) return null;
        found.push(blockId);
        continue;
      }
      if (one.hole || two.hole || ++entered > most) return null;
      const id = BigInt(blockId);
      const [a, b] = await Promise.all([this.#indirect(one, level, id), other.#indirect(two, level, id)]);
      if (a.littleEndian !== b.littleEndian) return null;
      for (const index of differingPointers(a.bytes, b.bytes)) {
        const first = blockId * perBlock + index;
        waiting.push({ one: pointerIn(a, index), two: pointerIn(b, index), level: level - 1, blockId: first });
      }
    }
    return found;
  }

  /** Starts reading the next siblings into the cache; what goes wrong shows when they are entered. */
  #fetchAhead(frame: Frame, wanted: (blockId: bigint, level: number) => boolean): void {
    const until = Math.min(frame.count, frame.next + INDIRECT_AHEAD);
    for (let index = frame.next; index < until; index++) {
      if (isHole(frame.block, index) || !wanted(frame.firstId + BigInt(index), frame.level)) continue;
      const bp = pointerIn(frame.block, index);
      if (bp.level === frame.level) void orNull(async () => this.#reader.unpadded.read(bp));
    }
  }

  #indirect(bp: Blkptr, level: number, blockId: bigint, signal?: AbortSignal): Promise<Block> | Block {
    const path = [...this.path, `L${level} block ${blockId}`];
    return readBlock(this.#reader.unpadded, bp, path, level, 2 ** this.dnode.indirectShift, signal);
  }

  #content(
    bp: Blkptr,
    blockId: bigint,
    signal?: AbortSignal,
    reader: AtHandReader = this.#reader,
  ): Promise<ObjectBlock> | ObjectBlock {
    const size = this.dnode.dataBlockSize;
    const block = readBlock(reader, bp, [...this.path, `block ${blockId}`], 0, size, signal);
    const offset = blockId * BigInt(size);
    return block instanceof Promise ? block.then((read) => contentOf(read)) : contentOf(block);

    function contentOf({ bytes, littleEndian, place }: Block): ObjectBlock {
      return { bytes, littleEndian, place, blockId, offset, bp };
    }
  }
}

/** The next pointer of the frame that is no hole and wanted; null at its end. */
function nextPointer(
  frame: Frame,
  wanted: (blockId: bigint, level: number) => boolean,
  firstWanted: bigint,
): TreePointer | null {
  if (firstWanted > frame.firstId + BigInt(frame.next)) {
    const skip = firstWanted - frame.firstId;
    frame.next = skip < BigInt(frame.count) ? Number(skip) : frame.count;
  }
  while (frame.next < frame.count) {
    const index = frame.next++;
    if (isHole(frame.block, index)) continue;
    const blockId = frame.firstId + BigInt(index);
    if (wanted(blockId, frame.level)) return { bp: pointerIn(frame.block, index), level: frame.level, blockId };
  }
  return null;
}
