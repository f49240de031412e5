import { FormatError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { read } from '../bytes/struct.ts';
import { SA_HEADER, SA_INFO, SA_MAGIC } from './sa.layout.ts';

export interface SaAttribute {
  /** `ZPL_PARENT` and others. */
  readonly name: string;
  /** Bytes; 0 when each file has its own length. */
  readonly length: number;
}

/** What a filesystem's own objects say of how attributes lie. */
export interface SaTables {
  readonly attributes: ReadonlyMap<number, SaAttribute>;
  /** Numbers of attributes in order, by number of the layout. */
  readonly layouts: ReadonlyMap<number, readonly number[]>;
}

export interface SaValues {
  /** Views of the bytes, by name. */
  readonly values: ReadonlyMap<string, Uint8Array>;
  readonly littleEndian: boolean;
}

/**
 * Decodes a set of system attributes: the bonus of a file, or its spill block.
 *
 * @throws FormatError `format-magic` when it is none; `format-value` for a layout or an attribute that the tables lack;
 *   `format-bounds` when an attribute passes the end
 * Source: module/zfs/sa.c, sa_attr_iter
 */
export function decodeSa(bytes: Uint8Array, tables: SaTables, place: Place): SaValues {
  const littleEndian = read(SA_HEADER, bytes, true, place).magic === SA_MAGIC;
  const { magic, info } = read(SA_HEADER, bytes, littleEndian, place);
  if (magic !== SA_MAGIC) {
    const expected = `0x${SA_MAGIC.toString(16)}`;
    throw new FormatError('format-magic', 'magic of system attributes', expected, `0x${magic.toString(16)}`, place);
  }
  const number = Number(SA_INFO.layout(BigInt(info)));
  const order = tables.layouts.get(number);
  if (order === undefined) {
    throw new FormatError('format-value', 'layout of system attributes', 'one of the filesystem', `${number}`, place);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = new Map<string, Uint8Array>();
  let at = Number(SA_INFO.size(BigInt(info))) * 8;
  let lengthAt = SA_HEADER.size;
  for (const id of order) {
    const attribute = tables.attributes.get(id);
    if (attribute === undefined) {
      throw new FormatError('format-value', 'system attribute', 'one of the filesystem', `${id}`, place);
    }
    let { length } = attribute;
    if (length === 0) {
      length = lengthAt + 2 <= bytes.length ? view.getUint16(lengthAt, littleEndian) : bytes.length;
      lengthAt += 2;
    }
    if (at + length > bytes.length) {
      const expected = `an end at or below ${bytes.length}`;
      throw new FormatError('format-bounds', `attribute ${attribute.name}`, expected, `${at}+${length}`, place);
    }
    values.set(attribute.name, bytes.subarray(at, at + length));
    at += Math.ceil(length / 8) * 8;
  }
  return { values, littleEndian };
}
