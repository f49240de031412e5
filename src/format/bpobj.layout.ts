import { layout, u64 } from '../bytes/struct.ts';

/**
 * Bonus of a bpobj, as long as the youngest version has it.
 * Source: include/sys/bpobj.h, bpobj_phys_t (OpenZFS 2.4.99).
 */
export const BPOBJ = layout('bpobj header', 56, {
  pointers: u64(0),
  bytes: u64(8),
  compressed: u64(16),
  uncompressed: u64(24),
  subobjects: u64(32),
  subobjectCount: u64(40),
  freed: u64(48),
});

/** Bytes of the header by what it has. Source: same file, BPOBJ_SIZE_V0 to V2. */
export const BPOBJ_SIZE = { plain: 16, sizes: 32, subobjects: 48, freed: 56 } as const;
