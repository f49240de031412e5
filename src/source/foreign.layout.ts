/** What a signature is of, which decides what can be done. */
export type ForeignKind =
  | 'luks'
  | 'bitlocker'
  | 'geli'
  | 'geom'
  | 'md'
  | 'lvm'
  | 'bcache'
  | 'drbd'
  | 'vdo'
  | 'integrity'
  | 'stratis'
  | 'ceph'
  | 'firmware-raid'
  | 'swap'
  | 'table'
  | 'filesystem';

/** Bytes that something other than ZFS writes to a device. */
export interface ForeignLayout {
  readonly kind: ForeignKind;
  /** For a sentence: `a LUKS header`. */
  readonly name: string;
  /** From the front a byte offset; from the end `floor(size / align) * align - back`. */
  readonly at: number | { readonly align: number; readonly back: number };
  /** One character a byte. */
  readonly magic: string;
  /** What else has to stand there, counted from the magic: short magics alone are met by chance. */
  readonly also?: readonly (readonly [offset: number, bytes: string])[];
  /** From the magic to a little-endian u64 that holds the sector of the magic itself. */
  readonly ownSector?: number;
}

/** Bytes at the front in which signatures are looked for. */
export const FRONT_BYTES = 66 * 1024;
/** Bytes at the end in which they are, but for md 0.90. */
export const BACK_BYTES = 16 * 1024;

/** Where the superblock of md 0.90 begins. Source: Linux, drivers/md/md.h, MD_NEW_SIZE_SECTORS */
export const MD_90_AT = { align: 65536, back: 65536 } as const;

const SECTOR = { align: 512, back: 512 };
const SECTOR_4K = { align: 4096, back: 4096 };
const MD_MAGIC = '\xfc\x4e\x2b\xa9';

/**
 * Offsets are those that `wipefs` shows, so that its `-o` takes them.
 *
 * Sources: cryptsetup LUKS1 and LUKS2 on-disk format; libbde, BitLocker volume header; FreeBSD sys/geom/eli/g_eli.h and
 * other GEOM classes (last sector); Linux drivers/md/md.c, super_90_load, super_1_load; LVM2 lib/format_text/layout.h;
 * Linux include/uapi/linux/bcache.h; DRBD user/drbdmeta.c; util-linux libblkid/src/superblocks; each but GEOM, DRBD,
 * VDO, integrity, Stratis, Ceph and UFS was compared with `wipefs` 2.38 on what its own tool made, or md on a made one.
 */
export const FOREIGN: readonly ForeignLayout[] = [
  { kind: 'luks', name: 'a LUKS header', at: 0, magic: 'LUKS\xba\xbe\0' },
  ...[0x4000, 0x8000, 0x10000].map((at): ForeignLayout => {
    return { kind: 'luks', name: 'the second header of LUKS2', at, magic: 'SKUL\xba\xbe\0\x02' };
  }),
  { kind: 'bitlocker', name: 'a BitLocker header', at: 3, magic: '-FVE-FS-' },
  { kind: 'geli', name: 'GELI metadata', at: SECTOR, magic: 'GEOM::ELI\0' },
  { kind: 'geli', name: 'GELI metadata', at: SECTOR_4K, magic: 'GEOM::ELI\0' },
  ...['MIRROR', 'LABEL', 'STRIPE', 'CONCAT', 'RAID3', 'JOURNAL', 'MULTIPATH'].flatMap((name): ForeignLayout[] =>
    [SECTOR, SECTOR_4K].map((at) => ({
      kind: 'geom',
      name: `metadata of FreeBSD's g${name.toLowerCase()}`,
      at,
      magic: `GEOM::${name}\0`,
    })),
  ),
  md('1.1', 0),
  md('1.2', 4096),
  md('1.0', { align: 4096, back: 8192 }),
  ...[MD_MAGIC, '\xa9\x2b\x4e\xfc'].map((magic): ForeignLayout => {
    const words = magic === MD_MAGIC ? '\0\0\0\0\x5a\0\0\0' : '\0\0\0\0\0\0\0\x5a';
    return { kind: 'md', name: 'an md RAID superblock, version 0.90', at: MD_90_AT, magic, also: [[4, words]] };
  }),
  ...[0, 1, 2, 3].map((sector): ForeignLayout => {
    const also = [[-24, 'LABELONE']] as const;
    return { kind: 'lvm', name: 'the label of an LVM physical volume', at: sector * 512 + 24, magic: 'LVM2 001', also };
  }),
  {
    kind: 'bcache',
    name: 'a bcache superblock',
    at: 4096 + 24,
    magic: '\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81',
  },
  ...['\x6b', '\x6c', '\x6d'].map((last): ForeignLayout => {
    // The magic stands 60 bytes into the last whole 4 KiB.
    const at = { align: 4096, back: 4096 - 60 };
    return { kind: 'drbd', name: 'DRBD metadata', at, magic: `\x83\x74\x02${last}` };
  }),
  { kind: 'vdo', name: 'a VDO volume', at: 0, magic: 'dmvdo001' },
  { kind: 'integrity', name: 'a dm-integrity superblock', at: 0, magic: 'integrt\0' },
  { kind: 'stratis', name: 'a Stratis pool', at: 512 + 4, magic: '!Stra0tis\x86\xff\x02^\x41rh' },
  { kind: 'ceph', name: 'a Ceph BlueStore', at: 0, magic: 'bluestore block device' },
  firmware('an Intel (isw)', 1024, 'Intel Raid ISM Cfg Sig. '),
  firmware('an Nvidia', 1024, 'NVIDIA'),
  firmware('a DDF', 512, '\xde\x11\xde\x11'),
  ...[512, 4096].map((at): ForeignLayout => {
    return { kind: 'table', name: 'a partition table (GPT)', at, magic: 'EFI PART\0\0\x01\0' };
  }),
  { kind: 'swap', name: 'Linux swap space', at: 4096 - 10, magic: 'SWAPSPACE2' },
  filesystem('an ext2, ext3 or ext4 file system', 0x438, '\x53\xef', [0x4c - 0x38, '\x01\0\0\0']),
  filesystem('an XFS file system', 0, 'XFSB\0\0'),
  filesystem('a Btrfs file system', 0x10040, '_BHRfS_M'),
  filesystem('an F2FS file system', 0x400, '\x10\x20\xf5\xf2'),
  filesystem('an NTFS file system', 3, 'NTFS    ', [507, '\x55\xaa']),
  filesystem('an exFAT file system', 3, 'EXFAT   ', [507, '\x55\xaa']),
  filesystem('a ReFS file system', 3, 'ReFS\0\0\0\0'),
  filesystem('a FAT file system', 0x52, 'FAT32   ', [0x1fe - 0x52, '\x55\xaa']),
  filesystem('a FAT file system', 0x36, 'FAT16   ', [0x1fe - 0x36, '\x55\xaa']),
  filesystem('a FAT file system', 0x36, 'FAT12   ', [0x1fe - 0x36, '\x55\xaa']),
  filesystem('an ISO 9660 image', 0x8001, 'CD001'),
  filesystem('a JFS file system', 0x8000, 'JFS1'),
  filesystem('a ReiserFS file system', 0x10034, 'ReIsEr'),
  filesystem('a UFS2 file system', 0x1055c, '\x19\x01\x54\x19'),
  filesystem('an APFS container', 32, 'NXSB'),
  filesystem('an HFS+ file system', 0x400, 'H+\0\x04'),
  filesystem('a SquashFS file system', 0, 'hsqs'),
];

function md(version: string, at: ForeignLayout['at']): ForeignLayout {
  const also = [[4, '\x01\0\0\0']] as const;
  return { kind: 'md', name: `an md RAID superblock, version ${version}`, at, magic: MD_MAGIC, also, ownSector: 144 };
}

function firmware(vendor: string, back: number, magic: string): ForeignLayout {
  return { kind: 'firmware-raid', name: `metadata of ${vendor} firmware RAID`, at: { align: 512, back }, magic };
}

function filesystem(name: string, at: number, magic: string, ...also: (readonly [number, string])[]): ForeignLayout {
  return { kind: 'filesystem', name, at, magic, also };
}
