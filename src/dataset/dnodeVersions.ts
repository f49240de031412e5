import { ZfsUberError } from '../bytes/errors.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { BlkptrMap } from '../format/blkptrMap.ts';
import { DNODE_SLOT } from '../format/dnode.layout.ts';
import type { BlockCache } from './blockCache.ts';
import type { Objset } from './objset.ts';
import { sameDnodes } from './sameDnodes.ts';

/** Pointers that have a number, some 500 bytes each; one that lost it gets another. */
const NUMBERED = 2 ** 16;
/** Pairs of blocks of which is known what differs, a byte a slot; and the longest that are compared, as dnodes have them. */
const COMPARED = 4096;
const LONGEST = 128 * 1024;
/** Blocks of dnodes that differ between two sets; beyond them each object is looked at for itself. */
const MOST_DIFFERING = 1024;
const HOLE = 0;
/** Two numbers up to here make one. */
const MAX_NUMBER = 2 ** 26 - 1;

/** The blocks of dnodes of one object set, as far as their pointers were looked at. */
export interface NumberedBlocks {
  readonly objset: Objset;
  readonly perBlock: number;
  /** Numbers of the pointers by block id; NaN, which is like no number, where nobody can tell. */
  readonly numbers: Map<number, number>;
}

/**
 * Tells whether an object is the same at two txgs, without looking at it: where the pointer to its block of dnodes is
 * the same, all 128 bytes of it, and else by a comparison of the two blocks, made once for all objects in them.
 *
 * A dnode that is the same has the same content below it, for who reads through the same cache.
 */
export class DnodeVersions {
  readonly #cache: BlockCache;
  readonly #sets = new WeakMap<Objset, NumberedBlocks>();
  /** By both sets, what was asked of them. */
  readonly #differing = new WeakMap<NumberedBlocks, WeakMap<NumberedBlocks, Promise<readonly number[] | null>>>();
  readonly #numbers = new BlkptrMap<number>();
  readonly #pointers = new Map<number, Blkptr>();
  /** By the numbers of both, slots that are the same: 1. */
  readonly #compared = new Map<number, Uint8Array>();
  #last = HOLE;

  constructor(cache: BlockCache) {
    this.#cache = cache;
  }

  /** @throws FormatError when the dnode of the dnodes is nonsense */
  of(objset: Objset): NumberedBlocks {
    const known = this.#sets.get(objset);
    if (known !== undefined) return known;
    const perBlock = objset.metaObject.dnode.check().dataBlockSize / DNODE_SLOT;
    const blocks = { objset, perBlock, numbers: new Map<number, number>() };
    this.#sets.set(objset, blocks);
    return blocks;
  }

  /** The number of the pointer to a block, looked up where it is not known. */
  numberOf({ objset, numbers }: NumberedBlocks, block: number): Promise<number> | number {
    return numbers.get(block) ?? this.#find(objset, numbers, block);
  }

  #find({ metaObject }: Objset, numbers: NumberedBlocks['numbers'], block: number): Promise<number> | number {
    const note = (found: number): number => {
      numbers.set(block, found);
      return found;
    };
    const fail = (error: unknown): number => {
      if (error instanceof ZfsUberError) return note(Number.NaN);
      throw error;
    };
    if (!Number.isSafeInteger(block)) return note(Number.NaN);
    try {
      const bp = metaObject.blockPointer(BigInt(block));
      if (bp instanceof Promise) return bp.then((read) => note(this.#numberAt(read)), fail);
      return note(this.#numberAt(bp));
    } catch (error) {
      return fail(error);
    }
  }

  /** Ids of the blocks that two sets do not have in common; null where nobody can tell, and for too many of them. */
  differing(one: NumberedBlocks, other: NumberedBlocks): Promise<readonly number[] | null> {
    const known = this.#differing.get(one) ?? new WeakMap<NumberedBlocks, Promise<readonly number[] | null>>();
    this.#differing.set(one, known);
    const found = known.get(other) ?? differingBlocks(one, other);
    known.set(other, found);
    return found;
  }

  /** Whether `slot` is the same in two blocks; null where they have to be compared first. */
  isSame(one: number, other: number, slot: number): boolean | null {
    if (one === other) return true;
    const same = this.#compared.get(pairOf(one, other));
    return same === undefined ? null : same[slot] === 1;
  }

  /** Compares two blocks for `isSame`. */
  compare(one: number, other: number): Promise<void> | void {
    const key = pairOf(one, other);
    if (one === other || this.#compared.has(key)) return undefined;
    const same = this.#sameSlots(this.#pointers.get(one), this.#pointers.get(other));
    return same instanceof Promise ? same.then((found) => this.#note(key, found)) : this.#note(key, same);
  }

  #note(key: number, same: Uint8Array): void {
    this.#compared.set(key, same);
    for (const oldest of this.#compared.keys()) {
      if (this.#compared.size <= COMPARED) break;
      this.#compared.delete(oldest);
    }
  }

  #numberAt(bp: Blkptr | null): number {
    if (bp === null) return HOLE;
    const known = this.#numbers.get(bp);
    if (known !== undefined) return known;
    if (this.#last >= MAX_NUMBER) return Number.NaN;
    this.#last++;
    this.#numbers.set(bp, this.#last);
    this.#pointers.set(this.#last, bp.copy());
    for (const oldest of this.#pointers.keys()) {
      if (this.#pointers.size <= NUMBERED) break;
      this.#pointers.delete(oldest);
      this.#numbers.shift();
    }
    return this.#last;
  }

  /** None where one of them does not read: whoever asks for an object in it meets the error. */
  #sameSlots(one: Blkptr | undefined, other: Blkptr | undefined): Promise<Uint8Array> | Uint8Array {
    const none = new Uint8Array();
    if (one === undefined || other === undefined) return none;
    if (one.lsize > LONGEST || one.lsize !== other.lsize || one.littleEndian !== other.littleEndian) return none;
    const [a, b] = [this.#cache.peekRead(one), this.#cache.peekRead(other)];
    return a !== null && b !== null ? sameDnodes(a.bytes, b.bytes) : this.#readAndCompare(one, other);
  }

  async #readAndCompare(one: Blkptr, other: Blkptr): Promise<Uint8Array> {
    const none = new Uint8Array();
    try {
      const [a, b] = await Promise.all([this.#cache.read(one), this.#cache.read(other)]);
      return sameDnodes(a.bytes, b.bytes);
    } catch (error) {
      if (error instanceof ZfsUberError) return none;
      throw error;
    }
  }
}

async function differingBlocks(one: NumberedBlocks, other: NumberedBlocks): Promise<readonly number[] | null> {
  if (one === other) return [];
  try {
    return await one.objset.metaObject.differingBlocks(other.objset.metaObject, MOST_DIFFERING);
  } catch (error) {
    if (error instanceof ZfsUberError) return null;
    throw error;
  }
}

const pairOf = (one: number, other: number): number => one * (MAX_NUMBER + 1) + other;
