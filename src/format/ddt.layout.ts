import { bitField } from '../bytes/bits.ts';
import { layout, u64, words } from '../bytes/struct.ts';

/**
 * Key of a dedup table: what is the same in all pointers to the same content.
 * Source: include/sys/ddt.h, ddt_key_t (OpenZFS 2.4.99).
 */
export const DDT_KEY_WORDS = 5;
/** Last word of the key. Sizes are in sectors, less one. Source: same file, DDK_GET_*. */
export const DDT_KEY_PROPS = {
  lsize: bitField(0, 16),
  psize: bitField(16, 16),
  compression: bitField(32, 7),
  crypt: bitField(39, 1),
} as const;

/** One set of copies of the old entry, which has four, by number of copies. Source: same file, ddt_univ_phys_t. */
export const DDT_PHYS = layout('dedup table entry', 64, {
  dvas: words(0, 6),
  references: u64(48),
  physicalBirth: u64(56),
});
export const DDT_OLD_PHYS = { count: 4, size: 256 } as const;
/** The entry of a fast dedup table. */
export const DDT_FLAT_PHYS = layout('dedup table entry', 72, {
  dvas: words(0, 6),
  references: u64(48),
  physicalBirth: u64(56),
  classStart: u64(64),
});

/** First byte of a stored entry: the byte order of its words, and the compression. Source: module/zfs/ddt_zap.c, DDT_ZAP_COMPRESS_*. */
export const DDT_ENTRY_HEAD = { littleEndian: 0x80, compression: 0x7f } as const;

/** Bonus of a log of a fast dedup table. Source: include/sys/ddt_impl.h, ddt_log_header_t. */
export const DDT_LOG = layout('dedup log header', 64, {
  info: u64(0),
  length: u64(8),
  firstTxg: u64(16),
  checkpoint: words(24, 5),
});
export const DDT_LOG_INFO = { version: bitField(0, 8), flushing: bitField(8, 1), checkpoint: bitField(9, 1) } as const;

/** MOS directory keys begin so; `DDT-statistics` is none of a table. Source: include/sys/dmu.h, DMU_POOL_DDT*. */
export const DDT_KEY_PREFIX = 'DDT-';
export const DDT_STATISTICS_KEY = 'DDT-statistics';
