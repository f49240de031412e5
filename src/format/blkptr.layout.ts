import { bitField } from '../bytes/bits.ts';
import { layout, u64, words } from '../bytes/struct.ts';

/**
 * A block pointer.
 * Source: include/sys/spa.h, blkptr_t (OpenZFS 2.4.99).
 */
export const BLKPTR = layout('block pointer', 128, {
  dva0: words(0, 2),
  dva1: words(16, 2),
  dva2: words(32, 2),
  props: u64(48),
  props2: u64(56),
  pad: u64(64),
  physicalBirth: u64(72),
  birth: u64(80),
  fill: u64(88),
  checksum: words(96, 4),
});

/** First word of a DVA. Sizes and offsets are in 512-byte sectors. */
export const DVA_WORD0 = { asize: bitField(0, 24), vdev: bitField(32, 24) } as const;
/** Second word of a DVA. Of 63 bits of sectors OpenZFS keeps those that fit into 64 bits of bytes. */
export const DVA_WORD1 = { offset: bitField(0, 55), gang: bitField(63, 1) } as const;

/** `props` of a block pointer to a block. Sizes are in sectors, less one. */
export const BLKPTR_PROPS = {
  lsize: bitField(0, 16),
  psize: bitField(16, 16),
  compression: bitField(32, 7),
  embedded: bitField(39, 1),
  checksum: bitField(40, 8),
  type: bitField(48, 8),
  level: bitField(56, 5),
  crypt: bitField(61, 1),
  dedup: bitField(62, 1),
  littleEndian: bitField(63, 1),
} as const;

/** `props` where it differs in an embedded block pointer. Sizes are in bytes, less one. Source: same file, BPE_*. */
export const EMBEDDED_PROPS = { lsize: bitField(0, 25), psize: bitField(25, 7), kind: bitField(40, 8) } as const;

/** `props2`. Source: same file, BP_GET_REWRITE (2.4). */
export const BLKPTR_PROPS2 = { rewritten: bitField(63, 1) } as const;

/** The words of an embedded block pointer that carry payload, in order. Source: same file, BPE_NUM_WORDS. */
export const EMBEDDED_WORDS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 15] as const;
