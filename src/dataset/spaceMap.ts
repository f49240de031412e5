import { FormatError } from '../bytes/errors.ts';
import {
  decodeSpaceMapHeader,
  eachSpaceMapEntry,
  type OnSpaceMapEntry,
  type SpaceMapEntry,
  type SpaceMapHeader,
  type SpaceMapPosition,
  spaceMapEntries,
} from '../format/spaceMap.ts';
import type { WalkOptions } from './block.ts';
import { BONUS, decodeBonus } from './bonus.ts';
import type { DmuObject, ObjectBlock } from './object.ts';

/** Entries of one block, for `eachSpaceMapEntry`. */
export interface SpaceMapWords extends Pick<ObjectBlock, 'littleEndian' | 'place'> {
  readonly words: Uint8Array;
}

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
    const position: SpaceMapPosition = { txg: null };
    for await (const { words, littleEndian, place } of this.#words(options)) {
      yield* spaceMapEntries(words, littleEndian, position, place);
    }
  }

  /** All blocks of entries, for who goes through them at one go. @throws as `entries` */
  words(options: WalkOptions = {}): Promise<readonly SpaceMapWords[]> | readonly SpaceMapWords[] {
    return this.#wordsAtHand() ?? this.#readWords(options);
  }

  async #readWords(options: WalkOptions): Promise<readonly SpaceMapWords[]> {
    const all: SpaceMapWords[] = [];
    for await (const block of this.#words(options)) all.push(block);
    return all;
  }

  /**
   * The same without an object an entry, until `onEntry` gives false.
   *
   * @throws as `entries`
   */
  async each(onEntry: OnSpaceMapEntry, options: WalkOptions = {}): Promise<void> {
    for await (const { words, littleEndian, place } of this.#wordsAtHand() ?? this.#words(options)) {
      if (!eachSpaceMapEntry(words, littleEndian, place, onEntry)) return;
    }
  }

  async *#words(options: WalkOptions): AsyncGenerator<SpaceMapWords> {
    const blocks = this.#blocks;
    let expected = 0n;
    for await (const block of this.object.wordBlocks({ to: blocks }, options)) {
      if (block.blockId !== expected) this.#missing(expected, options);
      expected = block.blockId + 1n;
      yield this.#wordsOf(block);
    }
    if (expected !== blocks) this.#missing(expected, options);
  }

  /** Null where a block has to be read, or there is none: who reads tells. */
  #wordsAtHand(): readonly SpaceMapWords[] | null {
    const ready = this.object.wordBlocksAtHand({ to: this.#blocks });
    return ready === null || BigInt(ready.length) !== this.#blocks ? null : ready.map((each) => this.#wordsOf(each));
  }

  #wordsOf({ bytes, offset, littleEndian, place }: ObjectBlock): SpaceMapWords {
    const left = this.header.length - offset;
    const size = this.object.dnode.dataBlockSize;
    return { words: upTo(left < BigInt(size) ? Number(left) : size, bytes), littleEndian, place };
  }

  /** That have entries. */
  get #blocks(): bigint {
    const size = BigInt(this.object.dnode.dataBlockSize);
    return (this.header.length + size - 1n) / size;
  }

  /** Zeros would be read as allocations, so a gap is damage and no space. Whoever takes troubles has heard of it. */
  #missing(blockId: bigint, options: WalkOptions): void {
    if (options.onTrouble !== undefined) return;
    throw new FormatError('format-value', 'space map', `block ${blockId}`, 'a hole', this.object.place);
  }
}

function upTo(length: number, bytes: Uint8Array): Uint8Array {
  if (bytes.length >= length) return bytes.subarray(0, length);
  const padded = new Uint8Array(length);
  padded.set(bytes);
  return padded;
}
