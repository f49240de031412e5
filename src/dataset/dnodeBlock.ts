import { inside, type Place } from '../bytes/place.ts';
import { DNODE, DNODE_SLOT } from '../format/dnode.layout.ts';
import { Dnode } from '../format/dnode.ts';
import type { Block } from './block.ts';
import type { BlockCache } from './blockCache.ts';
import { DmuObject } from './object.ts';
import { sameDnodes } from './sameDnodes.ts';

const EXTRA_SLOTS = DNODE.fields.extraSlots.offset;

/** The objects of one block of dnodes, each made when it is first asked for. */
export class DnodeBlock {
  readonly #reader: BlockCache;
  readonly #block: Block;
  readonly #name: string;
  readonly #firstId: bigint;
  /** By slot. */
  readonly #objects: (DmuObject | null | undefined)[] = [];

  /**
   * @param name of the object set, for errors
   * @param firstId number of the object in the first slot
   * @param former the same block at another txg: an object of which the dnode is the same is the same object, and what
   *   was made of it at one txg is found at the other
   */
  constructor(
    reader: BlockCache,
    { bytes, littleEndian, place }: Block,
    name: string,
    firstId: bigint,
    former: DnodeBlock | null = null,
  ) {
    this.#reader = reader;
    // Not what else a block of an object has: its pointer keeps all of the indirect block that it stands in.
    this.#block = { bytes, littleEndian, place };
    this.#name = name;
    this.#firstId = firstId;
    if (former !== null) this.#takeSame(former);
  }

  #takeSame(former: DnodeBlock): void {
    if (former.#reader !== this.#reader || former.#block.littleEndian !== this.#block.littleEndian) return;
    const same = sameDnodes(former.#block.bytes, this.#block.bytes);
    for (const [slot, object] of former.#objects.entries()) if (same[slot] === 1) this.#objects[slot] = object;
  }

  /**
   * The object whose dnode begins in `slot`; null when none does: a free slot, the inside of a larger dnode.
   *
   * @throws FormatError when it, or one before it, is longer than the block
   */
  at(slot: number): DmuObject | null {
    const known = this.#objects[slot];
    if (known !== undefined) return known;
    const found = this.#find(slot);
    this.#objects[slot] = found;
    return found;
  }

  /** A slot may be the inside of a large dnode, which only those before it tell. */
  #find(wanted: number): DmuObject | null {
    const { bytes } = this.#block;
    for (let slot = 0; slot < wanted; ) {
      const at = slot * DNODE_SLOT;
      if (bytes[at] !== 0) slot += bytes[at + EXTRA_SLOTS] ?? 0;
      slot++;
      if (slot > wanted) {
        // One that passes the end of the block throws.
        dnodeAt(this.#block, at / DNODE_SLOT, this.#name, this.#firstId + BigInt(at / DNODE_SLOT));
        return null;
      }
    }
    const id = this.#firstId + BigInt(wanted);
    const dnode = dnodeAt(this.#block, wanted, this.#name, id);
    return dnode === null ? null : objectOf(this.#reader, this.#name, id, dnode);
  }
}

export const objectOf = (reader: BlockCache, name: string, id: bigint, dnode: Dnode): DmuObject =>
  new DmuObject(reader, id, dnode, [name, `object ${id}`]);

/**
 * The dnode in `slot`, null when the slot is free.
 *
 * @throws FormatError when it is longer than the block
 */
export function dnodeAt(block: Block, slot: number, name: string, id: bigint): Dnode | null {
  const at = slot * DNODE_SLOT;
  if (block.bytes[at] === 0) return null;
  const place: Place = { ...inside(block.place, '', at), path: [name, `object ${id}`] };
  return new Dnode(block.bytes.subarray(at), block.littleEndian, place);
}
