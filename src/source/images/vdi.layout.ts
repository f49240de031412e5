import { layout, raw, u32, u64 } from '../../bytes/struct.ts';

/** All integers are little-endian. Source: VirtualBox, src/VBox/Storage/VDICore.h; QEMU, block/vdi.c */
export const VDI_HEADER = layout('VDI header', 0x1c8, {
  magic: u32(0x40),
  version: u32(0x44),
  type: u32(0x4c),
  tableOffset: u32(0x154),
  dataOffset: u32(0x158),
  size: u64(0x170),
  blockSize: u32(0x178),
  blockExtra: u32(0x17c),
  blocks: u32(0x180),
  allocated: u32(0x184),
  uuid: raw(0x188, 16),
  parentUuid: raw(0x1a8, 16),
});

export const VDI_TYPE = { dynamic: 1, static: 2, undo: 3, differencing: 4 } as const;

/** Entries of the table that are no block number. */
export const VDI_ENTRY = { free: 0xffffffff, zero: 0xfffffffe } as const;
