import { fletcher4 } from '../../src/block/fletcher4.ts';
import { ZfsUberError } from '../../src/bytes/errors.ts';
import type { PoolAt } from '../../src/dataset/poolAt.ts';
import { Blkptr } from '../../src/format/blkptr.ts';
import { DNODE, DNODE_CORE_SIZE, DNODE_FLAG, DNODE_SLOT } from '../../src/format/dnode.layout.ts';
import { DSL_DATASET } from '../../src/format/dslDataset.layout.ts';
import { OBJECT_TYPE } from '../../src/format/objectTypes.ts';
import { OBJSET_ACCOUNTING } from '../../src/format/objset.layout.ts';
import type { Uberblock } from '../../src/format/uberblock.ts';
import type { VdevNode } from '../../src/pool/pool.ts';
import type { ByteSource } from '../../src/source/source.ts';
import { listBlocks } from './blockList.ts';
import { seal } from './labelImage.ts';
import { openSources } from './openSources.ts';

/** A block and where its pointer stands. */
export interface TreeBlock {
  readonly bp: Blkptr;
  /** Decompressed; not to be written to. */
  readonly content: Uint8Array;
  /** Null for the root of the MOS, to which the uberblock points. */
  readonly parent: TreeBlock | null;
  /** Of the pointer, in bytes of the parent's content. */
  readonly at: number;
  /** `MOS > object 1`, and so on. */
  readonly path: string;
  /** Position among the blocks of its level. */
  readonly blockId: number;
  readonly depth: number;
}

/** New content of a block, or how to make it when the address is known. */
export type Change = Uint8Array | ((address: bigint) => Uint8Array);

/** Lays out what no pointer of the pool leads to as it is, given where there is room for so many bytes. */
export type Layout = (place: (size: number) => number) => {
  readonly changes: ReadonlyMap<TreeBlock, Change>;
  readonly patches: readonly Patch[];
};

/** A source with lies laid over it. */
export interface ToldSource extends ByteSource {
  /** Where it may differ from what it was. */
  readonly changed: readonly { readonly offset: number; readonly length: number }[];
}

/** Bytes that lie somewhere else than the pool put them: what is new, by byte offset in a leaf's allocatable space. */
export interface Patch {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** The pool is too full for the lie. */
export class NoRoomError extends Error {}

const LABEL_START = 4 * 1024 * 1024;
const LABEL = 256 * 1024;
const RING = { offset: 128 * 1024, size: 128 * 1024 };
const ROOTBP_AT = 40;
const TXG_AT = 16;
const MAX_BLOCK = 16 * 1024 * 1024;
/** Where blocks can be put: enough to change a few, with all that is above them. */
const ROOM = 1024 * 1024;
/** File content says nothing about structure. */
const CONTENT_TYPES = new Set<number>([OBJECT_TYPE.plainFile, OBJECT_TYPE.zvol, OBJECT_TYPE.otherUint8]);
const FLETCHER4 = 7n;
const UNCOMPRESSED = 2n;

/**
 * Tells lies that every checksum vouches for: any metadata block of a pool gets another content, is written where the
 * pool is free, uncompressed, and each pointer above it is made to fit, up to the uberblock and its slot.
 *
 * The pool is one of plain disks and mirrors. Files are never written to: what comes out are sources with the new bytes
 * laid over the old.
 */
export class LyingPool {
  readonly view: PoolAt;
  readonly uberblock: Uberblock;
  readonly blocks: readonly TreeBlock[];
  readonly #sources: readonly ByteSource[];
  readonly #legs: readonly ByteSource[];
  readonly #slotSize: number;
  readonly #free: readonly { start: number; end: number }[];

  private constructor(
    opened: Awaited<ReturnType<typeof openSources>>,
    sources: readonly ByteSource[],
    blocks: readonly TreeBlock[],
    free: readonly { start: number; end: number }[],
    top: VdevNode,
  ) {
    this.view = opened.view;
    this.uberblock = opened.uberblock;
    this.blocks = blocks;
    this.#sources = sources;
    this.#free = free;
    this.#slotSize = Math.min(8192, Math.max(1024, 2 ** (top.config.ashift ?? 9)));
    this.#legs = legsOf(top, sources);
  }

  /** @throws Error for a pool whose first top-level vdev is no disk or mirror; what openPoolAt throws */
  static async open(sources: readonly ByteSource[], txg?: bigint): Promise<LyingPool> {
    const opened = await openSources(sources, txg === undefined ? {} : { txg });
    const top = opened.pool.root?.children[0];
    if (top === undefined || !['disk', 'file', 'mirror'].includes(top.config.type ?? '')) {
      throw new Error(`cannot place blocks on a ${top?.config.type}`);
    }
    const blocks: TreeBlock[] = [];
    for await (const block of treeOf(opened.view)) blocks.push(block);
    // A source can be shorter than its leaf has to be.
    const ends = legsOf(top, sources).map(({ size }) => size - LABEL_START - 2 * LABEL);
    const end = Math.min(Number(top.config.asize ?? 0n), ...ends);
    return new LyingPool(opened, sources, blocks, await freeRanges(opened.view, end), top);
  }

  /** The first block whose path ends so. @throws Error when there is none */
  block(path: string): TreeBlock {
    const found = this.blocks.find((block) => block.path.endsWith(path));
    if (found === undefined) throw new Error(`no block ${path}`);
    return found;
  }

  /**
   * The sources with `changes` told.
   *
   * @param told new content; of any length up to 16 MiB, rounded up to sectors. A function gets the address at which
   *   its block will stand, in sectors, so that the content can point to itself
   * @param everywhere fill each indirect block of the tree above a changed one with pointers to it; `varied`: that differ in a second
   *   copy, which is nowhere
   */
  tell(told: ReadonlyMap<TreeBlock, Change> | Layout, everywhere: 'no' | 'same' | 'varied' = 'no'): ToldSource[] {
    const place = this.#allocator();
    const { changes, patches: more } = typeof told === 'function' ? told(place) : { changes: told, patches: [] };
    const patches: Patch[] = [...more];
    const trees = new Set([...changes.keys()].map(({ path }) => path));
    const pending = new Map<TreeBlock, Uint8Array>();
    const addresses = new Map<TreeBlock, number>();
    for (const [block, change] of changes) {
      if (typeof change !== 'function') {
        pending.set(block, change);
        continue;
      }
      const at = place(ROOM / 4);
      addresses.set(block, at);
      pending.set(block, change(BigInt(at / 512)));
    }
    let rootbp: Uint8Array = this.uberblock.rootbp.bytes.slice();
    while (pending.size > 0) {
      const [block, content] = [...pending].reduce((a, b) => (a[0].depth >= b[0].depth ? a : b));
      pending.delete(block);
      const bytes = new Uint8Array(Math.ceil(content.length / 512) * 512);
      if (bytes.length > MAX_BLOCK || bytes.length === 0) throw new Error(`a block of ${bytes.length} bytes`);
      bytes.set(content);
      const at = addresses.get(block) ?? place(bytes.length);
      patches.push({ at, bytes });
      const { parent } = block;
      if (parent === null) {
        rootbp = pointerTo(rootbp, this.uberblock.littleEndian, block.bp, at, bytes);
        continue;
      }
      // A parent that was changed too may no longer be as long as it was.
      const above = pending.get(parent) ?? parent.content.slice();
      const old = above.subarray(block.at, block.at + Blkptr.SIZE);
      if (old.length === Blkptr.SIZE) old.set(pointerTo(old, parent.bp.littleEndian, block.bp, at, bytes));
      const sameTree = parent.bp.level > 0 && trees.has(parent.path);
      if (sameTree && everywhere !== 'no') fill(above, old.slice(), parent.bp.littleEndian, everywhere);
      pending.set(parent, above);
    }
    return this.#sources.map((source) =>
      overlay(source, this.#legs.includes(source) ? patches : [], {
        rootbp,
        txg: this.uberblock.txg,
        littleEndian: this.uberblock.littleEndian,
        slotSize: this.#slotSize,
      }),
    );
  }

  #allocator(): (size: number) => number {
    const free = this.#free.map((range) => ({ ...range }));
    return (size) => {
      const range = free.find(({ start, end }) => end - start >= size);
      if (range === undefined) throw new NoRoomError(`no room for ${size} bytes`);
      range.end -= size;
      return range.end;
    };
  }
}

function fill(content: Uint8Array, pointer: Uint8Array, littleEndian: boolean, how: 'same' | 'varied'): void {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  for (let at = 0; at + Blkptr.SIZE <= content.length; at += Blkptr.SIZE) {
    content.set(pointer, at);
    if (how === 'same') continue;
    view.setBigUint64(at + 16, 1n, littleEndian);
    view.setBigUint64(at + 24, BigInt(at), littleEndian);
  }
}

/** `old` made to lead to `bytes` at byte `at` of the first top-level vdev. */
function pointerTo(old: Uint8Array, littleEndian: boolean, was: Blkptr, at: number, bytes: Uint8Array): Uint8Array {
  const pointer = old.slice();
  const view = new DataView(pointer.buffer);
  const order = was.littleEndian ? 1n : 0n;
  const sectors = BigInt(bytes.length / 512);
  const put = (word: number, value: bigint): void => view.setBigUint64(word * 8, value, littleEndian);
  const birth = view.getBigUint64(80, littleEndian);
  const fill = was.embedded ? 1n : view.getBigUint64(88, littleEndian);
  put(0, sectors);
  put(1, BigInt(at / 512));
  for (let word = 2; word < 6; word++) put(word, 0n);
  const sizes = (sectors - 1n) | ((sectors - 1n) << 16n);
  const kinds = (UNCOMPRESSED << 32n) | (FLETCHER4 << 40n) | (BigInt(was.type) << 48n) | (BigInt(was.level) << 56n);
  put(6, sizes | kinds | (order << 63n));
  for (let word = 7; word < 10; word++) put(word, 0n);
  put(10, birth);
  put(11, fill);
  for (const [i, word] of fletcher4(bytes, was.littleEndian).entries()) put(12 + i, word);
  return pointer;
}

interface NewRoot {
  readonly rootbp: Uint8Array;
  readonly txg: bigint;
  readonly littleEndian: boolean;
  readonly slotSize: number;
}

function overlay(source: ByteSource, patches: readonly Patch[], root: NewRoot): ToldSource {
  const rings = [0, 1, 2, 3].map((label) => ({ offset: ringOf(source, label), length: RING.size }));
  return {
    name: source.name,
    size: source.size,
    changed: [...patches.map(({ at, bytes }) => ({ offset: at + LABEL_START, length: bytes.length })), ...rings],
    async read(offset, length, signal) {
      const bytes = new Uint8Array(await source.read(offset, length, signal));
      for (const { at, bytes: fresh } of patches) {
        const start = at + LABEL_START;
        const from = Math.max(offset, start);
        const to = Math.min(offset + length, start + fresh.length);
        if (from < to) bytes.set(fresh.subarray(from - start, to - start), from - offset);
      }
      for (const label of [0, 1, 2, 3]) await retellRing(source, label, root, bytes, offset);
      return bytes;
    },
  };
}

function ringOf({ size }: ByteSource, label: number): number {
  // ZFS aligns the end of a device to the size of a label.
  const end = Math.floor(size / LABEL) * LABEL;
  return (label < 2 ? label * LABEL : end - (4 - label) * LABEL) + RING.offset;
}

/** Gives the slots of that txg which lie in the bytes read the new root. */
async function retellRing(
  source: ByteSource,
  label: number,
  { rootbp, txg, littleEndian, slotSize }: NewRoot,
  bytes: Uint8Array,
  offset: number,
): Promise<void> {
  const ring = ringOf(source, label);
  if (offset >= ring + RING.size || offset + bytes.length <= ring) return;
  for (let at = ring; at < ring + RING.size; at += slotSize) {
    const from = Math.max(offset, at);
    const to = Math.min(offset + bytes.length, at + slotSize);
    if (from >= to) continue;
    const slot = new Uint8Array(await source.read(at, slotSize));
    const view = new DataView(slot.buffer, slot.byteOffset, slot.length);
    if (view.getBigUint64(0, littleEndian) !== 0xbab10cn || view.getBigUint64(TXG_AT, littleEndian) !== txg) continue;
    slot.set(rootbp, ROOTBP_AT);
    seal(slot, at, littleEndian);
    bytes.set(slot.subarray(from - at, to - at), from - offset);
  }
}

function legsOf(top: VdevNode, sources: readonly ByteSource[]): ByteSource[] {
  const leaves = top.children.length === 0 ? [top] : top.children;
  const names = new Set(leaves.map(({ device }) => device?.source.name));
  return sources.filter(({ name }) => names.has(name));
}

/** Gaps of the first top-level vdev between the blocks of this txg, up to byte `limit`, largest first. */
async function freeRanges(view: PoolAt, limit: number): Promise<{ start: number; end: number }[]> {
  const used: { start: number; end: number }[] = [];
  for await (const { bp } of listBlocks(view, { onTrouble: () => {} })) {
    for (const { vdev, offset, asize } of bp.dvas) {
      const start = Number(offset) * 512;
      if (vdev === 0) used.push({ start, end: start + asize });
    }
  }
  used.sort((a, b) => a.start - b.start);
  used.push({ start: limit, end: Number.MAX_SAFE_INTEGER });
  const free: { start: number; end: number }[] = [];
  let at = 0;
  for (const { start, end } of used) {
    // Aligned to the largest sector there is.
    const from = Math.ceil(at / 65536) * 65536;
    const to = Math.floor(Math.min(start, limit) / 65536) * 65536;
    if (to - from >= ROOM / 4) free.push({ start: from, end: to });
    at = Math.max(at, end);
  }
  return free.sort((a, b) => b.end - b.start - (a.end - a.start));
}

/** Every metadata block that reads, each before those below it. */
async function* treeOf(view: PoolAt): AsyncGenerator<TreeBlock> {
  const { bp } = view.mos.objset;
  const open: Omit<TreeBlock, 'content'>[] = [{ bp, parent: null, at: ROOTBP_AT, path: 'MOS', blockId: 0, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.bp.level === 0 && CONTENT_TYPES.has(next.bp.type)) continue;
    let content: Uint8Array;
    try {
      const read = await view.readBlock(next.bp);
      if (read.encrypted) continue;
      content = read.bytes;
    } catch (error) {
      if (error instanceof ZfsUberError) continue;
      throw error;
    }
    const block = { ...next, content };
    yield block;
    for (const pointer of pointersIn(block)) {
      if (!pointer.bp.hole) open.push({ ...pointer, parent: block, depth: block.depth + 1 });
    }
  }
}

type Pointer = Pick<TreeBlock, 'at' | 'path' | 'bp' | 'blockId'>;

function* pointersIn(block: TreeBlock): Generator<Pointer> {
  const { bp, content, path, blockId } = block;
  if (bp.level > 0) {
    const count = Math.floor(content.length / Blkptr.SIZE);
    for (let i = 0; i < count; i++) yield pointerAt(block, i * Blkptr.SIZE, path, blockId * count + i);
  } else if (bp.type === OBJECT_TYPE.objset) {
    yield* dnodePointers(block, 0, `${path} > dnodes`);
    for (const at of Object.values(OBJSET_ACCOUNTING)) yield* dnodePointers(block, at, `${path} > accounting at ${at}`);
  } else if (bp.type === OBJECT_TYPE.dnode) {
    const slots = content.length / DNODE_SLOT;
    for (let slot = 0; slot < slots; ) {
      const at = slot * DNODE_SLOT;
      const above = path.replace(/ > dnodes$/, '');
      if (content[at] !== 0) yield* dnodePointers(block, at, `${above} > object ${blockId * slots + slot}`);
      slot += (content[at + DNODE.fields.extraSlots.offset] ?? 0) + 1;
    }
  }
}

function* dnodePointers(block: TreeBlock, at: number, path: string): Generator<Pointer> {
  const { content, bp } = block;
  const byte = (offset: number): number => content[at + offset] ?? 0;
  const size = (byte(DNODE.fields.extraSlots.offset) + 1) * DNODE_SLOT;
  if (at + size > content.length) return;
  const count = Math.min(byte(DNODE.fields.blockPointers.offset), 3);
  for (let i = 0; i < count; i++) yield pointerAt(block, at + DNODE_CORE_SIZE + i * Blkptr.SIZE, path, i);
  if ((byte(DNODE.fields.flags.offset) & DNODE_FLAG.spill) !== 0) {
    yield pointerAt(block, at + size - Blkptr.SIZE, `${path} > spill`, 0);
  }
  if (bp.type === OBJECT_TYPE.dnode && byte(DNODE.fields.bonusType.offset) === OBJECT_TYPE.dslDataset) {
    const bonus = at + DNODE_CORE_SIZE + count * Blkptr.SIZE;
    if (bonus + DSL_DATASET.size > at + size) return;
    yield pointerAt(block, bonus + DSL_DATASET.fields.bp.offset, `${path} > dataset`, 0);
  }
}

function pointerAt({ content, bp }: TreeBlock, at: number, path: string, blockId: number): Pointer {
  const place = { ...bp.place, path: [path] };
  return { at, path, blockId, bp: new Blkptr(content.subarray(at, at + Blkptr.SIZE), bp.littleEndian, place) };
}
