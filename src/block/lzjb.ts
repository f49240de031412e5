import { FormatError } from '../bytes/errors.ts';
import { inside, type Place } from '../bytes/place.ts';

/** The shortest match; shorter ones are stored as literals. */
const MATCH_MIN = 3;
/** Distances have ten bits. */
const DISTANCE_MASK = 0x3ff;

/**
 * Undoes lzjb: a byte of eight flags, least significant bit first, then eight items; a clear flag is one literal byte,
 * a set one is two bytes of match length and distance. There is no end mark: it stops when `lsize` bytes are there.
 *
 * A last match that would pass the end is cut, as ZFS cuts it. A distance of 0 is refused, where ZFS would copy bytes
 * of its buffer that nothing has written yet.
 *
 * @param output takes the result: `lsize` bytes
 * @throws FormatError `format-bounds` when the input ends first; `format-value` for a distance outside the output
 * Source: module/zfs/lzjb.c, zfs_lzjb_decompress_buf
 */
export function lzjb(
  bytes: Uint8Array,
  lsize: number,
  place: Place,
  output: Uint8Array = new Uint8Array(lsize),
): Uint8Array {
  const end = bytes.length;
  let from = 0;
  let to = 0;
  let flags = 0;
  /** The bit of the next item; above 0x80 a new byte of flags is due. */
  let bit = 0x100;
  while (to < lsize) {
    if (bit === 0x100) {
      if (from >= end) throw short(bytes, to, lsize, place);
      flags = bytes[from++] ?? 0;
      bit = 1;
    }
    if ((flags & bit) === 0) {
      if (from >= end) throw short(bytes, to, lsize, place);
      output[to++] = bytes[from++] ?? 0;
    } else {
      if (from + 2 > end) throw short(bytes, to, lsize, place);
      const pair = ((bytes[from] ?? 0) << 8) | (bytes[from + 1] ?? 0);
      const distance = pair & DISTANCE_MASK;
      if (distance === 0 || distance > to) {
        const at = inside(place, 'lzjb match', from);
        throw new FormatError('format-value', 'lzjb distance', `1 to ${to}`, `${distance}`, at);
      }
      from += 2;
      const stop = Math.min(to + (pair >> 10) + MATCH_MIN, lsize);
      // Byte by byte: a match may overlap what it writes, and then repeats it.
      for (let copy = to - distance; to < stop; ) output[to++] = output[copy++] ?? 0;
    }
    bit <<= 1;
  }
  return output;
}

const short = (bytes: Uint8Array, produced: number, lsize: number, place: Place): FormatError =>
  new FormatError(
    'format-bounds',
    'lzjb stream',
    `${lsize} bytes of output`,
    `${produced} when its ${bytes.length} bytes end`,
    inside(place, 'lzjb', bytes.length),
  );
