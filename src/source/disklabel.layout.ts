import { layout, raw, u8, u16, u32 } from '../bytes/struct.ts';

/** A BSD label, in the second sector of an MBR partition, of a disk without one, or of a GPT partition; little-endian. */
export const BSD_LABEL = layout('BSD label', 148, {
  magic: u32(0),
  magic2: u32(132),
  partitionCount: u16(138),
});
export const BSD_MAGIC = 0x82564557;
/** Source: FreeBSD sys/sys/disklabel.h, struct partition */
export const BSD_ENTRY = layout('BSD label entry', 16, {
  /** Sectors. */
  size: u32(0),
  first: u32(4),
  type: u8(12),
});
export const BSD_ENTRIES_AT = 148;
/** More has no partition letter. */
export const BSD_MOST_ENTRIES = 16;
export const BSD_UNUSED = 0;
/** Source: FreeBSD sys/sys/disk/bsd.h, FS_ZFS */
export const BSD_ZFS = 27;
/** The entry that stands for all of what the label is in. */
export const BSD_RAW_ENTRY = 2;
/** Types of MBR partitions that have one: FreeBSD, OpenBSD, NetBSD. Source: Linux, include/linux/msdos_partition.h */
export const MBR_TYPES_BSD = [0xa5, 0xa6, 0xa9] as const;
export const MBR_TYPE_FREEBSD = 0xa5;
/** A GPT partition that has one. Source: FreeBSD sys/sys/disk/gpt.h, GPT_ENT_TYPE_FREEBSD */
export const GPT_TYPE_FREEBSD = '516e7cb4-6ecf-11d6-8ff8-00022d09712b';

/**
 * The table of contents of Solaris on x86, in the second sector of an MBR partition; little-endian.
 * Source: illumos, usr/src/uts/common/sys/vtoc.h, struct vtoc32; Linux, block/partitions/msdos.c
 */
export const SOLARIS_VTOC = layout('Solaris VTOC', 72, { sanity: u32(12), version: u32(16), sliceCount: u16(30) });
export const VTOC_SANE = 0x600ddeee;
export const SOLARIS_SLICE = layout('Solaris slice', 12, { tag: u16(0), first: u32(4), size: u32(8) });
/** Types of MBR partitions that have one; the first is Linux swap too. */
export const MBR_TYPES_SOLARIS = [0x82, 0xbf] as const;

/**
 * The label of Solaris on SPARC and of SunOS, in sector 0; big-endian.
 * Source: illumos, usr/src/uts/common/sys/dklabel.h, struct dk_label; Linux, block/partitions/sun.c
 */
export const SUN_LABEL = layout('Sun label', 512, {
  tracks: u16(436),
  sectors: u16(438),
  slices: raw(444, 64),
  magic: u16(508),
});
export const SUN_MAGIC = 0xdabe;
export const SUN_SLICE = layout('Sun slice', 8, { firstCylinder: u32(0), size: u32(4) });
