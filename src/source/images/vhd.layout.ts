import { layout, raw, u16, u32, u64 } from '../../bytes/struct.ts';

/**
 * Ends a VHD of any kind, and begins all but a fixed one. All integers are big-endian.
 * Source: Microsoft, Virtual Hard Disk Image Format Specification, "Hard Disk Footer Format"
 */
export const VHD_FOOTER = layout('VHD footer', 512, {
  cookie: raw(0, 8),
  features: u32(8),
  version: u32(12),
  dataOffset: u64(16),
  creator: raw(28, 4),
  size: u64(48),
  cylinders: u16(56),
  heads: raw(58, 1),
  sectorsPerTrack: raw(59, 1),
  type: u32(60),
  checksum: u32(64),
  uuid: raw(68, 16),
});

export const VHD_CHECKSUM_AT = 64;
export const VHD_TYPE = { fixed: 2, dynamic: 3, differencing: 4 } as const;

/** Source: the same, "Dynamic Disk Header Format" */
export const VHD_DYNAMIC = layout('VHD dynamic header', 1024, {
  cookie: raw(0, 8),
  tableOffset: u64(16),
  entries: u32(28),
  blockSize: u32(32),
  checksum: u32(36),
  parentUuid: raw(40, 16),
  /** UTF-16, big-endian. */
  parentName: raw(64, 512),
});

export const VHD_DYNAMIC_CHECKSUM_AT = 36;
export const VHD_FREE = 0xffffffff;
