import type { NvList, NvPair, NvType, NvValue } from './nvlist.ts';
import { NV_TYPES } from './nvlist.ts';
import type { NvCursor } from './nvlistCursor.ts';
import { align8, LIST_STRUCT, PAIR_HEAD, POINTER, sizeInMemory } from './nvlistSize.ts';

/** Head, a name of one byte and its padding: no pair is smaller. */
const SMALLEST_PAIR = 24;

/**
 * Reads the native form, the writer's memory, from behind the 4-byte stream header; the cursor has the writer's byte
 * order. As decodeXdrList it leaves what it read in `pairs` when it throws.
 *
 * @throws FormatError, LimitError
 * Source: module/nvpair/nvpair.c, nvs_native_nvlist, nvs_native_nvpair, nvs_native_nvp_op, i_validate_nvpair; include/sys/nvpair.h, nvpair_t
 */
export function decodeNativeList(cursor: NvCursor, pairs: NvPair[]): void {
  cursor.i32('nvlist version');
  cursor.u32('nvlist flags');
  decodePairs(cursor, pairs);
}

function decodePairs(cursor: NvCursor, pairs: NvPair[]): void {
  cursor.enterList();
  for (;;) {
    const start = cursor.at;
    const size = cursor.i32('pair size');
    if (size === 0) break;
    if (size < SMALLEST_PAIR) throw cursor.wrong('pair size', `at least ${SMALLEST_PAIR}`, `${size}`, start);
    if (size > cursor.remaining + 4) throw cursor.outOfBounds('pair', size - 4);
    decodePair(cursor, pairs, start, size);
  }
  cursor.leaveList();
}

function decodePair(cursor: NvCursor, pairs: NvPair[], start: number, size: number): void {
  const nameSize = cursor.i16('length of pair name');
  cursor.i16('reserved word');
  const count = cursor.i32('pair element count');
  const number = cursor.i32('pair type');
  const valueAt = align8(PAIR_HEAD + nameSize);
  if (nameSize < 1 || valueAt > align8(size)) {
    throw cursor.wrong('length of pair name', `1 to ${size - PAIR_HEAD}`, `${nameSize}`, start + 4);
  }
  const name = cursor.enterPair(cursor.textToNul(nameSize, 'pair name'));
  const nameEnd = start + PAIR_HEAD + nameSize;
  if (cursor.at !== nameEnd)
    cursor.refuse('pair name', 'a NUL at its end and none before', 'one before', cursor.at - 1);
  if (count < 0) throw cursor.wrong('pair element count', 'none below 0', `${count}`, start + 8);
  const end = start + size;
  cursor.at = Math.min(start + valueAt, end);
  const type = number === 0 ? undefined : NV_TYPES[number];
  if (type === undefined || type === 'double') cursor.refuseType(number, start + 12);
  const text = cursor.textBytes;
  if (type === 'nvlist' || type === 'nvlist_array') {
    const single = type === 'nvlist';
    if (single && count !== 1) throw cursor.wrong('pair element count', '1', `${count}`, start + 8);
    const structs = single ? LIST_STRUCT : count * (POINTER + LIST_STRUCT);
    if (structs > end - cursor.at) throw valueTooLong(cursor, structs, end);
    demandVersion(cursor, cursor.at + (single ? 0 : count * POINTER), count);
    demandSize(cursor, start, sizeInMemory(nameSize - 1, type, count, 0), size);
    // The pairs of the lists follow this record; each list has at least its terminator.
    cursor.at = end;
    cursor.demand(count, 4, 'nested lists');
    const lists: NvList[] = [];
    const first: NvPair[] = [];
    pairs.push({ name, type, value: single ? { pairs: first } : lists });
    for (let i = 0; i < count; i++) {
      const inner = i === 0 ? first : [];
      lists.push({ pairs: inner });
      decodePairs(cursor, inner);
    }
  } else {
    const value = type === undefined ? cursor.copy(end - cursor.at, 'value') : flatValue(cursor, type, count, end);
    pairs.push({ name, type: type ?? 'unknown', value });
    if (type !== undefined) {
      demandSize(cursor, start, sizeInMemory(nameSize - 1, type, count, cursor.textBytes - text), size);
    }
    cursor.at = end;
  }
  cursor.leavePair();
}

function demandSize(cursor: NvCursor, at: number, needed: number, size: number): void {
  if (size !== needed) cursor.refuse('pair size', `${needed}`, `${size}`, at);
}

/** Each struct of a list that is nested begins with its version. */
function demandVersion(cursor: NvCursor, at: number, count: number): void {
  const back = cursor.at;
  for (let i = 0; i < count; i++) {
    cursor.at = at + i * LIST_STRUCT;
    const version = cursor.i32('nvlist version');
    if (version !== 0) cursor.refuse('nvlist version', '0', `${version}`, cursor.at - 4);
  }
  cursor.at = back;
}

const valueTooLong = (cursor: NvCursor, wanted: number, end: number) =>
  cursor.wrong('value', `at most ${end - cursor.at} bytes, as the pair's size says`, `${wanted}`);

function flatValue(cursor: NvCursor, type: NvType, count: number, end: number): NvValue {
  const space = end - cursor.at;
  switch (type) {
    case 'boolean':
      if (count !== 0) cursor.refuse('pair element count', '0', `${count}`);
      return true;
    case 'string':
      if (count !== 1) cursor.refuse('pair element count', '1', `${count}`);
      return cursor.textToNul(space, 'string');
    case 'byte_array':
      if (count > space) throw valueTooLong(cursor, count, end);
      return cursor.copy(count, 'byte array');
    case 'string_array': {
      // Pointers that meant something to the writer, then the strings one after the other.
      if (count * (POINTER + 1) > space) throw valueTooLong(cursor, count * (POINTER + 1), end);
      cursor.take(count * POINTER, 'string pointers');
      return Array.from({ length: count }, () => cursor.textToNul(end - cursor.at, 'string'));
    }
  }
  const element = ELEMENTS[type.replace(/_array$/, '')];
  if (element === undefined) throw cursor.wrong('pair type', 'a type with a value', type);
  const array = type.endsWith('_array');
  if (!array && count !== 1) throw cursor.wrong('pair element count', '1', `${count}`);
  if (count * element.size > space) throw valueTooLong(cursor, count * element.size, end);
  if (!array) return element.read(cursor);
  return Array.from({ length: count }, () => element.read(cursor)) as NvValue;
}

interface Element {
  readonly size: number;
  readonly read: (cursor: NvCursor) => boolean | number | bigint;
}

/** Elements by the name of the type without `_array`; each as large as in the writer's memory. */
const ELEMENTS: { readonly [type: string]: Element } = {
  byte: { size: 1, read: (c) => c.u8('byte') },
  int8: { size: 1, read: (c) => c.i8('int8') },
  uint8: { size: 1, read: (c) => c.u8('uint8') },
  int16: { size: 2, read: (c) => c.i16('int16') },
  uint16: { size: 2, read: (c) => c.u16('uint16') },
  int32: { size: 4, read: (c) => c.i32('int32') },
  uint32: { size: 4, read: (c) => c.u32('uint32') },
  int64: { size: 8, read: (c) => c.i64('int64') },
  uint64: { size: 8, read: (c) => c.u64('uint64') },
  hrtime: { size: 8, read: (c) => c.i64('hrtime') },
  double: { size: 8, read: (c) => c.f64('double') },
  boolean_value: { size: 4, read: (c) => c.boolean() },
  // The array of booleans has elements of four bytes like the single value.
  boolean: { size: 4, read: (c) => c.boolean() },
};
