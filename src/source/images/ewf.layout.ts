import { layout, raw, u8, u16, u32, u64 } from '../../bytes/struct.ts';

/** Begins every segment file. All integers are little-endian. Source: libewf, EWF specification, "Segment file header" */
export const EWF_FILE = layout('EWF file header', 13, {
  signature: raw(0, 8),
  start: u8(8),
  segment: u16(9),
  end: u16(11),
});
export const EWF_SIGNATURE = 'EVF\x09\x0d\x0a\xff\0';

/** Source: the same, "The section descriptor" */
export const EWF_SECTION = layout('EWF section', 76, {
  type: raw(0, 16),
  next: u64(16),
  size: u64(24),
  checksum: u32(72),
});
export const EWF_SECTION_SUMMED = 72;

/** Source: the same, "Volume section"; of the older form (SMART) the first 24 bytes are these as well. */
export const EWF_VOLUME = layout('EWF volume', 24, {
  mediaType: u8(0),
  chunks: u32(4),
  sectorsPerChunk: u32(8),
  bytesPerSector: u32(12),
  sectors: u64(16),
});
/** Length of the older form, whose number of sectors has four bytes. */
export const EWF_SMART_VOLUME = 94;

/** Entries of four bytes follow. Source: the same, "Table section" */
export const EWF_TABLE = layout('EWF table', 24, { entries: u32(0), base: u64(8), checksum: u32(20) });
export const EWF_TABLE_SUMMED = 20;
export const EWF_PACKED = 0x80000000;

/** Entries follow. Source: libewf, libewf_error2 section */
export const EWF_ERROR2 = layout('EWF error2', 520, { entries: u32(0) });
export const EWF_ERROR2_ENTRY = layout('EWF error2 entry', 8, { firstSector: u32(0), sectors: u32(4) });

/** Of all bytes of the disk. Source: libewf, EWF specification, "Hash section" and "Digest section" */
export const EWF_HASH = layout('EWF hash', 36, { md5: raw(0, 16), checksum: u32(32) });
export const EWF_HASH_SUMMED = 32;
export const EWF_DIGEST = layout('EWF digest', 80, { md5: raw(0, 16), sha1: raw(16, 20), checksum: u32(76) });
export const EWF_DIGEST_SUMMED = 76;
