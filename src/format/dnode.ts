import { FormatError } from '../bytes/errors.ts';
import { inside, type Place } from '../bytes/place.ts';
import { SECTOR } from '../bytes/units.ts';
import { Blkptr } from './blkptr.ts';
import {
  DNODE,
  DNODE_CORE_SIZE,
  DNODE_FLAG,
  DNODE_MAX_BLOCK_POINTERS,
  DNODE_MAX_LEVELS,
  DNODE_SLOT,
  INDIRECT_SHIFT,
} from './dnode.layout.ts';

const AT = DNODE.fields;

/**
 * A thin view of one dnode: nothing is decoded until it is asked for, because a dnode block holds 32 and a walk looks
 * at the type of most.
 *
 * Says nothing about whether the values are sane; `check` does.
 * Source: include/sys/dnode.h, dnode_phys_t
 */
export class Dnode {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  /** Of the dnode's first byte. */
  readonly place: Place;

  /**
   * @param bytes from the dnode's first byte on, not copied; what follows the dnode is not looked at
   * @param littleEndian byte order of the block that holds the dnode
   * @throws FormatError `format-bounds` when the dnode, with the slots that it says it takes, is longer than `bytes`
   */
  constructor(bytes: Uint8Array, littleEndian: boolean, place: Place) {
    const size = bytes.length < DNODE_SLOT ? DNODE_SLOT : ((bytes[AT.extraSlots.offset] ?? 0) + 1) * DNODE_SLOT;
    if (bytes.length < size) {
      throw new FormatError('format-bounds', DNODE.name, `${size} bytes`, `${bytes.length} bytes`, place);
    }
    this.#bytes = bytes.subarray(0, size);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, size);
    this.#littleEndian = littleEndian;
    this.place = place;
  }

  /** The dnode's bytes as they stand on disk; a view. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Byte order of the dnode, its block pointers and, where it is made of words, its bonus. */
  get littleEndian(): boolean {
    return this.#littleEndian;
  }

  /** Bytes, with the slots that follow: 512 to 16384. */
  get size(): number {
    return this.#bytes.length;
  }

  /** 512-byte slots that the dnode takes: object numbers that are not free for others. */
  get slots(): number {
    return this.size / DNODE_SLOT;
  }

  /** Object type (see objectTypeName); 0 when the slot is free. */
  get type(): number {
    return this.#view.getUint8(AT.type.offset);
  }

  /** log2 of the bytes of an indirect block. */
  get indirectShift(): number {
    return this.#view.getUint8(AT.indirectShift.offset);
  }

  /** Levels of the tree: 1 when the dnode's own pointers lead to content. */
  get levels(): number {
    return this.#view.getUint8(AT.levels.offset);
  }

  /** Number of block pointers in the dnode. */
  get blockPointerCount(): number {
    return this.#view.getUint8(AT.blockPointers.offset);
  }

  /** Object type of the bonus. */
  get bonusType(): number {
    return this.#view.getUint8(AT.bonusType.offset);
  }

  /** Number of the checksum algorithm for new blocks: see checksumKind. */
  get checksum(): number {
    return this.#view.getUint8(AT.checksum.offset);
  }

  /** Number of the compression algorithm for new blocks: see compressionKind. */
  get compression(): number {
    return this.#view.getUint8(AT.compression.offset);
  }

  get flags(): number {
    return this.#view.getUint8(AT.flags.offset);
  }

  /** Bytes of a content block. */
  get dataBlockSize(): number {
    return this.#view.getUint16(AT.dataBlockSectors.offset, this.#littleEndian) * SECTOR;
  }

  get bonusLength(): number {
    return this.#view.getUint16(AT.bonusLength.offset, this.#littleEndian);
  }

  /** Id of the last content block. A claim: holes may make up all below it. */
  get maxBlockId(): bigint {
    return this.#view.getBigUint64(AT.maxBlockId.offset, this.#littleEndian);
  }

  /** Allocated bytes of all blocks of the object, copies and parity included. Source: same file, DN_USED_BYTES. */
  get usedBytes(): bigint {
    const used = this.#view.getBigUint64(AT.used.offset, this.#littleEndian);
    return (this.flags & DNODE_FLAG.usedBytes) !== 0 ? used : used * BigInt(SECTOR);
  }

  /** Length of the object as its block count gives it, in bytes. */
  get length(): bigint {
    return (this.maxBlockId + 1n) * BigInt(this.dataBlockSize);
  }

  /** Block pointers in one indirect block. */
  get pointersPerIndirect(): number {
    return 2 ** (this.indirectShift - 7);
  }

  /** Blocks of content below one block of the level: 1 at level 0, which is that block. */
  blocksBelow(level: number): bigint {
    return 1n << (BigInt(Math.max(0, this.indirectShift - 7)) * BigInt(level));
  }

  /** Whether a spill pointer stands in the dnode's last 128 bytes. */
  get hasSpill(): boolean {
    return (this.flags & DNODE_FLAG.spill) !== 0;
  }

  /**
   * Block pointer `index` of the dnode itself: the top of its tree.
   *
   * @throws FormatError `format-bounds` when the dnode has no such pointer
   */
  blockPointer(index: number): Blkptr {
    const at = DNODE_CORE_SIZE + index * Blkptr.SIZE;
    if (!(index >= 0 && index < this.blockPointerCount) || at + Blkptr.SIZE > this.size) {
      const found = `pointer ${index} of ${this.blockPointerCount} in ${this.size} bytes`;
      throw new FormatError('format-bounds', 'dnode block pointer', 'one inside the dnode', found, this.place);
    }
    return this.#pointer(at, `blkptr ${index}`);
  }

  /**
   * Pointer to the block that holds what did not fit into the bonus; null without one.
   *
   * Source: include/sys/dnode.h, DN_SPILL_BLKPTR
   */
  get spill(): Blkptr | null {
    return this.hasSpill ? this.#pointer(this.size - Blkptr.SIZE, 'spill') : null;
  }

  /**
   * The bonus, a view of `bonusLength` bytes.
   *
   * @throws FormatError `format-bounds` when it passes the end of the dnode or reaches into the spill pointer
   */
  get bonus(): Uint8Array {
    const at = DNODE_CORE_SIZE + this.blockPointerCount * Blkptr.SIZE;
    const limit = this.size - (this.hasSpill ? Blkptr.SIZE : 0);
    if (at + this.bonusLength > limit) {
      const found = `${at}+${this.bonusLength}`;
      throw new FormatError('format-bounds', 'dnode bonus', `an end at or below ${limit}`, found, this.place);
    }
    return this.#bytes.subarray(at, at + this.bonusLength);
  }

  /** Place of the bonus' first byte. */
  get bonusPlace(): Place {
    return inside(this.place, 'bonus', DNODE_CORE_SIZE + this.blockPointerCount * Blkptr.SIZE);
  }

  /**
   * Makes sure that the tree below can be walked: the numbers that addresses are computed from are in the range that
   * any version writes.
   *
   * @returns this
   * @throws FormatError `format-value` names the first field that is not
   * Source: module/zfs/dnode.c, dnode_verify
   */
  check(): this {
    const { levels, indirectShift, blockPointerCount, dataBlockSize } = this;
    if (levels < 1 || levels > DNODE_MAX_LEVELS) throw this.#not('levels', `1 to ${DNODE_MAX_LEVELS}`, levels);
    if (blockPointerCount < 1 || blockPointerCount > DNODE_MAX_BLOCK_POINTERS) {
      throw this.#not('block pointers', `1 to ${DNODE_MAX_BLOCK_POINTERS}`, blockPointerCount);
    }
    const { min, max } = INDIRECT_SHIFT;
    // An object that never had more than its dnode's own pointers may carry any shift.
    const shiftIsUsed = levels > 1;
    if (shiftIsUsed && (indirectShift < min || indirectShift > max)) {
      throw this.#not('indirect block shift', `${min} to ${max}`, indirectShift);
    }
    if (dataBlockSize === 0) throw this.#not('data block size', 'at least a sector', dataBlockSize);
    return this;
  }

  #not(what: string, expected: string, found: number): FormatError {
    return new FormatError('format-value', `dnode ${what}`, expected, String(found), this.place);
  }

  #pointer(at: number, step: string): Blkptr {
    return new Blkptr(this.#bytes.subarray(at, at + Blkptr.SIZE), this.#littleEndian, inside(this.place, step, at));
  }
}
