import { layout, raw, u32, u64 } from '../bytes/struct.ts';

/** `EFI PART` as a little-endian word. */
export const GPT_SIGNATURE = 0x5452415020494645n;

/**
 * The header of either table; the rest of its sector is zero. All integers are little-endian.
 * Source: UEFI specification 2.10, table 5.5 (GPT header)
 */
export const GPT_HEADER = layout('GPT header', 92, {
  signature: u64(0),
  revision: u32(8),
  headerSize: u32(12),
  headerCrc: u32(16),
  ownLba: u64(24),
  alternateLba: u64(32),
  firstUsableLba: u64(40),
  lastUsableLba: u64(48),
  diskGuid: raw(56, 16),
  entriesLba: u64(72),
  entryCount: u32(80),
  entrySize: u32(84),
  entriesCrc: u32(88),
});

/** Where `headerCrc` lies: those four bytes count as zero in the CRC. */
export const GPT_HEADER_CRC_OFFSET = 16;

/** Source: UEFI specification 2.10, table 5.6 (GPT partition entry) */
export const GPT_ENTRY = layout('GPT entry', 128, {
  typeGuid: raw(0, 16),
  partitionGuid: raw(16, 16),
  firstLba: u64(32),
  /** Inclusive. */
  lastLba: u64(40),
  attributes: u64(48),
  /** UTF-16, ends at the first zero. */
  name: raw(56, 72),
});

/** Logical sectors that disks have; the header says nothing of it, its place does. */
export const SECTOR_SIZES = [512, 4096] as const;

/**
 * Partition types that mean ZFS. Linux tools also use plain types, so another type is no reason to look away.
 * Source: include/sys/efi_partition.h, EFI_USR (illumos and OpenZFS on Linux); FreeBSD sys/disk/gpt.h, GPT_ENT_TYPE_FREEBSD_ZFS
 */
export const ZFS_TYPE_GUIDS = ['6a898cc3-1dd2-11b2-99a6-080020736631', '516e7cba-6ecf-11d6-8ff8-00022d09712b'] as const;
