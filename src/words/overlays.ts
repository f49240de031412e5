import type { OverlayRefusal, OverlayWarning } from '../rewind/overlay/plan.ts';
import type { GptRefusal } from '../source/restoredGpt.ts';
import { errorWords } from './errors.ts';
import { MOS_WORDS } from './readings.ts';

/** Why there is no overlay, as one sentence without its end. Names in it are raw text of the image. */
export function overlayRefusalWords(refusal: OverlayRefusal): string {
  switch (refusal.code) {
    case 'no-tree':
      return 'no label says how the devices belong together';
    case 'config-unreadable':
      return `${MOS_WORDS} at that txg does not say how the pool was made up: ${errorWords(refusal.error)}`;
    case 'reflow-differs':
      return `a raidz expansion has moved data since: it stood at byte ${refusal.at} then and stands at ${refusal.newest} in a newer txg, and what was moved cannot be read where it was; OpenZFS refuses that txg too`;
    case 'vdev-missing':
      return `${refusal.top.name} does not open without ${refusal.leaves.map(({ name }) => name).join(', ')}: give all devices of the pool as it was then`;
    case 'branches-together':
      return `devices went on without each other from txg ${refusal.first} on, and a vdev needs some of both: an import of both would overwrite one history with the other`;
    case 'label-form':
      return `the labels of ${refusal.device.source.name} cannot be written: ${refusal.error === null ? 'their form is not known' : errorWords(refusal.error)}`;
    case 'features-unknown':
      return `the pool has features that are not known here, and may have another form of label: ${refusal.features.join(', ')}`;
    case 'gpt-not-restored':
      return `the partition table of the disk that ${refusal.device.source.name} is on is not written: ${GPT_REFUSALS[refusal.why]}`;
    case 'uberblock-form':
      return 'no copy of that uberblock reads that could be put into the rings';
  }
}

const GPT_REFUSALS: Readonly<Record<GptRefusal, string>> = {
  'sector-size-unknown':
    'an image does not say how large the sectors of its disk are; say it: --restore-gpt 512, or 4096',
  'sector-size-differs': 'the table that is left counts sectors of another size',
  'other-table': 'it has another table, which lists partitions',
  'other-signature':
    'no table is left of it, and something else than ZFS has signed the disk, in which the vdev may lie',
  'table-damaged': 'no copy of it is whole, and what is left may list more than the vdev',
  'vdev-not-listed': 'the backup has no partition that begins where the vdev does and holds it',
  'table-on-vdev': 'it would lie on the vdev or on a partition',
  'vdev-not-aligned': 'the vdev does not begin and end at a sector',
  'several-vdevs': 'more than one vdev of the pool lies on it',
  'file-vdev': 'OpenZFS opens that vdev as a file only, which a partition is not',
};

/** What to know before an overlay is used, as one sentence without its end. */
export function overlayWarningWords(warning: OverlayWarning): string {
  switch (warning.code) {
    case 'multihost':
      return `multihost was on: the overlay no longer shows a host that is alive, so watch the devices first (zfs-uber scan --watch 30); an import waits ${warning.waitSeconds} s or a quarter more, and wants a hostid`;
    case 'leaf-absent':
      return `${warning.leaf.name} was not given and is not needed: keep it unplugged, or an import may open and write to it`;
    case 'device-left-out':
      return `${warning.device.source.name} is left out: it was no part of the pool then, or is of another history; keep it away from the import`;
    case 'successor':
      return `${warning.device.source.name} stands in for ${warning.leaf.name}, whose place it took later: what was freed before that it may lack`;
    case 'aux-devices':
      return `spares and caches (${warning.count}) have no overlay: keep them unplugged, or an import read-write writes to them`;
    case 'raised':
      return `the uberblock is made to be txg ${warning.txg}: what its intent log holds is not replayed, and OpenZFS verifies nothing of it`;
    case 'file-vdev':
      return `${warning.device.source.name} was a file vdev, which OpenZFS opens as a file only`;
  }
}
