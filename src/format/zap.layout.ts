import { layout, raw, u8, u16, u32, u64 } from '../bytes/struct.ts';

/** First word of a ZAP block. Pointer table blocks have none of these. Source: include/sys/zap_impl.h, ZBT_* (OpenZFS 2.4.99). */
export const ZAP_BLOCK = { leaf: 1n << 63n, header: (1n << 63n) + 1n, micro: (1n << 63n) + 3n } as const;

/** Head of a micro ZAP, one block. Source: same file, mzap_phys_t. */
export const MICRO_ZAP = layout('micro ZAP', 64, { blockType: u64(0), salt: u64(8), normFlags: u64(16) });

/** Source: same file, mzap_ent_phys_t. */
export const MICRO_ZAP_ENTRY = layout('micro ZAP entry', 64, {
  value: u64(0),
  differentiator: u32(8),
  name: raw(14, 50),
});

/** Source: same file, ZAP_MAGIC. */
export const ZAP_MAGIC = 0x2f52ab2abn;

/** Block 0 of a fat ZAP; its second half may be the pointer table. Source: same file, zap_phys_t. */
export const FAT_ZAP = layout('ZAP header', 104, {
  blockType: u64(0),
  magic: u64(8),
  tableBlock: u64(16),
  tableBlocks: u64(24),
  tableShift: u64(32),
  nextTableBlock: u64(40),
  tableBlocksCopied: u64(48),
  freeBlock: u64(56),
  leaves: u64(64),
  entries: u64(72),
  salt: u64(80),
  normFlags: u64(88),
  flags: u64(96),
});

/** Bits of `flags`. Source: include/sys/zap.h, zap_flags_t. */
export const ZAP_FLAG = { hash64: 1n, uint64Key: 2n, preHashedKey: 4n } as const;

/** Bits of `normFlags`: how names are made alike before they are compared. Source: include/sys/u8_textprep.h. */
export const ZAP_NORM = { upper: 0x2n, lower: 0x4n, decompose: 0x10n, compatibility: 0x20n, compose: 0x40n } as const;

/** Source: include/sys/zap_leaf.h, ZAP_LEAF_MAGIC. */
export const ZAP_LEAF_MAGIC = 0x2ab1eaf;

/** Head of a leaf; hash table and chunks follow. Source: same file, zap_leaf_phys_t. */
export const ZAP_LEAF = layout('ZAP leaf', 48, {
  blockType: u64(0),
  prefix: u64(16),
  magic: u32(24),
  freeChunks: u16(28),
  entries: u16(30),
  prefixLength: u16(32),
  freeList: u16(34),
  flags: u8(36),
});

/** Source: same file, ZAP_LEAF_CHUNKSIZE. */
export const ZAP_CHUNK_SIZE = 24;
/** First byte of a chunk. Source: same file, zap_chunk_type_t. */
export const ZAP_CHUNK = { array: 251, entry: 252, free: 253 } as const;
/** Ends a chain of chunks. Source: same file, CHAIN_END. */
export const ZAP_CHAIN_END = 0xffff;

/** Source: same file, struct zap_leaf_entry. */
export const ZAP_LEAF_ENTRY = layout('ZAP leaf entry', 24, {
  type: u8(0),
  integerSize: u8(1),
  next: u16(2),
  nameChunk: u16(4),
  nameLength: u16(6),
  valueChunk: u16(8),
  valueLength: u16(10),
  differentiator: u32(12),
  hash: u64(16),
});

/** Content bytes of an array chunk, and where the number of the next one stands. Source: same file, struct zap_leaf_array. */
export const ZAP_LEAF_ARRAY = { at: 1, size: 21, next: 22 } as const;
