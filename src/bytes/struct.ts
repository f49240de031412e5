import { FormatError } from './errors.ts';
import type { Place } from './place.ts';

/** One field of an on-disk structure: where it lies, how long it is, how it is read. */
export interface Field<T> {
  readonly offset: number;
  readonly size: number;
  readonly read: (view: DataView, at: number, littleEndian: boolean) => T;
}

type Fields = Record<string, Field<unknown>>;

export interface Layout<F extends Fields> {
  readonly name: string;
  readonly size: number;
  readonly fields: F;
  /** The same, to go through: a table of entries is read for each of its entries. */
  readonly list: readonly (readonly [name: string, field: Field<unknown>])[];
}

export type Decoded<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

export const u8 = (offset: number): Field<number> => ({ offset, size: 1, read: (v, at) => v.getUint8(at) });
export const u16 = (offset: number): Field<number> => ({
  offset,
  size: 2,
  read: (v, at, le) => v.getUint16(at, le),
});
export const u32 = (offset: number): Field<number> => ({
  offset,
  size: 4,
  read: (v, at, le) => v.getUint32(at, le),
});
export const u64 = (offset: number): Field<bigint> => ({
  offset,
  size: 8,
  read: (v, at, le) => v.getBigUint64(at, le),
});
/** `count` 64-bit words in a row. */
export const words = (offset: number, count: number): Field<readonly bigint[]> => ({
  offset,
  size: count * 8,
  read: (v, at, le) => Array.from({ length: count }, (_, i) => v.getBigUint64(at + i * 8, le)),
});
/** `size` bytes, not copied: a view of the buffer being read. */
export const raw = (offset: number, size: number): Field<Uint8Array> => ({
  offset,
  size,
  read: (v, at) => new Uint8Array(v.buffer, v.byteOffset + at, size),
});

/**
 * Declares a structure. Fields may leave gaps; they may not overlap or pass the end.
 *
 * @throws Error when the table contradicts itself, which is a mistake in this repository and never one in an image
 */
export function layout<F extends Fields>(name: string, size: number, fields: F): Layout<F> {
  let end = 0;
  const list = Object.entries(fields);
  for (const [field, { offset, size: length }] of list) {
    if (offset < end) throw new Error(`${name}.${field} at ${offset} overlaps the field before it`);
    end = offset + length;
  }
  if (end > size) throw new Error(`${name}: fields end at ${end}, declared size is ${size}`);
  return { name, size, fields, list };
}

/**
 * Reads every field of `table` at the start of `bytes`.
 *
 * @param bytes at least `table.size` bytes; `raw` fields are views of it
 * @param littleEndian byte order of the writer, known from a magic
 * @param place of the first byte, for errors
 * @returns one property a field; 64-bit fields as bigint
 * @throws FormatError `format-bounds` when `bytes` is too short
 */
export function read<F extends Fields>(
  table: Layout<F>,
  bytes: Uint8Array,
  littleEndian: boolean,
  place: Place,
): Decoded<F> {
  if (bytes.length < table.size) {
    throw new FormatError('format-bounds', table.name, `${table.size} bytes`, `${bytes.length} bytes`, place);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, table.size);
  const out: Record<string, unknown> = {};
  for (const [name, field] of table.list) out[name] = field.read(view, field.offset, littleEndian);
  return out as Decoded<F>;
}
