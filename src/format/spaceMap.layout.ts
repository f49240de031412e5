import { bitField } from '../bytes/bits.ts';
import { layout, u64, words } from '../bytes/struct.ts';

/**
 * Bonus of a space map; old ones end after `allocated`.
 * Source: include/sys/space_map.h, space_map_phys_t (OpenZFS 2.4.99).
 */
export const SPACE_MAP = layout('space map header', 24, { object: u64(0), length: u64(8), allocated: u64(16) });
/** Buckets of free regions by size. Source: same file, smp_histogram. */
export const SPACE_MAP_HISTOGRAM = layout('space map histogram', 320, { histogram: words(64, 32) });

/** Upper bits of an entry; a first bit of 0 makes it a one-word entry. Source: same file, SM_DEBUG_PREFIX, SM2_PREFIX. */
export const SPACE_MAP_PREFIX = { bits: bitField(62, 2), debug: 2n, twoWords: 3n } as const;
export const SPACE_MAP_DEBUG = { txg: bitField(0, 50), syncPass: bitField(50, 10), action: bitField(60, 2) } as const;
/** `run` is one less than the length. */
export const SPACE_MAP_ONE = { run: bitField(0, 15), free: bitField(15, 1), offset: bitField(16, 47) } as const;
export const SPACE_MAP_TWO_FIRST = { vdev: bitField(0, 24), run: bitField(24, 36) } as const;
export const SPACE_MAP_TWO_SECOND = { offset: bitField(0, 63), free: bitField(63, 1) } as const;
