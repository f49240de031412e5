import { layout, raw, u8, u16, u32 } from '../bytes/struct.ts';

/** The last two bytes of a boot record. */
export const MBR_SIGNATURE = 0xaa55;

/** A master boot record, and each extended boot record. Source: UEFI specification 2.10, table 5.1 (legacy MBR) */
export const MBR = layout('boot record', 512, {
  entries: raw(446, 64),
  signature: u16(510),
});

/** Source: UEFI specification 2.10, table 5.2 (legacy MBR partition record) */
export const MBR_ENTRY = layout('MBR entry', 16, {
  status: u8(0),
  type: u8(4),
  firstLba: u32(8),
  sectorCount: u32(12),
});

/** The one entry that covers a disk with a GPT. */
export const TYPE_PROTECTIVE = 0xee;
/** Extended partitions: CHS, LBA, Linux. */
export const TYPES_EXTENDED = [0x05, 0x0f, 0x85] as const;
/** Solaris, which is what ZFS on MBR disks carries on illumos. */
export const TYPE_ZFS = 0xbf;
