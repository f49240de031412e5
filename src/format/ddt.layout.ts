import { bitField } from '../bytes/bits.ts';
import { layout, u64, words } from '../bytes/struct.ts';

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
