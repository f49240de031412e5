import { layout, raw, u32, u64 } from '../bytes/struct.ts';

/**
 * The label of an LVM2 physical volume; `offset` leads from it to the header behind.
 *
 * Source: LVM2, lib/label/label.h, struct label_header; lib/format_text/layout.h; all little-endian
 */
export const PV_LABEL = layout('LVM label', 32, { id: raw(0, 8), offset: u32(20), type: raw(24, 8) });

/** Header of the volume: its areas follow, each list ended by one of zeros. */
export const PV_HEADER = layout('LVM physical volume', 40, { uuid: raw(0, 32), size: u64(32) });
export const AREA = layout('LVM area', 16, { offset: u64(0), size: u64(8) });

/** Header of an area of metadata, up to the first place of its text. */
export const MDA_HEADER = layout('LVM metadata area', 64, {
  magic: raw(4, 16),
  start: u64(24),
  size: u64(32),
  textOffset: u64(40),
  textSize: u64(48),
});
export const MDA_MAGIC = ' LVM2 x[5A%r0N*>';
/** Where the text goes on that has reached the end of its area. */
export const MDA_HEADER_BYTES = 512;
