import { layout, u8, u16, u64 } from '../bytes/struct.ts';

/** Bytes of one dnode slot. Source: include/sys/dnode.h, DNODE_SHIFT. */
export const DNODE_SLOT = 512;
/** Bytes before the first block pointer. Source: same file, DNODE_CORE_SIZE. */
export const DNODE_CORE_SIZE = 64;
/** Block pointers of a dnode in its own body. Source: same file, DN_MAX_NBLKPTR. */
export const DNODE_MAX_BLOCK_POINTERS = 3;
/** log2 of the smallest and the largest indirect block. Source: same file, DN_MIN_INDBLKSHIFT, DN_MAX_INDBLKSHIFT. */
export const INDIRECT_SHIFT = { min: 12, max: 17 } as const;
/** Levels that a tree of indirect blocks may have. Source: same file, DN_MAX_LEVELS: 64-bit offsets, smallest blocks. */
export const DNODE_MAX_LEVELS = 12;

/**
 * The core of a dnode; block pointers, bonus and spill pointer follow at places that depend on it.
 * Source: include/sys/dnode.h, dnode_phys_t (OpenZFS 2.4.99).
 */
export const DNODE = layout('dnode', 512, {
  type: u8(0),
  indirectShift: u8(1),
  levels: u8(2),
  blockPointers: u8(3),
  bonusType: u8(4),
  checksum: u8(5),
  compression: u8(6),
  flags: u8(7),
  dataBlockSectors: u16(8),
  bonusLength: u16(10),
  extraSlots: u8(12),
  maxBlockId: u64(16),
  used: u64(24),
});

/** Bits of `flags`. Source: same file, DNODE_FLAG_*. */
export const DNODE_FLAG = {
  usedBytes: 1,
  userUsedAccounted: 2,
  spill: 4,
  userObjectUsedAccounted: 8,
} as const;
