import type { NvList, NvPair, NvType, NvValue } from './nvlist.ts';
import { NV_TYPES } from './nvlist.ts';
import type { NvCursor } from './nvlistCursor.ts';
import { sizeInMemory } from './nvlistSize.ts';

/** Version, flags and the terminator. */
const SMALLEST_LIST = 16;

const padded = (length: number): number => (length + 3) & ~3;

/**
 * Reads the XDR form from behind the 4-byte stream header; the cursor is big-endian.
 *
 * Pairs are put in `pairs`, and nested lists in their pair, before they are read: when it throws, what came before the
 * damage is there. OpenZFS takes a list whose version is not 0, and looks at no pair's size in the stream: only at the
 * one in memory.
 *
 * @throws FormatError, LimitError
 * Source: module/nvpair/nvpair.c, nvs_xdr_nvlist, nvs_xdr_nvpair, nvs_xdr_nvp_op, nvs_decode_pairs;
 *   module/os/linux/spl/spl-xdr.c
 */
export function decodeXdrList(cursor: NvCursor, pairs: NvPair[]): void {
  cursor.enterList();
  cursor.i32('nvlist version');
  cursor.u32('nvlist flags');
  for (;;) {
    const start = cursor.at;
    const encoded = cursor.u32('pair size');
    const decoded = cursor.i32('size of the pair in memory');
    if (decoded === 0) break;
    decodePair(cursor, pairs, start + encoded, decoded);
  }
  cursor.leaveList();
}

/**
 * @param end where the pair ends by its own word: needed only for a type that is not known
 * @param decoded its size in memory by its own word
 */
function decodePair(cursor: NvCursor, pairs: NvPair[], end: number, decoded: number): void {
  const sizeAt = cursor.at - 4;
  let text = cursor.textBytes;
  const name = cursor.enterPair(xdrString(cursor, 'pair name'));
  const nameBytes = cursor.textBytes - text;
  const number = cursor.i32('pair type');
  const count = cursor.i32('pair element count');
  if (count < 0) throw cursor.wrong('pair element count', 'none below 0', `${count}`, cursor.at - 4);
  const type = number === 0 ? undefined : NV_TYPES[number];
  text = cursor.textBytes;
  let textBytes = 0;
  if (type === undefined || type === 'double') cursor.refuseType(number, cursor.at - 8);
  if (type === undefined) {
    const rest = end - cursor.at;
    if (rest < 0) throw cursor.wrong('pair size', 'more than its head', `${end}`);
    pairs.push({ name, type: 'unknown', value: cursor.copy(rest, 'value of an unknown type') });
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
    if (type === 'uint64' && count === 1) cursor.notePlace(name);
    pairs.push({ name, type, value: xdrValue(cursor, type, count) });
    textBytes = cursor.textBytes - text;
  }
  const needed = type === undefined ? decoded : sizeInMemory(nameBytes, type, count, textBytes);
  if (decoded !== needed) cursor.refuse('size of the pair in memory', `${needed}`, `${decoded}`, sizeAt);
  cursor.leavePair();
}

function demandOne(cursor: NvCursor, count: number): void {
  if (count !== 1) throw cursor.wrong('pair element count', '1', `${count}`, cursor.at - 4);
}

function xdrString(cursor: NvCursor, what: string): string {
  const length = cursor.u32(`length of ${what}`);
  const text = cursor.text(length, what);
  if (text.includes('\0')) cursor.refuse(what, 'no NUL in it', `${length} bytes with one`, cursor.at - length);
  cursor.padding(padded(length) - length, `padding of ${what}`);
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

/** A number of `bits` in four bytes, of which the others have to be zero. */
function narrow(cursor: NvCursor, what: string, bits: 8 | 16): number {
  const value = cursor.u32(what);
  if (value >= 2 ** bits) cursor.refuse(what, `less than ${2 ** bits}`, `${value}`, cursor.at - 4);
  return value % 2 ** bits;
}

const xdrByte = (c: NvCursor) => narrow(c, 'byte', 8);
const xdrInt8 = (c: NvCursor) => (narrow(c, 'int8', 8) << 24) >> 24;
const xdrInt16 = (c: NvCursor) => (narrow(c, 'int16', 16) << 16) >> 16;
const xdrUint16 = (c: NvCursor) => narrow(c, 'uint16', 16);
const xdrInt32 = (c: NvCursor) => c.i32('int32');
const xdrUint32 = (c: NvCursor) => c.u32('uint32');
const xdrInt64 = (c: NvCursor) => c.i64('int64');
const xdrUint64 = (c: NvCursor) => c.u64('uint64');

const xdrBoolean = (c: NvCursor) => c.boolean();

/** Smaller integers take four bytes. */
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

/** An array with a count of its own in front, which agrees with that of the pair in all that OpenZFS writes. */
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
      cursor.padding(padded(count) - count, 'padding of byte array');
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
