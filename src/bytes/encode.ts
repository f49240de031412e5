import type { Decoded, Field, Layout } from './struct.ts';

/**
 * The bytes of a structure of which `table` declares the fields; what none of them covers is 0. `read` in struct.ts gives
 * the same values back.
 */
export function encode<F extends Record<string, Field<number | bigint | Uint8Array>>>(
  table: Layout<F>,
  values: Decoded<F>,
  littleEndian: boolean,
): Uint8Array {
  const bytes = new Uint8Array(table.size);
  const view = new DataView(bytes.buffer);
  for (const [name, { offset, size }] of Object.entries(table.fields)) {
    const value: unknown = values[name];
    if (value instanceof Uint8Array) bytes.set(value.subarray(0, size), offset);
    else if (typeof value === 'bigint') view.setBigUint64(offset, value, littleEndian);
    else if (size === 1) view.setUint8(offset, Number(value));
    else if (size === 2) view.setUint16(offset, Number(value), littleEndian);
    else view.setUint32(offset, Number(value), littleEndian);
  }
  return bytes;
}
