import { UnsupportedError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { decodeXdrList } from './nvlist.xdr.ts';
import { NvCursor } from './nvlistCursor.ts';

const HEADER = 4;
const XDR = 1;

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
  decodeXdrList(cursor, []);
  return new Map([...cursor.places].filter(([name]) => names.includes(name)));
}
