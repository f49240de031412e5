import { FormatError, ZfsUberError } from '../bytes/errors.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { DNODE_SLOT } from '../format/dnode.layout.ts';
import type { Dnode } from '../format/dnode.ts';
import { OBJECT_TYPE, objectTypeName } from '../format/objectTypes.ts';
import { decodeObjset, type ObjsetPhys } from '../format/objset.ts';
import { type Block, readBlock, type WalkOptions } from './block.ts';
import type { BlockCache } from './blockCache.ts';
import { DnodeBlock, dnodeAt, objectOf } from './dnodeBlock.ts';
import { keepLast } from './keepLast.ts';
import { DmuObject, type ObjectBlock } from './object.ts';

/**
 * Blocks of dnodes kept for the next object, which are asked for by the hundred: 1 MiB. Longer ones than OpenZFS makes are
 * read again.
 *
 * Source: include/sys/dnode.h, DNODE_BLOCK_SHIFT
 */
const DNODE_BLOCKS = 64;
const LONGEST = 16 * 1024;

/**
 * The blocks of dnodes that were made last, by set and block id: most objects are the same at another txg. One that is holds
 * the block in which it was found first: at most as many as a block has slots, 32, and 512 KiB.
 */
const former = new WeakMap<BlockCache, Map<string, DnodeBlock>>();

function formerBlocks(cache: BlockCache): Map<string, DnodeBlock> {
  const blocks = former.get(cache) ?? new Map<string, DnodeBlock>();
  former.set(cache, blocks);
  return blocks;
}

/** One object set: the MOS, a filesystem, a volume, or a snapshot of one. */
export class Objset {
  /** `MOS`, or the dataset's name. */
  readonly name: string;
  readonly bp: Blkptr;
  readonly phys: ObjsetPhys;
  /** The object that holds the dnodes. */
  readonly metaObject: DmuObject;
  readonly #reader: BlockCache;
  /** By block id, the one that was read first goes first; null for a hole. */
  readonly #dnodeBlocks = new Map<bigint, DnodeBlock | null>();
  /** Dnodes of one block; null until the dnode that says so was checked. */
  #perBlock: bigint | null = null;

  private constructor(reader: BlockCache, bp: Blkptr, phys: ObjsetPhys, name: string) {
    this.#reader = reader;
    this.bp = bp;
    this.phys = phys;
    this.name = name;
    this.metaObject = new DmuObject(reader, 0n, phys.metaDnode, [name, 'dnodes']);
  }

  /**
   * Reads an object set.
   *
   * @param name for errors
   * @throws FormatError when the block is no object set; what BlockReader.read throws
   */
  static async open(reader: BlockCache, bp: Blkptr, name: string, signal?: AbortSignal): Promise<Objset> {
    if (bp.hole || bp.type !== OBJECT_TYPE.objset) {
      const found = bp.hole ? 'a hole' : objectTypeName(bp.type);
      throw new FormatError('format-value', `object set ${name}`, 'a pointer to an object set', found, bp.place);
    }
    const block = await readBlock(reader, bp, [name], 0, null, signal);
    return new Objset(reader, bp, decodeObjset(block.bytes, block.littleEndian, block.place), name);
  }

  /**
   * Object `id`.
   *
   * @throws FormatError `format-value` when no such object is allocated; what `find` throws
   */
  object(id: bigint, signal?: AbortSignal): Promise<DmuObject> | DmuObject {
    const object = this.find(id, signal);
    return object instanceof Promise ? object.then((found) => this.#allocated(id, found)) : this.#allocated(id, object);
  }

  #allocated(id: bigint, object: DmuObject | null): DmuObject {
    if (object !== null) return object;
    const place = this.metaObject.place;
    throw new FormatError('format-value', `${this.name} object ${id}`, 'an allocated dnode', 'none', place);
  }

  /**
   * As `find`, of an object whose block of dnodes is at hand.
   *
   * @returns undefined where it is not
   * @throws FormatError when the dnode block is nonsense
   */
  peek(id: bigint): DmuObject | null | undefined {
    if (this.#perBlock === null || id <= 0n) return undefined;
    const block = this.#dnodeBlocks.get(id / this.#perBlock);
    return block === undefined ? undefined : (block?.at(Number(id % this.#perBlock)) ?? null);
  }

  /**
   * Object `id`, or null when none is allocated under that number: a free slot, a hole, the inside of a larger dnode.
   *
   * @throws FormatError when the dnode block is nonsense; what BlockReader.read throws
   */
  find(id: bigint, signal?: AbortSignal): Promise<DmuObject | null> | DmuObject | null {
    if (id <= 0n) return null;
    this.#perBlock ??= BigInt(this.metaObject.dnode.check().dataBlockSize / DNODE_SLOT);
    const blockId = id / this.#perBlock;
    const slot = Number(id % this.#perBlock);
    const known = this.#dnodeBlocks.get(blockId);
    if (known !== undefined) return known?.at(slot) ?? null;
    const firstId = blockId * this.#perBlock;
    const block = this.metaObject.block(blockId, signal);
    return block instanceof Promise
      ? block.then((read) => this.#dnodes(blockId, firstId, read)?.at(slot) ?? null)
      : (this.#dnodes(blockId, firstId, block)?.at(slot) ?? null);
  }

  #dnodes(blockId: bigint, firstId: bigint, block: ObjectBlock | null): DnodeBlock | null {
    const dnodes =
      block === null ? null : this.#reader.decodeOnce('dnodes', block, () => this.#makeDnodes(block, blockId, firstId));
    if (block !== null && block.bytes.length > LONGEST) return dnodes;
    keepLast(this.#dnodeBlocks, blockId, dnodes, DNODE_BLOCKS);
    return dnodes;
  }

  #makeDnodes(block: Block, blockId: bigint, firstId: bigint): DnodeBlock {
    if (block.bytes.length > LONGEST) return new DnodeBlock(this.#reader, block, this.name, firstId);
    const others = formerBlocks(this.#reader);
    const key = `${this.name} ${blockId}`;
    const made = new DnodeBlock(this.#reader, block, this.name, firstId, others.get(key));
    keepLast(others, key, made, DNODE_BLOCKS);
    return made;
  }

  /**
   * All allocated objects by ascending number. Reads the dnode blocks that exist, a few ahead.
   *
   * @throws what `find` throws, unless `options.onTrouble` takes it
   */
  async *objects(options: WalkOptions = {}): AsyncGenerator<DmuObject> {
    const slots = this.metaObject.dnode.check().dataBlockSize / DNODE_SLOT;
    for await (const block of this.metaObject.blocks({}, options)) {
      const firstId = block.blockId * BigInt(slots);
      for (let slot = 0; slot < slots; ) {
        const id = firstId + BigInt(slot);
        let dnode: Dnode | null = null;
        try {
          dnode = dnodeAt(block, slot, this.name, id);
        } catch (error) {
          if (!(error instanceof ZfsUberError) || options.onTrouble === undefined) throw error;
          options.onTrouble(error);
        }
        if (dnode !== null && id !== 0n) yield objectOf(this.#reader, this.name, id, dnode);
        slot += dnode?.slots ?? 1;
      }
    }
  }

  /** The objects outside the numbering that account for space by user, group and project; those that exist. */
  accounting(): { readonly name: 'user used' | 'group used' | 'project used'; readonly object: DmuObject }[] {
    const { userUsed, groupUsed, projectUsed } = this.phys;
    const all = [
      { name: 'user used', id: -1n, dnode: userUsed },
      { name: 'group used', id: -2n, dnode: groupUsed },
      { name: 'project used', id: -3n, dnode: projectUsed },
    ] as const;
    return all.flatMap(({ name, id, dnode }) =>
      dnode === null ? [] : [{ name, object: new DmuObject(this.#reader, id, dnode, [this.name, name]) }],
    );
  }
}
