import { layout, raw, u64 } from '../bytes/struct.ts';

/**
 * Bonus of a DSL dataset: the head of a directory, or a snapshot. Padding follows, to 320 bytes.
 * Source: include/sys/dsl_dataset.h, dsl_dataset_phys_t (OpenZFS 2.4.99).
 */
export const DSL_DATASET = layout('DSL dataset', 280, {
  dir: u64(0),
  previousSnapshot: u64(8),
  previousSnapshotTxg: u64(16),
  nextSnapshot: u64(24),
  snapshotNames: u64(32),
  children: u64(40),
  creationTime: u64(48),
  creationTxg: u64(56),
  deadlist: u64(64),
  referenced: u64(72),
  compressed: u64(80),
  uncompressed: u64(88),
  unique: u64(96),
  fsidGuid: u64(104),
  guid: u64(112),
  flags: u64(120),
  bp: raw(128, 128),
  nextClones: u64(256),
  properties: u64(264),
  userReferences: u64(272),
});

/** Bits of `flags`. Source: same file, DS_FLAG_*. */
export const DSL_DATASET_FLAG = {
  inconsistent: 1n,
  noPromote: 2n,
  uniqueAccurate: 4n,
  deferDestroy: 8n,
  caseInsensitive: 0x10000n,
} as const;

/** Keys of the ZAP that a dataset becomes when it has more to say. Source: same file, DS_FIELD_*. */
export const DSL_DATASET_FIELD = {
  bookmarks: 'com.delphix:bookmarks',
  remapDeadlist: 'com.delphix:remap_deadlist',
  ivsetGuid: 'com.datto:ivset_guid',
} as const;
