import type { ForeignKind } from '../../source/foreign.ts';

/** How what is inside something that is no ZFS is got at. */
export interface Container {
  /** A vdev can be inside. */
  readonly holds: boolean;
  /** What opens it takes; a GEOM is a device of FreeBSD. */
  readonly takes: 'file' | 'block' | 'geom';
  /** Whether opening it writes to it; null where what opens it depends on more than the device. */
  readonly opening: 'reads' | 'writes' | null;
  /** `wipefs` knows the signature. Source: util-linux, libblkid/src/superblocks, libblkid/src/partitions */
  readonly wiped: boolean;
}

const container = (takes: Container['takes'], opening: Container['opening'], wiped = true): Container => ({
  holds: true,
  takes,
  opening,
  wiped,
});
const OTHER: Container = { holds: false, takes: 'file', opening: null, wiped: true };

export const CONTAINERS: Readonly<Record<ForeignKind, Container>> = {
  luks: container('file', 'reads'),
  bitlocker: container('file', 'reads'),
  geli: container('geom', 'reads', false),
  geom: container('geom', 'reads', false),
  md: container('block', 'reads'),
  lvm: container('block', 'reads'),
  bcache: container('block', 'writes'),
  drbd: container('file', null),
  vdo: container('file', null),
  integrity: container('block', 'writes'),
  stratis: OTHER,
  ceph: OTHER,
  'firmware-raid': container('block', 'reads'),
  table: OTHER,
  swap: OTHER,
  filesystem: OTHER,
};
