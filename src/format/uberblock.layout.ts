import { bitField } from '../bytes/bits.ts';
import { layout, raw, u64 } from '../bytes/struct.ts';

/** `ub_magic`: its byte order is the byte order of the whole slot. */
export const UBERBLOCK_MAGIC = 0x00bab10cn;

/** `ub_mmp_magic`: without it the MMP fields mean nothing (a writer older than 0.7). */
export const MMP_MAGIC = 0xa11cea11n;

/**
 * The uberblock at the start of a ring slot; padding follows, then the 40-byte checksum trailer.
 * Source: include/sys/uberblock_impl.h, struct uberblock (OpenZFS 2.4.99).
 */
export const UBERBLOCK = layout('uberblock', 216, {
  magic: u64(0),
  version: u64(8),
  txg: u64(16),
  guidSum: u64(24),
  timestamp: u64(32),
  rootbp: raw(40, 128),
  softwareVersion: u64(168),
  mmpMagic: u64(176),
  mmpDelay: u64(184),
  mmpConfig: u64(192),
  checkpointTxg: u64(200),
  raidzReflow: u64(208),
});

/** Parts of `mmpConfig`. Source: same file, the MMP masks. */
export const MMP_CONFIG = {
  intervalValid: bitField(0, 1),
  sequenceValid: bitField(1, 1),
  failIntervalsValid: bitField(2, 1),
  intervalMs: bitField(8, 24),
  sequence: bitField(32, 16),
  failIntervals: bitField(48, 16),
} as const;

/** Parts of `raidzReflow`; the offset is in 512-byte units. Source: same file, RRSS_* and the reflow masks. */
export const RAIDZ_REFLOW = {
  offset: bitField(0, 55),
  state: bitField(55, 9),
} as const;
