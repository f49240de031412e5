import { UnsupportedError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { NV_TYPES } from './nvlist.ts';
import { NvCursor } from './nvlistCursor.ts';

const HEADER = 4;
const XDR = 1;
/** Size words of a pair. */
const SIZES = 8;

/**
 * Where the values of some uint64 pairs of a packed list stand, so that they can be changed in place: no length changes.
 *
 * @param bytes with the stream header; not looked at behind the list's end
 * @param names of pairs of the list itself, not of those nested in it
 * @returns byte offsets of the eight bytes, big-endian whatever the host; a name that is not there is left out
 * @throws FormatError when it is damaged; UnsupportedError when it is not packed in XDR
 * Source: module/nvpair/nvpair.c, nvs_xdr_nvlist and nvs_xdr_nvpair
 */
export function placesOfUint64(bytes: Uint8Array, names: readonly string[], place: Place): Map<string, number> {
  if (bytes[0] !== XDR) throw new UnsupportedError(`nvlist encoding ${bytes[0]}: only XDR is written to labels`, place);
  const cursor = new NvCursor(bytes, HEADER, false, place);
  cursor.take(SIZES, 'nvlist version and flags');
  const places = new Map<string, number>();
  for (;;) {
    const start = cursor.at;
    const size = cursor.u32('pair size');
    const decoded = cursor.u32('decoded pair size');
    if (size === 0 && decoded === 0) return places;
    const length = cursor.u32('length of pair name');
    const name = cursor.text(length, 'pair name');
    cursor.take(((length + 3) & ~3) - length, 'padding of pair name');
    const type = NV_TYPES[cursor.i32('pair type')];
    const count = cursor.i32('pair element count');
    if (type === 'uint64' && count === 1 && names.includes(name) && !places.has(name)) places.set(name, cursor.at);
    const rest = start + size - cursor.at;
    if (rest < 0) throw cursor.wrong('pair size', 'more than its head', `${size}`, start);
    cursor.take(rest, 'value');
  }
}
