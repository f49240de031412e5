import { FormatError, ZfsUberError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { decodeNativeList } from './nvlist.native.ts';
import type { NvList, NvPair } from './nvlist.ts';
import { decodeXdrList } from './nvlist.xdr.ts';
import { NvCursor } from './nvlistCursor.ts';

/** Encoding, byte order of the writer, two zero bytes. Source: module/nvpair/nvpair.c, nvs_header_t. */
const HEADER = 4;
const NATIVE = 0;
const XDR = 1;
const LITTLE_ENDIAN = 1;

/** As much of a packed nvlist as decodes. */
export interface NvListRead {
  /** All pairs before the damage; a nested list that is damaged has its own pairs before it. */
  readonly nvlist: NvList;
  /** What ended the reading; null when the terminator did. */
  readonly trouble: ZfsUberError | null;
}

/**
 * Decodes a packed nvlist with its stream header, in either encoding, as far as it goes. Bytes behind its end are not
 * looked at. Work and memory are bounded by the length of `bytes`, whatever they claim.
 *
 * @param bytes not kept: values are copied
 * @param place of the first byte
 */
export function decodeNvlist(bytes: Uint8Array, place: Place): NvListRead {
  const pairs: NvPair[] = [];
  try {
    decodeInto(pairs, bytes, place);
    return { nvlist: { pairs }, trouble: null };
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    return { nvlist: { pairs }, trouble: error };
  }
}

/**
 * Decodes a packed nvlist or fails: for content whose checksum holds, of which a part is no use.
 *
 * @throws FormatError when it is damaged or of another encoding; LimitError when it is nested too deep
 */
export function decodeWholeNvlist(bytes: Uint8Array, place: Place): NvList {
  const pairs: NvPair[] = [];
  decodeInto(pairs, bytes, place);
  return { pairs };
}

function decodeInto(pairs: NvPair[], bytes: Uint8Array, place: Place): void {
  const encoding = bytes[0];
  if (encoding === undefined || bytes.length < HEADER) {
    throw new FormatError('format-bounds', 'nvlist header', `${HEADER} bytes`, `${bytes.length} bytes`, place);
  }
  if (encoding === XDR) decodeXdrList(new NvCursor(bytes, HEADER, false, place), pairs);
  else if (encoding === NATIVE) {
    decodeNativeList(new NvCursor(bytes, HEADER, bytes[1] === LITTLE_ENDIAN, place), pairs);
  } else throw new FormatError('format-value', 'nvlist encoding', '1 (XDR) or 0 (native)', `${encoding}`, place);
}
