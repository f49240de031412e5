import type { Place } from '../bytes/place.ts';
import { type Decoded, read } from '../bytes/struct.ts';
import { DEADLIST } from './deadlist.layout.ts';

/** Bytes of the blocks on all lists together. Datasets from before version 26 have a bpobj in its place. */
export type Deadlist = Decoded<typeof DEADLIST.fields>;

/**
 * @throws FormatError `format-bounds` below 24 bytes
 * Source: module/zfs/dsl_deadlist.c, dsl_deadlist_open
 */
export const decodeDeadlist = (bonus: Uint8Array, littleEndian: boolean, place: Place): Deadlist =>
  read(DEADLIST, bonus, littleEndian, place);
