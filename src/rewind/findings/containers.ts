import type { ForeignKind } from '../../source/foreign.ts';

/** How what is inside something that is no ZFS is got at. */
export interface Container {
  /** A vdev can be inside. */
  readonly holds: boolean;
  /** What `line` is given; a GEOM is a device of FreeBSD. */
  readonly takes: 'file' | 'block' | 'geom';
  /** What opens it, in a shell with root's rights; null where that depends. */
  readonly line: ((device: string) => string) | null;
}

export const CONTAINERS: Readonly<Record<ForeignKind, Container>> = {
  luks: { holds: true, takes: 'file', line: (device) => `cryptsetup open --readonly ${device} NAME` },
  bitlocker: { holds: true, takes: 'file', line: (device) => `cryptsetup open --type bitlk --readonly ${device} NAME` },
  geli: { holds: true, takes: 'geom', line: (device) => `geli attach -r ${device}` },
  geom: { holds: true, takes: 'geom', line: () => 'gmirror load' },
  md: { holds: true, takes: 'block', line: (device) => `mdadm --assemble --readonly --run /dev/md127 ${device}` },
  lvm: { holds: true, takes: 'block', line: (device) => `pvs ${device}; vgchange -ay GROUP` },
  bcache: { holds: true, takes: 'block', line: (device) => `echo ${device} > /sys/fs/bcache/register` },
  drbd: { holds: true, takes: 'file', line: () => 'drbdadm up RESOURCE' },
  vdo: { holds: true, takes: 'file', line: null },
  integrity: { holds: true, takes: 'block', line: (device) => `integritysetup open ${device} NAME` },
  stratis: { holds: false, takes: 'file', line: null },
  ceph: { holds: false, takes: 'file', line: null },
  'firmware-raid': {
    holds: true,
    takes: 'block',
    line: (device) => `mdadm --assemble --readonly --run /dev/md127 ${device}`,
  },
  table: { holds: false, takes: 'file', line: null },
  swap: { holds: false, takes: 'file', line: null },
  filesystem: { holds: false, takes: 'file', line: null },
};
