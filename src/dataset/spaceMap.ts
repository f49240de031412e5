import { FormatError } from '../bytes/errors.ts';
import {
  decodeSpaceMapHeader,
  type SpaceMapEntry,
  type SpaceMapHeader,
  type SpaceMapPosition,
  spaceMapEntries,
} from '../format/spaceMap.ts';
import type { WalkOptions } from './block.ts';
import { BONUS, decodeBonus } from './bonus.ts';
import type { DmuObject } from './object.ts';

/** A list of allocations and frees in the order in which they were synced. */
export class SpaceMap {
  readonly object: DmuObject;
  readonly header: SpaceMapHeader;

  /** @throws FormatError when the object is no space map, or its entries are longer than it */
  constructor(object: DmuObject) {
    this.object = object;
    this.header = decodeBonus(object, BONUS.spaceMap, decodeSpaceMapHeader);
    const room = object.dnode.check().length;
    if (this.header.length > room) {
      const found = `${this.header.length} bytes`;
      throw new FormatError('format-bounds', 'space map', `at most ${room} bytes`, found, object.place);
    }
  }

  /**
   * All entries in order. Streams.
   *
   * @throws FormatError for a block that is missing or broken off; what DmuObject.blocks throws
   * Source: module/zfs/space_map.c, space_map_iterate
   */
  async *entries(options: WalkOptions = {}): AsyncGenerator<SpaceMapEntry> {
    const size = BigInt(this.object.dnode.dataBlockSize);
    const { length } = this.header;
    const position: SpaceMapPosition = { txg: null };
    const blocks = (length + size - 1n) / size;
    let expected = 0n;
    for await (const block of this.object.blocks({ to: blocks }, options)) {
      if (block.blockId !== expected) this.#missing(expected, options);
      expected = block.blockId + 1n;
      const used = length - block.offset < size ? Number(length - block.offset) : block.bytes.length;
      yield* spaceMapEntries(block.bytes.subarray(0, used), block.littleEndian, position, block.place);
    }
    if (expected !== blocks) this.#missing(expected, options);
  }

  /** Zeros would be read as allocations, so a gap is damage and no space. Whoever takes troubles has heard of it. */
  #missing(blockId: bigint, options: WalkOptions): void {
    if (options.onTrouble !== undefined) return;
    throw new FormatError('format-value', 'space map', `block ${blockId}`, 'a hole', this.object.place);
  }
}
