import { bitField } from '../bytes/bits.ts';
import { layout, raw, u64 } from '../bytes/struct.ts';

/**
 * Head of an intent log, in its object set.
 * Source: include/sys/zil.h, zil_header_t (OpenZFS 2.4.99).
 */
export const ZIL_HEADER = layout('ZIL header', 192, {
  claimTxg: u64(0),
  replaySequence: u64(8),
  log: raw(16, 128),
  claimBlockSequence: u64(144),
  flags: u64(152),
  claimRecordSequence: u64(160),
});

/** Source: same file, ZIL_REPLAY_NEEDED, ZIL_CLAIM_LR_SEQ_VALID. */
export const ZIL_HEADER_FLAG = { replayNeeded: 1n, claimRecordSequenceValid: 2n } as const;

/** At the end (checksum zilog) or the start (zilog2) of each log block. Source: same file, zil_chain_t. */
export const ZIL_CHAIN = layout('ZIL chain record', 184, {
  next: raw(8, 128),
  used: u64(136),
  magic: u64(144),
  words: raw(152, 32),
});

/** Head of every log record. Source: same file, lr_t. */
export const LOG_RECORD = layout('log record', 32, { type: u64(0), length: u64(8), txg: u64(16), sequence: u64(24) });

/** `type` of a log record. Source: same file, TX_CI. */
export const LOG_RECORD_TYPE = { number: bitField(0, 63), caseInsensitive: bitField(63, 1) } as const;

/** Source: same file, TX_*. */
export const LOG_RECORD_TYPES = [
  'commit',
  'create',
  'mkdir',
  'mkxattr',
  'symlink',
  'remove',
  'rmdir',
  'link',
  'rename',
  'write',
  'truncate',
  'setattr',
  'acl v0',
  'acl',
  'create acl',
  'create attr',
  'create acl attr',
  'mkdir acl',
  'mkdir attr',
  'mkdir acl attr',
  'write2',
  'setsaxattr',
  'rename exchange',
  'rename whiteout',
  'clone range',
] as const;

/** A write whose content lies behind a block pointer, or, where that is a hole, in the record itself. Source: same file, lr_write_t. */
export const LOG_WRITE = layout('log write record', 192, {
  object: u64(32),
  offset: u64(40),
  length: u64(48),
  blockOffset: u64(56),
  pointer: raw(64, 128),
});

/** A clone of blocks; pointers follow. Source: same file, lr_clone_range_t. */
export const LOG_CLONE_RANGE = layout('log clone range record', 72, {
  object: u64(32),
  offset: u64(40),
  length: u64(48),
  blockSize: u64(56),
  pointers: u64(64),
});
