import { layout, raw, u64, words } from '../bytes/struct.ts';

/** Bonus of a bptree. Source: include/sys/bptree.h, bptree_phys_t (OpenZFS 2.4.99). */
export const BPTREE = layout('bptree header', 40, {
  begin: u64(0),
  end: u64(8),
  bytes: u64(16),
  compressed: u64(24),
  uncompressed: u64(32),
});

/** One tree to destroy. Source: same file, bptree_entry_phys_t. */
export const BPTREE_ENTRY = layout('bptree entry', 168, {
  pointer: raw(0, 128),
  birth: u64(128),
  bookmark: words(136, 4),
});
