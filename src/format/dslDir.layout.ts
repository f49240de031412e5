import { layout, u64, words } from '../bytes/struct.ts';

/**
 * Bonus of a DSL directory: one name in the tree of datasets. Padding follows, to 256 bytes.
 * Source: include/sys/dsl_dir.h, dsl_dir_phys_t (OpenZFS 2.4.99).
 */
export const DSL_DIR = layout('DSL directory', 152, {
  creationTime: u64(0),
  headDataset: u64(8),
  parent: u64(16),
  origin: u64(24),
  children: u64(32),
  used: u64(40),
  compressed: u64(48),
  uncompressed: u64(56),
  quota: u64(64),
  reserved: u64(72),
  properties: u64(80),
  delegation: u64(88),
  flags: u64(96),
  usedBreakdown: words(104, 5),
  clones: u64(144),
});

/** Source: same file, DD_FLAG_USED_BREAKDOWN. */
export const DSL_DIR_FLAG = { usedBreakdown: 1n } as const;

/** Keys of the ZAP that a directory becomes when it has more to say. Source: same file, DD_FIELD_*. */
export const DSL_DIR_FIELD = {
  cryptoKey: 'com.datto:crypto_key_obj',
  livelist: 'com.delphix:livelist',
  filesystemCount: 'com.joyent:filesystem_count',
  snapshotCount: 'com.joyent:snapshot_count',
  snapshotsChanged: 'com.ixsystems:snapshots_changed',
} as const;
