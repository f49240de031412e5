import { bitField } from '../bytes/bits.ts';
import { layout, u64, words } from '../bytes/struct.ts';

/**
 * Bonus of the mapping of a removed top-level vdev; old ones end before `counts`.
 * Source: include/sys/vdev_indirect_mapping.h, vdev_indirect_mapping_phys_t (OpenZFS 2.4.99).
 */
export const INDIRECT_MAPPING = layout('indirect mapping header', 24, {
  maxOffset: u64(0),
  bytes: u64(8),
  entries: u64(16),
});
export const INDIRECT_MAPPING_COUNTS = layout('indirect mapping header', 32, { counts: u64(24) });

/** Source: same file, vdev_indirect_mapping_entry_phys_t. */
export const INDIRECT_MAPPING_ENTRY = layout('indirect mapping entry', 24, { source: u64(0), dva: words(8, 2) });
/** Parts of `source`. Source: same file, DVA_MAPPING_GET_SRC_OFFSET. */
export const INDIRECT_SOURCE = { offset: bitField(0, 63), mark: bitField(63, 1) } as const;

/** Bonus of the births. Source: include/sys/vdev_indirect_births.h, vdev_indirect_birth_phys_t. */
export const INDIRECT_BIRTHS = layout('indirect births header', 8, { count: u64(0) });
/** Source: same file, vdev_indirect_birth_entry_phys_t. */
export const INDIRECT_BIRTH = layout('indirect birth', 16, { offset: u64(0), physicalBirth: u64(8) });
