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
  /** `open` takes block devices alone. */
  readonly block?: true;
  /** How what is inside is got at; null where no vdev can be inside. */
  readonly open: ((device: string) => string) | null;
}

export const FOREIGN_WORDS: Readonly<Record<ForeignKind, ForeignWords>> = {
  luks: {
    word: 'a LUKS',
    type: 'other',
    boot: 'Where crypttab names it, it is opened at boot and the device is then busy.',
    free: 'cryptsetup close NAME',
    open: (device) => `open it with \`cryptsetup open --readonly ${device} NAME\` and scan /dev/mapper/NAME`,
  },
  bitlocker: {
    word: 'a BitLocker',
    type: 'other',
    boot: 'Windows and desktops offer to unlock it.',
    free: 'cryptsetup close NAME',
    open: (device) =>
      `open it with \`cryptsetup open --type bitlk --readonly ${device} NAME\` and scan /dev/mapper/NAME`,
  },
  geli: {
    word: 'a GELI',
    type: null,
    boot: 'FreeBSD may attach it at boot, and the device is then busy.',
    free: 'geli detach PROVIDER',
    open: (device) =>
      `on FreeBSD open it with \`geli attach -r ${device}\` (an image has to be shown by \`mdconfig -o readonly -f\` before) and scan the device with .eli behind its name`,
  },
  geom: {
    word: 'a GEOM',
    type: null,
    boot: 'FreeBSD lays its own device over it, one sector shorter, and the device is then busy.',
    free: 'gmirror stop NAME',
    open: () => 'on FreeBSD load that class (`gmirror load`) and scan the device below /dev/mirror, or of its class',
  },
  md: {
    block: true,
    word: 'an md RAID',
    type: 'other',
    boot: 'At boot mdadm assembles it, and the device is then busy for ZFS.',
    free: 'mdadm --stop /dev/mdN',
    open: (device) =>
      `assemble it with \`mdadm --assemble --readonly --run /dev/md127 ${device}\` and the other members, and scan /dev/md127`,
  },
  lvm: {
    block: true,
    word: 'an LVM',
    type: 'other',
    boot: 'At boot LVM may activate its volume group, and the device is then busy for ZFS.',
    free: 'vgchange -an GROUP',
    open: (device) =>
      `activate it with \`vgchange -ay GROUP\` (\`pvs ${device}\` names the group) and scan /dev/GROUP/VOLUME`,
  },
  bcache: {
    block: true,
    word: 'a bcache',
    type: 'none',
    boot: 'At boot udev registers it with bcache, and the device is then busy for ZFS.',
    free: 'echo 1 > /sys/block/bcacheN/bcache/stop',
    open: (device) =>
      `on a copy register it with \`echo ${device} > /sys/fs/bcache/register\`, with the cache device, and scan /dev/bcache0: newer data may be on the cache`,
  },
  drbd: {
    word: 'a DRBD',
    type: 'other',
    boot: 'A DRBD resource that is made of it keeps the device busy.',
    free: 'drbdadm down RESOURCE',
    open: (device) =>
      `the data begins at byte 0 of ${device}; bring it up with \`drbdadm up RESOURCE\` and scan /dev/drbd0`,
  },
  vdo: {
    word: 'a VDO',
    type: 'other',
    boot: 'LVM or vdo may start it at boot, and the device is then busy.',
    free: 'vgchange -an GROUP',
    open: () => 'start the VDO volume and scan the device that it makes',
  },
  integrity: {
    block: true,
    word: 'a dm-integrity',
    type: 'other',
    boot: 'It may be opened at boot, and the device is then busy.',
    free: 'integritysetup close NAME',
    open: (device) =>
      `on a copy open it with \`integritysetup open ${device} NAME\` and scan /dev/mapper/NAME: it replays its journal`,
  },
  stratis: {
    word: 'a Stratis',
    type: 'other',
    boot: 'stratisd starts it at boot, and the device is then busy.',
    free: 'stratis pool stop NAME',
    open: null,
  },
  ceph: {
    word: 'a Ceph',
    type: 'other',
    boot: 'A Ceph OSD may start on it at boot and write to it.',
    free: 'systemctl stop ceph-osd@N',
    open: null,
  },
  'firmware-raid': {
    block: true,
    word: 'a firmware RAID',
    type: 'other',
    boot: 'At boot mdadm or dmraid makes one disk of it and its siblings, and the device is then busy for ZFS.',
    free: 'mdadm --stop /dev/mdN',
    open: (device) =>
      `assemble it with \`mdadm --assemble --readonly --run /dev/md127 ${device}\` and the other disks, and scan what it makes`,
  },
  table: {
    word: 'a partition table',
    type: null,
    boot: 'The system makes devices of its partitions. What wrote it wrote over the front of the vdev, and an import that writes puts label 0 over it again.',
    free: 'partx -d DEVICE',
    open: null,
  },
  swap: {
    word: 'a swap',
    type: 'none',
    boot: 'Where fstab names it, the system swaps to it and overwrites the pool.',
    free: 'swapoff DEVICE',
    open: null,
  },
  filesystem: {
    word: 'a file system',
    type: 'none',
    boot: 'What it wrote elsewhere on the device is lost to the pool. Where fstab or a desktop mounts it, it writes on: do not mount it and run no fsck.',
    free: 'umount DEVICE',
    open: null,
  },
};
