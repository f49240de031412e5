import { layout, u8, u16, u32, u64 } from '../../bytes/struct.ts';

/**
 * All integers are big-endian. Version 2 ends here; its extensions follow at once.
 * Source: QEMU, docs/interop/qcow2.rst, "Header"
 */
export const QCOW2_HEADER = layout('qcow2 header', 72, {
  magic: u32(0),
  version: u32(4),
  backingOffset: u64(8),
  backingLength: u32(16),
  clusterBits: u32(20),
  size: u64(24),
  cryptMethod: u32(32),
  l1Size: u32(36),
  l1Offset: u64(40),
  snapshotCount: u32(60),
  snapshotsOffset: u64(64),
});

/** What version 3 adds. */
export const QCOW2_HEADER_3 = layout('qcow2 version 3 header', 104, {
  incompatible: u64(72),
  compatible: u64(80),
  autoclear: u64(88),
  refcountOrder: u32(96),
  headerLength: u32(100),
});

/** Byte in the header where the compression is said, in headers longer than `QCOW2_HEADER_3`. */
export const QCOW2_COMPRESSION_AT = 104;

export const QCOW2_EXTENSION = layout('qcow2 header extension', 8, { type: u32(0), length: u32(4) });
export const QCOW2_EXTENSION_TYPES = { end: 0, backingFormat: 0xe2792aca, features: 0x6803f857, dataFile: 0x44415441 };

/** Bits of `incompatible`. A dirty image has reference counts that are not kept; reading needs none. */
export const QCOW2_INCOMPATIBLE = { dirty: 0n, corrupt: 1n, dataFile: 2n, compression: 3n, extendedL2: 4n };

/** In the feature table: which of the three sets, which bit, its name. */
export const QCOW2_FEATURE = layout('qcow2 feature name', 48, { set: u8(0), bit: u8(1) });

/** Followed by extra data, id and name; padded to 8 bytes. Source: the same, "Snapshots" */
export const QCOW2_SNAPSHOT = layout('qcow2 snapshot', 40, {
  l1Offset: u64(0),
  l1Size: u32(8),
  idLength: u16(12),
  nameLength: u16(14),
  extraSize: u32(36),
});

/** Bits of an entry of L1 or L2. */
export const QCOW2_ENTRY = {
  offset: 0x00fffffffffffe00n,
  compressed: 1n << 62n,
  zero: 1n,
} as const;

/** `magic` of the header, as a big-endian word. */
export const QCOW2_MAGIC = 0x514649fb;
