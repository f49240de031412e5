import { FormatError } from '../bytes/errors.ts';
import { inside, type Place } from '../bytes/place.ts';

/** Bytes before the block: its length, big-endian on every host. */
const HEADER = 4;
/** The shortest match; the length field counts from here. */
const MATCH_MIN = 4;
/** The last bytes of the output are literals; ZFS's decoder refuses a block in which a match reaches them. */
const LAST_LITERALS = 5;
/** A length field of this value goes on in the bytes that follow. */
const LENGTH_GOES_ON = 15;
/** Below this a loop is faster than a call of `copyWithin` or `set`. */
const LONG_COPY = 32;

/**
 * Undoes lz4 as ZFS stores it: a 4-byte big-endian length, then that many bytes of one LZ4 block without a frame.
 *
 * Our own decoder: the package lz4js checks neither ends nor distances (docs/codecs.md).
 *
 * @param into takes the result: `lsize` bytes
 * @throws FormatError `format-bounds` when the stored length, a literal or a match passes an end, or the block gives
 *   fewer than `lsize` bytes; `format-value` for a distance outside the output
 * Source: module/zfs/lz4_zfs.c, zfs_lz4_decompress_buf; module/zfs/lz4.c; LZ4 Block Format Description (lz4/lz4, doc/lz4_Block_format.md)
 */
export function lz4(
  bytes: Uint8Array,
  lsize: number,
  place: Place,
  into: Uint8Array = new Uint8Array(lsize),
): Uint8Array {
  if (bytes.length < HEADER) {
    throw new FormatError('format-bounds', 'lz4 length field', `${HEADER} bytes`, `${bytes.length}`, place);
  }
  const stored = new DataView(bytes.buffer, bytes.byteOffset, HEADER).getUint32(0);
  if (stored > bytes.length - HEADER) {
    const limit = `at most ${bytes.length - HEADER} bytes`;
    throw new FormatError('format-bounds', 'lz4 length field', limit, `${stored}`, inside(place, 'lz4'));
  }
  decodeBlock(bytes.subarray(HEADER, HEADER + stored), into, inside(place, 'lz4', HEADER));
  return into;
}

/**
 * Fills `output` from the sequences of one LZ4 block: token, literals, distance, match; the last has literals only.
 * Every pass of the outer loop takes at least one input byte, so the work is bounded by input plus output.
 */
function decodeBlock(input: Uint8Array, output: Uint8Array, place: Place): void {
  const end = input.length;
  const limit = output.length;
  const bounds = (what: string, expected: string, found: string, at: number) =>
    new FormatError('format-bounds', what, expected, found, inside(place, 'sequence', at));
  let from = 0;
  let to = 0;
  for (;;) {
    if (from >= end) throw bounds('lz4 block', 'literals as its last sequence', 'its end after a match', from);
    const token = input[from++] ?? 0;

    let literals = token >> 4;
    if (literals === LENGTH_GOES_ON) {
      let more = 255;
      // Ends at the first byte below 255; stops early where the sum can fit in no output.
      while (more === 255 && literals <= limit) {
        if (from >= end) throw bounds('lz4 literal length', `an end within ${end} bytes`, 'none', from);
        more = input[from++] ?? 0;
        literals += more;
      }
    }
    if (literals > end - from) throw bounds('lz4 literals', `at most ${end - from} bytes`, `${literals}`, from);
    if (literals > limit - to) throw bounds('lz4 literals', `at most ${limit - to} bytes`, `${literals}`, from);
    if (literals < LONG_COPY) {
      for (const stop = to + literals; to < stop; ) output[to++] = input[from++] ?? 0;
    } else {
      output.set(input.subarray(from, from + literals), to);
      from += literals;
      to += literals;
    }
    if (from === end) break;

    if (from + 2 > end) throw bounds('lz4 distance', '2 bytes', `${end - from}`, from);
    const distance = (input[from] ?? 0) | ((input[from + 1] ?? 0) << 8);
    if (distance === 0 || distance > to) {
      const at = inside(place, 'sequence', from);
      throw new FormatError('format-value', 'lz4 distance', `1 to ${to}`, `${distance}`, at);
    }
    from += 2;

    let length = token & 15;
    if (length === LENGTH_GOES_ON) {
      let more = 255;
      while (more === 255 && length <= limit) {
        if (from >= end) throw bounds('lz4 match length', `an end within ${end} bytes`, 'none', from);
        more = input[from++] ?? 0;
        length += more;
      }
    }
    length += MATCH_MIN;
    if (length > limit - LAST_LITERALS - to) {
      throw bounds('lz4 match', `an end at or before ${limit - LAST_LITERALS}`, `${to + length}`, from);
    }
    const stop = to + length;
    if (length < LONG_COPY) {
      for (let copy = to - distance; to < stop; ) output[to++] = output[copy++] ?? 0;
    } else if (distance >= length) {
      output.copyWithin(to, to - distance, to - distance + length);
      to = stop;
    } else {
      // An overlapping match repeats what it writes: what is there already is copied, twice as much each time.
      const origin = to - distance;
      while (to < stop) {
        const count = Math.min(to - origin, stop - to);
        output.copyWithin(to, origin, origin + count);
        to += count;
      }
    }
  }
  if (to !== limit) throw bounds('lz4 block', `${limit} bytes of output`, `${to}`, end);
}
