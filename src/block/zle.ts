import { FormatError } from '../bytes/errors.ts';
import { inside, type Place } from '../bytes/place.ts';

/** Length bytes below this announce literals, the others a run of zeros. The level of zle in ZFS's table. */
const LITERALS = 64;

/**
 * Undoes zle, which shortens nothing but runs of zeros: a byte v below 64 is followed by v + 1 literal bytes, any other
 * stands for v - 63 zeros.
 *
 * @throws FormatError `format-bounds` when the input ends first or a run passes `lsize`
 * Source: module/zfs/zle.c, zfs_zle_decompress_buf; module/zfs/zio_compress.c, zio_compress_table
 */
export function zle(bytes: Uint8Array, lsize: number, place: Place): Uint8Array {
  const output = new Uint8Array(lsize);
  let from = 0;
  let to = 0;
  while (to < lsize) {
    const head = bytes[from++];
    if (head === undefined)
      throw misfit(`${to} bytes of output when its ${bytes.length} bytes end`, lsize, from, place);
    const literal = head < LITERALS;
    const length = literal ? head + 1 : head + 1 - LITERALS;
    if (to + length > lsize) throw misfit(`a run that ends at ${to + length}`, lsize, from, place);
    if (literal) {
      if (from + length > bytes.length) throw misfit(`literals past its ${bytes.length} bytes`, lsize, from, place);
      output.set(bytes.subarray(from, from + length), to);
      from += length;
    }
    to += length;
  }
  return output;
}

const misfit = (found: string, lsize: number, at: number, place: Place): FormatError =>
  new FormatError('format-bounds', 'zle stream', `${lsize} bytes of output`, found, inside(place, 'zle', at));
