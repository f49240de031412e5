import type { ForeignKind } from '../../source/foreign.ts';

/** What udev, which goes by libblkid, makes of a vdev that carries the signature too. Asked of util-linux 2.38 */
export const BLKID = {
  other: 'udev goes by it and does not call the device zfs_member, so that `zpool import` without -d passes it over.',
  none: 'libblkid finds both and names neither, so that `zpool import` without -d passes the device over.',
} as const;

export interface ForeignWords {
  /** For a sentence: `a LUKS` container. */
  readonly word: string;
  /** Null where libblkid does not know it. */
  readonly type: keyof typeof BLKID | null;
  /** What it does at boot. */
  readonly boot: string;
  /** What makes the device free for ZFS. */
  readonly free: string;
  /** What `line` is given; a GEOM is a device of FreeBSD. A file where left out. */
  readonly takes?: 'block' | 'geom';
  /** How what is inside is got at; null where no vdev can be inside. */
  readonly open: ((line: string) => string) | null;
  /** What opens it, in a shell with root's rights; null where that depends. */
  readonly line: ((device: string) => string) | null;
}

export const FOREIGN_WORDS: Readonly<Record<ForeignKind, ForeignWords>> = {
  luks: {
    word: 'a LUKS',
    type: 'other',
    boot: 'Where crypttab names it, it is opened at boot and the device is then busy.',
    free: 'cryptsetup close NAME',
    line: (device) => `cryptsetup open --readonly ${device} NAME`,
    open: (line) => `open it with \`${line}\` and scan /dev/mapper/NAME`,
  },
  bitlocker: {
    word: 'a BitLocker',
    type: 'other',
    boot: 'Windows and desktops offer to unlock it.',
    free: 'cryptsetup close NAME',
    line: (device) => `cryptsetup open --type bitlk --readonly ${device} NAME`,
    open: (line) => `open it with \`${line}\` and scan /dev/mapper/NAME`,
  },
  geli: {
    takes: 'geom',
    word: 'a GELI',
    type: null,
    boot: 'FreeBSD may attach it at boot, and the device is then busy.',
    free: 'geli detach PROVIDER',
    line: (device) => `geli attach -r ${device}`,
    open: (line) => `on FreeBSD open it with \`${line}\` and scan the device with .eli behind its name`,
  },
  geom: {
    takes: 'geom',
    word: 'a GEOM',
    type: null,
    boot: 'FreeBSD lays its own device over it, one sector shorter, and the device is then busy.',
    free: 'gmirror stop NAME',
    line: () => 'gmirror load',
    open: () => 'on FreeBSD load that class (`gmirror load`) and scan the device below /dev/mirror, or of its class',
  },
  md: {
    takes: 'block',
    word: 'an md RAID',
    type: 'other',
    boot: 'At boot mdadm assembles it, and the device is then busy for ZFS.',
    free: 'mdadm --stop /dev/mdN',
    line: (device) => `mdadm --assemble --readonly --run /dev/md127 ${device}`,
    open: (line) => `assemble it with \`${line}\` and the other members, and scan /dev/md127`,
  },
  lvm: {
    takes: 'block',
    word: 'an LVM',
    type: 'other',
    boot: 'At boot LVM may activate its volume group, and the device is then busy for ZFS.',
    free: 'vgchange -an GROUP',
    line: (device) => `pvs ${device}; vgchange -ay GROUP`,
    open: (line) => `activate it with \`${line}\` (the first names the group) and scan /dev/GROUP/VOLUME`,
  },
  bcache: {
    takes: 'block',
    word: 'a bcache',
    type: 'none',
    boot: 'At boot udev registers it with bcache, and the device is then busy for ZFS.',
    free: 'echo 1 > /sys/block/bcacheN/bcache/stop',
    line: (device) => `echo ${device} > /sys/fs/bcache/register`,
    open: (line) =>
      `on a copy register it with \`${line}\`, with the cache device, and scan /dev/bcache0: newer data may be on the cache`,
  },
  drbd: {
    word: 'a DRBD',
    type: 'other',
    boot: 'A DRBD resource that is made of it keeps the device busy.',
    free: 'drbdadm down RESOURCE',
    line: () => 'drbdadm up RESOURCE',
    open: (line) => `its data begins at byte 0; bring it up with \`${line}\` and scan /dev/drbd0`,
  },
  vdo: {
    word: 'a VDO',
    type: 'other',
    boot: 'LVM or vdo may start it at boot, and the device is then busy.',
    free: 'vgchange -an GROUP',
    line: null,
    open: () => 'start the VDO volume and scan the device that it makes',
  },
  integrity: {
    takes: 'block',
    word: 'a dm-integrity',
    type: 'other',
    boot: 'It may be opened at boot, and the device is then busy.',
    free: 'integritysetup close NAME',
    line: (device) => `integritysetup open ${device} NAME`,
    open: (line) => `on a copy open it with \`${line}\` and scan /dev/mapper/NAME: it replays its journal`,
  },
  stratis: {
    word: 'a Stratis',
    type: 'other',
    boot: 'stratisd starts it at boot, and the device is then busy.',
    free: 'stratis pool stop NAME',
    line: null,
    open: null,
  },
  ceph: {
    word: 'a Ceph',
    type: 'other',
    boot: 'A Ceph OSD may start on it at boot and write to it.',
    free: 'systemctl stop ceph-osd@N',
    line: null,
    open: null,
  },
  'firmware-raid': {
    takes: 'block',
    word: 'a firmware RAID',
    type: 'other',
    boot: 'At boot mdadm or dmraid makes one disk of it and its siblings, and the device is then busy for ZFS.',
    free: 'mdadm --stop /dev/mdN',
    line: (device) => `mdadm --assemble --readonly --run /dev/md127 ${device}`,
    open: (line) => `assemble it with \`${line}\` and the other disks, and scan what it makes`,
  },
  table: {
    word: 'a partition table',
    type: null,
    boot: 'The system makes devices of its partitions. What wrote it wrote over the front of the vdev, and an import that writes puts label 0 over it again.',
    free: 'partx -d DEVICE',
    line: null,
    open: null,
  },
  swap: {
    word: 'a swap',
    type: 'none',
    boot: 'Where fstab names it, the system swaps to it and overwrites the pool.',
    free: 'swapoff DEVICE',
    line: null,
    open: null,
  },
  filesystem: {
    word: 'a file system',
    type: 'none',
    boot: 'What it wrote elsewhere on the device is lost to the pool. Where fstab or a desktop mounts it, it writes on: do not mount it and run no fsck.',
    free: 'umount DEVICE',
    line: null,
    open: null,
  },
};
