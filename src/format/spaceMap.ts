import type { BitField } from '../bytes/bits.ts';
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
    if (at + 16 > words.length) throw straddles(place, at);
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

/** Takes an entry: kind, and as {@link SpaceMapEntry} offset, run and vdev, which is -1 in an entry of one word. @returns false to end */
export type OnSpaceMapEntry = (kind: SpaceMapEntry['kind'], offset: number, run: number, vdev: number) => boolean;

/**
 * The same entries without a 64-bit number for each: a pool has millions of them. An offset beyond 2^53 loses its last
 * bits, which no device has.
 *
 * @returns false when `onEntry` ended it
 * @throws FormatError as `spaceMapEntries` does
 */
export function eachSpaceMapEntry(
  words: Uint8Array,
  littleEndian: boolean,
  place: Place,
  onEntry: OnSpaceMapEntry,
): boolean {
  const view = new DataView(words.buffer, words.byteOffset, words.length);
  const value = ({ number }: BitField, at: number): number => number(view, at, littleEndian);
  for (let at = 0; at + 8 <= words.length; at += 8) {
    const prefix = value(SPACE_MAP_PREFIX.bits, at);
    if (prefix === DEBUG) continue;
    if (prefix !== TWO_WORDS) {
      const { free, offset, run } = SPACE_MAP_ONE;
      if (!onEntry(value(free, at) === 0 ? 'alloc' : 'free', value(offset, at), value(run, at) + 1, -1)) return false;
      continue;
    }
    if (at + 16 > words.length) throw straddles(place, at);
    const { vdev, run } = SPACE_MAP_TWO_FIRST;
    const { free, offset } = SPACE_MAP_TWO_SECOND;
    const kind = value(free, at + 8) === 0 ? 'alloc' : 'free';
    if (!onEntry(kind, value(offset, at + 8), value(run, at) + 1, value(vdev, at))) return false;
    at += 8;
  }
  return true;
}

const DEBUG = Number(SPACE_MAP_PREFIX.debug);
const TWO_WORDS = Number(SPACE_MAP_PREFIX.twoWords);

const straddles = (place: Place, at: number): FormatError =>
  new FormatError(
    'format-bounds',
    'space map entry',
    'a second word',
    'the end of the block',
    inside(place, 'entry', at),
  );
