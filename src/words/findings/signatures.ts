import type { ForeignKind } from '../../source/foreign.ts';

/** What udev, which goes by libblkid, makes of a vdev that carries the signature too. Asked of util-linux 2.38 */
export const BLKID = {
  other: 'udev goes by it and does not call the device zfs_member, so that zpool import without -d passes it over.',
  none: 'libblkid finds both and names neither, so that zpool import without -d passes the device over.',
} as const;

export interface SignatureWords {
  /** For a sentence: `a LUKS` container. */
  readonly word: string;
  /** Null where libblkid does not know it. */
  readonly type: keyof typeof BLKID | null;
  /** What it does at boot. */
  readonly boot: string;
  /** The program that makes the device free for ZFS. */
  readonly free: string;
  /** How what is inside is got at, given what the device is called that this makes; null where no vdev can be inside. */
  readonly open: ((makes: string | null) => string) | null;
}

const mapped = (program: string) => (makes: string | null) =>
  `open it (${program}), then scan ${makes === null ? 'the device that it makes' : `/dev/mapper/${makes}`}`;

export const SIGNATURE_WORDS: Readonly<Record<ForeignKind, SignatureWords>> = {
  luks: {
    word: 'a LUKS',
    type: 'other',
    boot: 'Where crypttab names it, it is opened at boot and the device is then busy.',
    free: 'cryptsetup close',
    open: mapped('cryptsetup'),
  },
  bitlocker: {
    word: 'a BitLocker',
    type: 'other',
    boot: 'Windows and desktops offer to unlock it.',
    free: 'cryptsetup close',
    open: mapped('cryptsetup'),
  },
  geli: {
    word: 'a GELI',
    type: null,
    boot: 'FreeBSD may attach it at boot, and the device is then busy.',
    free: 'geli detach',
    open: () => 'on FreeBSD attach it (geli), then scan the device with .eli behind its name',
  },
  geom: {
    word: 'a GEOM',
    type: null,
    boot: 'FreeBSD lays its own device over it, one sector shorter, and the device is then busy.',
    free: 'gmirror stop, or what its class has,',
    open: () =>
      'on FreeBSD load its class (gmirror load for a mirror), then scan the device below /dev/mirror, or of its class',
  },
  md: {
    word: 'an md RAID',
    type: 'other',
    boot: 'At boot mdadm assembles it, and the device is then busy for ZFS.',
    free: 'mdadm --stop',
    open: () => 'assemble it together with the other members (mdadm takes them behind the first), then scan /dev/md127',
  },
  lvm: {
    word: 'an LVM',
    type: 'other',
    boot: 'At boot LVM may activate its volume group, and the device is then busy for ZFS.',
    free: 'vgchange -an',
    open: () => 'activate its volume group (vgchange), then scan the volumes of that',
  },
  bcache: {
    word: 'a bcache',
    type: 'none',
    boot: 'At boot udev registers it with bcache, and the device is then busy for ZFS.',
    free: 'writing 1 to its stop file below /sys/block',
    open: () =>
      'register a copy of it, and of the cache device, with bcache, then scan /dev/bcache0: newer data may be on the cache',
  },
  drbd: {
    word: 'a DRBD',
    type: 'other',
    boot: 'A DRBD resource that is made of it keeps the device busy.',
    free: 'drbdadm down',
    open: () => 'its data begins at byte 0; bring its resource up (drbdadm), then scan /dev/drbd0',
  },
  vdo: {
    word: 'a VDO',
    type: 'other',
    boot: 'LVM or vdo may start it at boot, and the device is then busy.',
    free: 'vgchange -an',
    open: () => 'start the VDO volume, then scan the device that it makes',
  },
  integrity: {
    word: 'a dm-integrity',
    type: 'other',
    boot: 'It may be opened at boot, and the device is then busy.',
    free: 'integritysetup close',
    open: (makes) => `${mapped('integritysetup')(makes)}: on a copy, for it replays its journal`,
  },
  stratis: {
    word: 'a Stratis',
    type: 'other',
    boot: 'stratisd starts it at boot, and the device is then busy.',
    free: 'stratis pool stop',
    open: null,
  },
  ceph: {
    word: 'a Ceph',
    type: 'other',
    boot: 'A Ceph OSD may start on it at boot and write to it.',
    free: 'stopping its OSD (systemctl)',
    open: null,
  },
  'firmware-raid': {
    word: 'a firmware RAID',
    type: 'other',
    boot: 'At boot mdadm or dmraid makes one disk of it and its siblings, and the device is then busy for ZFS.',
    free: 'mdadm --stop',
    open: () =>
      'assemble it together with the other disks (mdadm takes them behind the first), then scan what it makes',
  },
  table: {
    word: 'a partition table',
    type: null,
    boot: 'The system makes devices of its partitions. What wrote it wrote over the front of the vdev, and an import that writes puts label 0 over it again.',
    free: 'partx -d',
    open: null,
  },
  swap: {
    word: 'a swap',
    type: 'none',
    boot: 'Where fstab names it, the system swaps to it and overwrites the pool.',
    free: 'swapoff',
    open: null,
  },
  filesystem: {
    word: 'a file system',
    type: 'none',
    boot: 'What it wrote elsewhere on the device is lost to the pool. Where fstab or a desktop mounts it, it writes on: do not mount it and run no fsck.',
    free: 'umount',
    open: null,
  },
};
