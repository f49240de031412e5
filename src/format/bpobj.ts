import { FormatError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { read } from '../bytes/struct.ts';
import { BPOBJ, BPOBJ_SIZE } from './bpobj.layout.ts';

/** Head of a list of block pointers; the object's content are the pointers. */
export interface Bpobj {
  readonly pointers: bigint;
  /** Allocated bytes of all blocks on the list, those of sub-lists included. */
  readonly bytes: bigint;
  /** Null before version 15. */
  readonly compressed: bigint | null;
  readonly uncompressed: bigint | null;
  /** Object that holds the numbers of further lists; null where there are none. */
  readonly subobjects: bigint | null;
  readonly subobjectCount: bigint;
  /** Pointers that mark a block as freed, in a livelist; null where the header has no such field. */
  readonly freed: bigint | null;
}

/**
 * Decodes the bonus of a bpobj. Its length tells what it has.
 *
 * @param bonus 16, 32, 48 or 56 bytes by version
 * @throws FormatError `format-bounds` below 16 bytes
 * Source: module/zfs/bpobj.c, bpobj_open
 */
export function decodeBpobj(bonus: Uint8Array, littleEndian: boolean, place: Place): Bpobj {
  if (bonus.length < BPOBJ_SIZE.plain) {
    const expected = `at least ${BPOBJ_SIZE.plain} bytes`;
    throw new FormatError('format-bounds', BPOBJ.name, expected, `${bonus.length} bytes`, place);
  }
  const whole = new Uint8Array(BPOBJ.size);
  whole.set(bonus.subarray(0, BPOBJ.size));
  const phys = read(BPOBJ, whole, littleEndian, place);
  const has = (size: number): boolean => bonus.length >= size;
  return {
    pointers: phys.pointers,
    bytes: phys.bytes,
    compressed: has(BPOBJ_SIZE.sizes) ? phys.compressed : null,
    uncompressed: has(BPOBJ_SIZE.sizes) ? phys.uncompressed : null,
    subobjects: has(BPOBJ_SIZE.subobjects) && phys.subobjects !== 0n ? phys.subobjects : null,
    subobjectCount: phys.subobjectCount,
    freed: has(BPOBJ_SIZE.freed) ? phys.freed : null,
  };
}
