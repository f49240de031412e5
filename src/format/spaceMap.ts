import { FormatError } from '../bytes/errors.ts';
import { inside, type Place } from '../bytes/place.ts';
import { read } from '../bytes/struct.ts';
import { asTxg, type Txg } from '../bytes/units.ts';
import {
  SPACE_MAP,
  SPACE_MAP_DEBUG,
  SPACE_MAP_HISTOGRAM,
  SPACE_MAP_ONE,
  SPACE_MAP_PREFIX,
  SPACE_MAP_TWO_FIRST,
  SPACE_MAP_TWO_SECOND,
} from './spaceMap.layout.ts';

export interface SpaceMapHeader {
  /** Bytes of entries in the object. */
  readonly length: bigint;
  /** Bytes allocated when all entries are replayed; of a map with another meaning it may be negative. */
  readonly allocated: bigint;
  /** Free regions by size, 32 buckets; null where the header is from before the feature. */
  readonly histogram: readonly bigint[] | null;
}

/** One allocation or free. */
export interface SpaceMapEntry {
  readonly kind: 'alloc' | 'free';
  /** In units of the map: 1 << ashift bytes from the start of the metaslab; 512 bytes in the vdev in a log space map. */
  readonly offset: bigint;
  readonly run: bigint;
  /** Top-level vdev; of use in a log space map, null in an entry of one word. */
  readonly vdev: number | null;
  /** From the debug entry before it; null when there was none. */
  readonly txg: Txg | null;
}

/** What the entries after a debug entry belong to; carried from one block to the next. */
export interface SpaceMapPosition {
  txg: Txg | null;
}

/**
 * Decodes the bonus of a space map.
 *
 * @throws FormatError `format-bounds` below 24 bytes
 * Source: module/zfs/space_map.c, space_map_open_impl
 */
export function decodeSpaceMapHeader(bonus: Uint8Array, littleEndian: boolean, place: Place): SpaceMapHeader {
  const { length, allocated } = read(SPACE_MAP, bonus, littleEndian, place);
  const histogram =
    bonus.length < SPACE_MAP_HISTOGRAM.size ? null : read(SPACE_MAP_HISTOGRAM, bonus, littleEndian, place).histogram;
  return { length, allocated: BigInt.asIntN(64, allocated), histogram };
}

/**
 * The entries of one block of a space map, in order; padding is left out.
 *
 * @param words whole 64-bit words; a remainder is not looked at
 * @param position is brought up to date with each debug entry
 * @throws FormatError `format-bounds` when an entry of two words straddles the end, which none ever does
 * Source: module/zfs/space_map.c, space_map_iterate
 */
export function* spaceMapEntries(
  words: Uint8Array,
  littleEndian: boolean,
  position: SpaceMapPosition,
  place: Place,
): Generator<SpaceMapEntry> {
  const view = new DataView(words.buffer, words.byteOffset, words.length);
  for (let at = 0; at + 8 <= words.length; at += 8) {
    const word = view.getBigUint64(at, littleEndian);
    const prefix = SPACE_MAP_PREFIX.bits(word);
    if (prefix === SPACE_MAP_PREFIX.debug) {
      const txg = SPACE_MAP_DEBUG.txg(word);
      if (txg !== 0n) position.txg = asTxg(txg);
      continue;
    }
    if (prefix !== SPACE_MAP_PREFIX.twoWords) {
      yield {
        kind: SPACE_MAP_ONE.free(word) === 1n ? 'free' : 'alloc',
        offset: SPACE_MAP_ONE.offset(word),
        run: SPACE_MAP_ONE.run(word) + 1n,
        vdev: null,
        txg: position.txg,
      };
      continue;
    }
    if (at + 16 > words.length) {
      const here = inside(place, 'entry', at);
      throw new FormatError('format-bounds', 'space map entry', 'a second word', 'the end of the block', here);
    }
    const second = view.getBigUint64(at + 8, littleEndian);
    at += 8;
    yield {
      kind: SPACE_MAP_TWO_SECOND.free(second) === 1n ? 'free' : 'alloc',
      offset: SPACE_MAP_TWO_SECOND.offset(second),
      run: SPACE_MAP_TWO_FIRST.run(word) + 1n,
      vdev: Number(SPACE_MAP_TWO_FIRST.vdev(word)),
      txg: position.txg,
    };
  }
}
