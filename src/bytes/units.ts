import { FormatError } from './errors.ts';
import type { Place } from './place.ts';

declare const unit: unique symbol;
type Of<Name extends string> = bigint & { readonly [unit]: Name };

/** Kinds of 64-bit numbers that must not be mixed up. They cost nothing at run time. */
export type Txg = Of<'txg'>;
export type Guid = Of<'guid'>;
/** 512-byte sectors from the start of a top-level vdev's allocatable space. */
export type Sectors = Of<'sectors'>;

export const asTxg = (n: bigint): Txg => n as Txg;
export const asGuid = (n: bigint): Guid => n as Guid;
export const asSectors = (n: bigint): Sectors => n as Sectors;

/**
 * The only way from an on-disk sector count to a byte offset that can be read.
 *
 * @param length bytes wanted from there
 * @param limit bytes readable; at most 2^53
 * @returns byte offset with `offset + length <= limit`
 * @throws FormatError `format-bounds` when the range does not fit
 */
export function toByteOffset(sectors: Sectors, length: number, limit: number, place: Place): number {
  const end = sectors * 512n + BigInt(length);
  if (end > BigInt(limit)) {
    throw new FormatError('format-bounds', 'block address', `an end at or below ${limit}`, `${end}`, place);
  }
  return Number(sectors) * 512;
}
