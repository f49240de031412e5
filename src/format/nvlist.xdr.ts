import type { FormatError } from '../bytes/errors.ts';
import type { NvList, NvPair, NvType, NvValue } from './nvlist.ts';
import { NV_TYPES } from './nvlist.ts';
import type { NvCursor } from './nvlistCursor.ts';

/** Size words, name length, type and count of elements. A pair cannot be shorter. */
const SMALLEST_PAIR = 20;
/** Version, flags and the terminator. */
const SMALLEST_LIST = 16;

const padded = (length: number): number => (length + 3) & ~3;

/**
 * Reads the XDR form from behind the 4-byte stream header; the cursor is big-endian.
 *
 * Pairs are put in `pairs`, and nested lists in their pair, before they are read: when it throws, what came before the
 * damage is there.
 *
 * @throws FormatError, LimitError
 * Source: module/nvpair/nvpair.c, nvs_xdr_nvlist, nvs_xdr_nvpair, nvs_xdr_nvp_op
 */
export function decodeXdrList(cursor: NvCursor, pairs: NvPair[]): void {
  cursor.enterList();
  const version = cursor.i32('nvlist version');
  if (version !== 0) throw cursor.wrong('nvlist version', '0', `${version}`, cursor.at - 4);
  cursor.u32('nvlist flags');
  for (;;) {
    const start = cursor.at;
    const encoded = cursor.u32('pair size');
    const decoded = cursor.u32('decoded pair size');
    if (encoded === 0 && decoded === 0) break;
    if (encoded < SMALLEST_PAIR) throw cursor.wrong('pair size', `at least ${SMALLEST_PAIR}`, `${encoded}`, start);
    // Not compared with what is left: of a pair that is cut off, what is there is read.
    decodePair(cursor, pairs, start + encoded);
  }
  cursor.leaveList();
}

function decodePair(cursor: NvCursor, pairs: NvPair[], end: number): void {
  const name = cursor.enterPair(xdrString(cursor, 'pair name'));
  const number = cursor.i32('pair type');
  const count = cursor.i32('pair element count');
  if (count < 0) throw cursor.wrong('pair element count', 'none below 0', `${count}`, cursor.at - 4);
  const type = number === 0 ? undefined : NV_TYPES[number];
  if (type === undefined) {
    if (end < cursor.at) throw tooLong(cursor, end);
    pairs.push({ name, type: 'unknown', value: cursor.copy(end - cursor.at, 'value of an unknown type') });
  } else if (type === 'nvlist') {
    demandOne(cursor, count);
    const inner: NvPair[] = [];
    pairs.push({ name, type, value: { pairs: inner } });
    decodeXdrList(cursor, inner);
  } else if (type === 'nvlist_array') {
    cursor.demand(count, SMALLEST_LIST, 'nvlist array');
    const lists: NvList[] = [];
    pairs.push({ name, type, value: lists });
    for (let i = 0; i < count; i++) {
      const inner: NvPair[] = [];
      lists.push({ pairs: inner });
      decodeXdrList(cursor, inner);
    }
  } else {
    pairs.push({ name, type, value: xdrValue(cursor, type, count) });
  }
  if (cursor.at !== end) throw tooLong(cursor, end);
  cursor.leavePair();
}

function tooLong(cursor: NvCursor, end: number): FormatError {
  const rest = end - cursor.at;
  if (rest > cursor.remaining) return cursor.outOfBounds('rest of the pair', rest);
  return cursor.wrong('end of the pair', `${rest} bytes from here, as its size says`, 'its value ends here');
}

function demandOne(cursor: NvCursor, count: number): void {
  if (count !== 1) throw cursor.wrong('pair element count', '1', `${count}`, cursor.at - 4);
}

function xdrString(cursor: NvCursor, what: string): string {
  const length = cursor.u32(`length of ${what}`);
  const text = cursor.text(length, what);
  cursor.take(padded(length) - length, `padding of ${what}`);
  return text;
}

type FlatType = Exclude<NvType, 'nvlist' | 'nvlist_array' | 'dontcare'>;

function xdrValue(cursor: NvCursor, type: NvType, count: number): NvValue {
  const kind = type as FlatType;
  const array = ARRAYS[kind];
  if (array !== undefined) {
    // Nothing follows when there are no elements, not even a count.
    if (count === 0) return array.size === 0 ? new Uint8Array(0) : [];
    return array.read(cursor, count);
  }
  if (kind === 'boolean') {
    if (count !== 0) throw cursor.wrong('pair element count', '0', `${count}`, cursor.at - 4);
    return true;
  }
  demandOne(cursor, count);
  const read = SCALARS[kind];
  if (read === undefined) throw cursor.wrong('pair type', 'a type with a value', type);
  return read(cursor);
}

const xdrByte = (c: NvCursor) => c.u32('byte') & 0xff;
const xdrInt8 = (c: NvCursor) => (c.u32('int8') << 24) >> 24;
const xdrInt16 = (c: NvCursor) => (c.u32('int16') << 16) >> 16;
const xdrUint16 = (c: NvCursor) => c.u32('uint16') & 0xffff;
const xdrInt32 = (c: NvCursor) => c.i32('int32');
const xdrUint32 = (c: NvCursor) => c.u32('uint32');
const xdrInt64 = (c: NvCursor) => c.i64('int64');
const xdrUint64 = (c: NvCursor) => c.u64('uint64');
const xdrBoolean = (c: NvCursor) => c.u32('boolean') !== 0;

/** Smaller integers take four bytes, of which the lowest count. */
const SCALARS: { readonly [K in FlatType]?: (cursor: NvCursor) => NvValue } = {
  byte: xdrByte,
  int8: xdrInt8,
  uint8: xdrByte,
  int16: xdrInt16,
  uint16: xdrUint16,
  int32: xdrInt32,
  uint32: xdrUint32,
  int64: xdrInt64,
  uint64: xdrUint64,
  hrtime: xdrInt64,
  double: (c) => c.f64('double'),
  boolean_value: xdrBoolean,
  string: (c) => xdrString(c, 'string'),
};

interface ArrayType {
  /** Bytes of an element at least; 0 for the array that has no elements but bytes. */
  readonly size: number;
  readonly read: (cursor: NvCursor, count: number) => NvValue;
}

/** An array with a count of its own in front, which has to agree with that of the pair. */
const counted = <T>(size: number, read: (cursor: NvCursor) => T) => ({
  size,
  read(cursor: NvCursor, count: number): T[] {
    const own = cursor.u32('array count');
    if (own !== count) throw cursor.wrong('array count', `${count}, as the pair says`, `${own}`, cursor.at - 4);
    cursor.demand(count, size, 'array');
    return Array.from({ length: count }, () => read(cursor));
  },
});

const ARRAYS: { readonly [K in FlatType]?: ArrayType } = {
  byte_array: {
    size: 0,
    read(cursor, count) {
      const bytes = cursor.copy(count, 'byte array');
      cursor.take(padded(count) - count, 'padding of byte array');
      return bytes;
    },
  },
  string_array: {
    size: 4,
    read(cursor, count) {
      cursor.demand(count, 4, 'string array');
      return Array.from({ length: count }, () => xdrString(cursor, 'string'));
    },
  },
  boolean_array: counted(4, xdrBoolean),
  int8_array: counted(4, xdrInt8),
  uint8_array: counted(4, xdrByte),
  int16_array: counted(4, xdrInt16),
  uint16_array: counted(4, xdrUint16),
  int32_array: counted(4, xdrInt32),
  uint32_array: counted(4, xdrUint32),
  int64_array: counted(8, xdrInt64),
  uint64_array: counted(8, xdrUint64),
};
