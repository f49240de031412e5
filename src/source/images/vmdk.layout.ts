import { layout, raw, u8, u16, u32, u64 } from '../../bytes/struct.ts';

/** Sectors are of 512 bytes, integers little-endian. Source: VMware, Virtual Disk Format 5.0, "Hosted Sparse Extent Header" */
export const VMDK_SPARSE = layout('VMDK sparse extent header', 512, {
  magic: u32(0),
  version: u32(4),
  flags: u32(8),
  capacity: u64(12),
  grainSize: u64(20),
  descriptorOffset: u64(28),
  descriptorSize: u64(36),
  entriesPerTable: u32(44),
  redundantDirectory: u64(48),
  directory: u64(56),
  overhead: u64(64),
  uncleanShutdown: u8(72),
  newlines: raw(73, 4),
  compression: u16(77),
});

export const VMDK_FLAGS = {
  newlineTest: 1,
  redundantDirectory: 2,
  zeroedGrains: 4,
  compressed: 0x10000,
  markers: 0x20000,
};
/** `directory` where the header at the front is a stand-in and the real one stands at the end. */
export const VMDK_FOOTER = 0xffffffffffffffffn;
/** From the end of the file, before the marker that ends the stream. */
export const VMDK_FOOTER_AT = 1024;

/** In front of the data of a compressed grain. Source: the same, "Stream-Optimized Compressed Sparse Extents" */
export const VMDK_GRAIN = layout('VMDK grain marker', 12, { lba: u64(0), size: u32(8) });

/** Source: the same, "ESX Server Sparse Extents" */
export const VMDK_COWD = layout('VMDK ESX sparse extent header', 2048, {
  magic: u32(0),
  version: u32(4),
  flags: u32(8),
  sectors: u32(12),
  granularity: u32(16),
  directory: u32(20),
  directoryEntries: u32(24),
});
export const VMDK_COWD_ENTRIES = 4096;

/** Source: QEMU, block/vmdk.c, VMDKSESparseConstHeader */
export const VMDK_SESPARSE = layout('VMDK seSparse header', 512, {
  magic: u64(0),
  version: u64(8),
  capacity: u64(16),
  grainSize: u64(24),
  tableSize: u64(32),
  flags: u64(40),
  directoryOffset: u64(128),
  directorySize: u64(136),
  tablesOffset: u64(144),
  tablesSize: u64(152),
  grainsOffset: u64(192),
  grainsSize: u64(200),
});
export const VMDK_SESPARSE_VERSION = 0x0000000200000001n;

export const VMDK_MAGIC = { sparse: 0x564d444b, cowd: 0x44574f43, seSparse: 0xcafebabe } as const;
