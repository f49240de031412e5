import { type Field, layout, u32, u64 } from '../bytes/struct.ts';

/**
 * The end of DRBD's metadata inside a device: big-endian.
 *
 * Source: DRBD, user/shared/drbdmeta.c, struct md_on_disk_08 and md_on_disk_09
 */
export const DRBD = layout('DRBD metadata', 64, { sectors: u64(0) });

/** From the magic, by which the signature is known, back to where the structure begins. */
export const DRBD_MAGIC_AT = 60;

const i32 = (offset: number): Field<number> => ({ offset, size: 4, read: (v, at, le) => v.getInt32(at, le) });

/** Source: Linux, include/uapi/linux/raid/md_p.h, struct mdp_superblock_1: little-endian */
export const MD_1 = layout('md superblock, version 1', 256, {
  level: i32(72),
  dataOffset: u64(128),
  dataSize: u64(136),
});

/** Source: the same, mdp_super_t: in the byte order of the machine; the size of a leg in KiB */
export const MD_0_90 = layout('md superblock, version 0.90', 128, { level: i32(28), size: u32(32) });

/** Source: Linux, drivers/md/bcache/bcache_ondisk.h, struct cache_sb_disk: little-endian */
export const BCACHE = layout('bcache superblock', 192, { dataOffset: u64(184) });
export const BCACHE_MAGIC_AT = 24;

/** Every leg has all that the array has. */
export const MD_RAID1 = 1;
