import { SECTOR } from '../bytes/units.ts';
import { TRAILER_MAGIC } from '../format/label.layout.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';

/** What a sector can be, by a few of its bytes. */
export const MARK = {
  /** The last of a unit that carries its own checksum. */
  trailer: 1,
  /** The first of an object set, as it is or compressed. */
  objset: 2,
} as const;

/** Where the magic of a trailer stands in the last sector of its unit. Source: include/sys/zio.h, zio_eck_t */
const TRAILER_AT = SECTOR - 40;
const WORDS = SECTOR / 4;

/** The first four bytes of the magic in either byte order, as this machine reads them. */
const [LITTLE = 0, BIG = 0] = [true, false].map((littleEndian) => {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, TRAILER_MAGIC, littleEndian);
  return new Uint32Array(bytes.buffer)[0] ?? 0;
});

/** Bytes of the length that precedes an lz4 stream. Source: module/zfs/lz4_zfs.c, zfs_lz4_compress_buf */
export const LZ4_LENGTH = 4;
/** log2 of the indirect blocks of any version, and what dn_nblkptr of a meta-dnode can be. */
const SHIFTS = { min: 9, max: 30 } as const;

/**
 * Every structure that is looked for begins and ends at a sector, counted from the beginning of the source. Tells of each
 * whether it can be one of those that {@link MARK} lists, by three words of it: on most disks all of
 * them are zero or fit nothing, and a sector costs a few nanoseconds.
 *
 * @param bytes begins at a multiple of 4 in its buffer; less than 4 GiB. What follows its last whole sector is not looked at
 * @returns ascending, the offset of each that can be one, with the number of {@link MARK} added; of one that can be two both
 */
export function markSectors(bytes: Uint8Array): Uint32Array {
  const marks: number[] = [];
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  const trailer = TRAILER_AT >> 2;
  for (let word = 0; word + WORDS <= words.length; word += WORDS) {
    const end = words[word + trailer] ?? 0;
    if (end === LITTLE || end === BIG) marks.push(word * 4 + MARK.trailer);
    if ((words[word] ?? 0) !== 0 && beginsObjset(bytes, word * 4)) marks.push(word * 4 + MARK.objset);
  }
  return Uint32Array.from(marks);
}

/** One of what `markSectors` gives, taken apart. */
export const markAt = (mark: number): { readonly at: number; readonly kind: number } => ({
  at: mark - (mark % SECTOR),
  kind: mark % SECTOR,
});

/**
 * Whether what begins at `at` can be an object set. Its first bytes are those of its meta-dnode: type, log2 of its indirect
 * blocks, levels, block pointers. They are not repeated before, so lz4 and lzjb store them as they are.
 *
 * Source: include/sys/dnode.h, dnode_phys_t; module/zfs/lz4_zfs.c, zfs_lz4_compress_buf; module/zfs/lzjb.c
 */
function beginsObjset(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at] ?? 0;
  if (first === OBJECT_TYPE.dnode) return isDnodeHead(bytes, at);
  if (first === 0 && bytes[at + 1] === 0) {
    // A token; where it says so the count of literals goes on, in one byte for as few as can be here.
    const literals = (bytes[at + LZ4_LENGTH] ?? 0) >> 4;
    return isDnodeHead(bytes, at + LZ4_LENGTH + (literals === 15 ? 2 : 1));
  }
  // The first four of eight flags say that what they stand for are bytes as they are.
  return (first & 0x0f) === 0 && isDnodeHead(bytes, at + 1);
}

function isDnodeHead(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== OBJECT_TYPE.dnode) return false;
  const shift = bytes[at + 1] ?? 0;
  const [levels, pointers] = [bytes[at + 2] ?? 0, bytes[at + 3] ?? 0];
  return shift >= SHIFTS.min && shift <= SHIFTS.max && levels >= 1 && levels <= 12 && pointers >= 1 && pointers <= 3;
}
