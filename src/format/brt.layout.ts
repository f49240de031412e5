import { layout, u64 } from '../bytes/struct.ts';

/** MOS directory keys: this and the id of a top-level vdev in decimal. Source: include/sys/brt_impl.h, BRT_OBJECT_VDEV_PREFIX. */
export const BRT_KEY_PREFIX = 'com.fudosecurity:brt:vdev:';

/**
 * Bonus of the block cloning table of one top-level vdev.
 * Source: include/sys/brt_impl.h, brt_vdev_phys_t (OpenZFS 2.4.99).
 */
export const BRT_VDEV = layout('block cloning table header', 56, {
  entries: u64(0),
  size: u64(8),
  byteOrder: u64(16),
  totalCount: u64(24),
  rangeSize: u64(32),
  usedSpace: u64(40),
  savedSpace: u64(48),
});
