import { layout, raw, u16, u32, u64 } from '../../bytes/struct.ts';

/** All integers are little-endian. Source: [MS-VHDX] 2.2 to 2.6 */
export const VHDX_HEADERS = [64 * 1024, 128 * 1024] as const;
export const VHDX_HEADER_BYTES = 4096;
export const VHDX_HEADER = layout('VHDX header', 80, {
  signature: u32(0),
  checksum: u32(4),
  sequence: u64(8),
  logGuid: raw(48, 16),
  logVersion: u16(64),
  version: u16(66),
  logLength: u32(68),
  logOffset: u64(72),
});

export const VHDX_REGION_TABLES = [192 * 1024, 256 * 1024] as const;
export const VHDX_REGION_BYTES = 64 * 1024;
export const VHDX_REGION_TABLE = layout('VHDX region table', 16, {
  signature: u32(0),
  checksum: u32(4),
  entries: u32(8),
});
export const VHDX_REGION = layout('VHDX region', 32, {
  guid: raw(0, 16),
  offset: u64(16),
  length: u32(24),
  required: u32(28),
});

export const VHDX_METADATA_TABLE = layout('VHDX metadata table', 32, { signature: u64(0), entries: u16(10) });
export const VHDX_METADATA = layout('VHDX metadata entry', 32, {
  guid: raw(0, 16),
  offset: u32(16),
  length: u32(20),
  flags: u32(24),
});
/** Bit of `flags`: who does not know the item must not open the file. */
export const VHDX_METADATA_REQUIRED = 4;

export const VHDX_FILE_PARAMETERS = layout('VHDX file parameters', 8, { blockSize: u32(0), flags: u32(4) });
export const VHDX_HAS_PARENT = 2;
export const VHDX_LOCATOR = layout('VHDX parent locator', 20, { type: raw(0, 16), count: u16(18) });
export const VHDX_LOCATOR_ENTRY = layout('VHDX parent locator entry', 12, {
  keyOffset: u32(0),
  valueOffset: u32(4),
  keyLength: u16(8),
  valueLength: u16(10),
});

export const VHDX_LOG_ENTRY = layout('VHDX log entry', 64, {
  signature: u32(0),
  checksum: u32(4),
  length: u32(8),
  tail: u32(12),
  sequence: u64(16),
  descriptors: u32(24),
  guid: raw(32, 16),
  flushedOffset: u64(48),
  lastOffset: u64(56),
});
export const VHDX_LOG_SECTOR = 4096;
export const VHDX_DESCRIPTOR = layout('VHDX log descriptor', 32, {
  signature: u32(0),
  /** Of a data descriptor the last four bytes of the sector; of a zero descriptor unused. */
  trailing: raw(4, 4),
  /** Of a data descriptor the first eight bytes of the sector; of a zero descriptor the number of bytes. */
  leading: raw(8, 8),
  offset: u64(16),
  sequence: u64(24),
});
export const VHDX_DATA_SECTOR = layout('VHDX log data sector', 4096, {
  signature: u32(0),
  sequenceHigh: u32(4),
  data: raw(8, 4084),
  sequenceLow: u32(4092),
});

/** Text as little-endian words. */
export const VHDX_SIGNATURE = {
  header: 0x64616568,
  regions: 0x69676572,
  metadata: 0x617461646174656dn,
  log: 0x65676f6c,
  descriptor: 0x63736564,
  zero: 0x6f72657a,
  data: 0x61746164,
} as const;

export const VHDX_GUID = {
  bat: '2dc27766-f623-4200-9d64-115e9bfd4a08',
  metadata: '8b7ca206-4790-4b9a-b8fe-575f050f886e',
  fileParameters: 'caa16737-fa36-4d43-b3b6-33f0aa44e76b',
  diskSize: '2fa54224-cd1b-4876-b211-5dbed83bf4b8',
  logicalSector: '8141bf1d-a96f-4709-ba47-f233a8faab5f',
  physicalSector: 'cda348c7-445d-4471-9cc9-e9885251c556',
  page83: 'beca12ab-b2e6-4523-93ef-c309e000c746',
  parentLocator: 'a8d35f2d-b30b-454d-abf7-d3d84834ab0c',
} as const;

/** States of a block, the low three bits of an entry of the BAT. */
export const VHDX_BLOCK = { notPresent: 0, undefined: 1, zero: 2, unmapped: 3, full: 6, partial: 7 } as const;
