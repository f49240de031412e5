import type { Refusal } from '../load/refusal.ts';

/** Why a device is not opened, to follow its name. */
export function refusalWords(refusal: Refusal): string {
  switch (refusal.code) {
    case 'faulted':
      return 'was faulted by zpool offline -f';
    case 'offline':
      return 'was taken offline';
    case 'label-unreadable':
      return 'has a label that cannot be read, for which zpool import passes the whole device over';
    case 'no-sound-label':
      return 'has no label whose checksum holds';
    case 'split-off':
      return 'was split off into another pool';
    case 'label-of-no-vdev':
      return 'has a label that does not say which vdev it is';
    case 'too-short':
      return `is ${refusal.size} bytes long and has to be ${refusal.needed}`;
    case 'newer-label':
      return `has a label of pool ${refusal.pool} (txg ${refusal.txg}), which is newer than its own and speaks for it`;
    case 'other-pool':
      return `has a label of pool ${refusal.label}, at this txg it was ${refusal.pool}`;
    case 'other-vdev':
      return `has the label of vdev ${refusal.guid}`;
  }
}
