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
  /** All pairs before what ended the reading; a nested list that is damaged has its own pairs before it. */
  readonly nvlist: NvList;
  /** The first thing that OpenZFS refuses the list for; null when it takes it. It need not have ended the reading. */
  readonly trouble: ZfsUberError | null;
  /** Bytes that were looked at: those behind them may be any. */
  readonly length: number;
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
    const { refusal, at } = decodeInto(pairs, bytes, place);
    return { nvlist: { pairs }, trouble: refusal, length: at };
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    return { nvlist: { pairs }, trouble: error, length: bytes.length };
  }
}

/**
 * Decodes a packed nvlist or fails: for content whose checksum holds, of which a part is no use.
 *
 * @throws FormatError when OpenZFS refuses it; LimitError when it is nested too deep
 */
export function decodeWholeNvlist(bytes: Uint8Array, place: Place): NvList {
  const pairs: NvPair[] = [];
  const { refusal } = decodeInto(pairs, bytes, place);
  if (refusal !== null) throw refusal;
  return { pairs };
}

/** @returns where it ended, with what OpenZFS refuses it for though it could be read to its end */
function decodeInto(pairs: NvPair[], bytes: Uint8Array, place: Place): NvCursor {
  const encoding = bytes[0];
  if (encoding === undefined || bytes.length < HEADER) {
    throw new FormatError('format-bounds', 'nvlist header', `${HEADER} bytes`, `${bytes.length} bytes`, place);
  }
  if (encoding !== XDR && encoding !== NATIVE) {
    throw new FormatError('format-value', 'nvlist encoding', '1 (XDR) or 0 (native)', `${encoding}`, place);
  }
  // What stands in a list of the other byte order is read here, where OpenZFS does not.
  const cursor = new NvCursor(bytes, HEADER, encoding === NATIVE && bytes[1] === LITTLE_ENDIAN, place);
  try {
    if (encoding === XDR) decodeXdrList(cursor, pairs);
    else decodeNativeList(cursor, pairs);
  } catch (error) {
    // What was refused before the damage comes first.
    throw cursor.refusal ?? error;
  }
  return cursor;
}
