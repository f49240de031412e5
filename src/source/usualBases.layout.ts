const SECTOR = 512;
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/**
 * Where systems begin the partition of a vdev, in bytes, as far as that is no multiple of 1 MiB: a lost table is looked
 * for by what its partitions hold.
 *
 * Source: lib/libzfs/os/linux/libzfs_pool_os.c, zpool_label_disk; usr/src/lib/libefi/common/rdwr_efi.c of illumos; the
 * installers of FreeBSD (bsdinstall, zfsboot), TrueNAS and Proxmox
 */
export const USUAL_BASES: readonly { readonly base: number; readonly layout: string }[] = [
  { base: 0, layout: 'the whole disk' },
  { base: 34 * SECTOR, layout: 'the first usable sector of a GPT' },
  { base: 40 * SECTOR, layout: 'FreeBSD, a GPT aligned to 4 KiB' },
  { base: 63 * SECTOR, layout: 'an MBR aligned to tracks' },
  { base: 128 * SECTOR, layout: 'TrueNAS CORE without swap' },
  { base: 256 * SECTOR, layout: 'illumos, slice 0 of a whole disk' },
  { base: 2 * GIB + 128 * SECTOR, layout: 'TrueNAS CORE behind 2 GiB of swap' },
  { base: 2 * GIB + MIB + SECTOR, layout: 'TrueNAS SCALE behind 2 GiB of swap' },
  { base: 4 * GIB + 128 * SECTOR, layout: 'TrueNAS CORE behind 4 GiB of swap' },
  { base: 8 * GIB + 128 * SECTOR, layout: 'TrueNAS CORE behind 8 GiB of swap' },
  { base: 16 * GIB + 128 * SECTOR, layout: 'TrueNAS CORE behind 16 GiB of swap' },
];
