import { inside, type Place } from '../bytes/place.ts';
import { type Decoded, read } from '../bytes/struct.ts';
import { asTxg, type Txg } from '../bytes/units.ts';
import { Blkptr } from './blkptr.ts';
import { BPTREE, BPTREE_ENTRY } from './bptree.layout.ts';

/** Head of the list of trees that are destroyed in the background: entries `begin` to below `end` are left. */
export type Bptree = Decoded<typeof BPTREE.fields>;

/** One tree: an object set whose blocks are freed. */
export interface BptreeEntry {
  readonly pointer: Blkptr;
  /** Only blocks born after this txg are freed. */
  readonly birth: Txg;
  /** Where the destruction goes on: object set, object, level, block; all 0 at the start. */
  readonly bookmark: readonly bigint[];
}

/**
 * @throws FormatError `format-bounds` below 40 bytes
 * Source: module/zfs/bptree.c, bptree_iterate
 */
export const decodeBptree = (bonus: Uint8Array, littleEndian: boolean, place: Place): Bptree =>
  read(BPTREE, bonus, littleEndian, place);

/** @throws FormatError `format-bounds` below 168 bytes */
export function decodeBptreeEntry(bytes: Uint8Array, littleEndian: boolean, place: Place): BptreeEntry {
  const { pointer, birth, bookmark } = read(BPTREE_ENTRY, bytes, littleEndian, place);
  return { pointer: new Blkptr(pointer, littleEndian, inside(place, 'blkptr')), birth: asTxg(birth), bookmark };
}
