import { SECTOR } from '../../bytes/units.ts';
import type { PlaceValues, Remains, ShiftCause } from '../../rewind/findings/values/places.ts';
import type { HiddenReason } from '../../source/partition.ts';
import { count, list, several, time } from '../amounts.ts';
import type { FindingWords } from './findingWords.ts';

type Shifted = PlaceValues['device-shifted'];
type ForeignPool = PlaceValues['foreign-pool'];

export const PLACE_WORDS: FindingWords<keyof PlaceValues> = {
  'device-shifted': (values) => {
    const { path, cause, unseen } = values;
    const needed = unseen === 'needed' ? 'and the pool needs it' : 'and redundancy does without it';
    const remedy =
      unseen === null ? `It is all of ${path}: give that.` : `zpool does not see it, ${needed}. ${remedyText(values)}`;
    const parts = [placeText(values), labelsText(values), cause === null ? '' : causeText(cause), remedy];
    return [...parts, misplacedText(values)].filter((part) => part !== '').join(' ');
  },
  'partition-hidden': ({ path, name, reason, start, length, needed }) => {
    const lost = needed ? 'and the pool needs it' : 'and redundancy does without it';
    const parts = [
      `Linux makes no device of ${name ?? 'a part'} of ${path}, ${lost}: ${WHY[reason]}.`,
      `It begins at byte ${start} and has ${length} bytes.`,
      'A loop device shows it.',
      REPAIR[reason] ?? '',
    ];
    return parts.filter((part) => part !== '').join(' ');
  },
  'labels-from-root': ({ device, at, txg }) =>
    `${device}: its labels are none that are on it. They were made of the root at byte ${at}, txg ${txg}, which does not say when it was written. zpool finds nothing there: what is said here is of an overlay that has these labels.`,
  'image-not-shown': ({ device, format }) =>
    `${device}: qemu-nbd does not show the disk in this ${format.toUpperCase()} as it is read here: it changes another file, has a log that was not replayed, or a file of it is missing. A copy made by an overlay is what zpool takes.`,
  'foreign-pool': (values) => {
    const parts = [
      `${values.device}: ${list(values.remains.map((each) => remainsText(each, values)))}.`,
      'What another pool wrote is no txg of this one to go back to.',
      troubleText(values),
      cutText(values),
    ];
    return parts.filter((part) => part !== '').join(' ');
  },
};

/** Where the vdev begins, against where it was to. */
function placeText({ path, start, expected, expectedBy, size }: Shifted): string {
  const by = start - expected;
  if (by === 0) {
    const end = 'does not end where its labels 2 and 3 were looked for';
    return `${path}${expectedBy === null ? '' : `, ${expectedBy},`} holds a vdev of ${size} bytes, which ${end}.`;
  }
  const direction = by > 0 ? 'behind' : 'before';
  const missing = start < 0 ? `, and its first ${-start} bytes are not there` : '';
  const from = `the start of ${expectedBy ?? 'the source'}`;
  return `The vdev in ${path} begins at byte ${start}, ${amount(Math.abs(by))} ${direction} ${from}${missing}.`;
}

/** `12 bytes`, `4096 bytes (8 sectors)`. */
const amount = (bytes: number): string =>
  bytes % SECTOR === 0 ? `${bytes} bytes (${count(bytes / SECTOR, 'sector')})` : count(bytes, 'byte');

function labelsText({ labels }: Shifted): string {
  if (labels.length === 0) return 'Its uberblocks verify for that start and no other; no label does.';
  const places = labels.map(({ label, offset }) => `${label} (byte ${offset})`);
  const [which, verify] = labels.length === 1 ? ['Label', 'verifies'] : ['Labels', 'verify'];
  return `${which} ${list(places)} ${verify} for that start and no other.`;
}

function causeText(cause: ShiftCause): string {
  switch (cause.kind) {
    case 'inside':
      return `It lies inside what ${cause.name} (byte ${cause.offset}) belongs to, which may keep it in pieces: what opens that shows it whole (foreign-signature).`;
    case 'front-lost':
      return 'Likely cause: a copy that began too late (dd skip=), or a controller that hides the front of the disk.';
    case 'partition-moved':
      return 'Likely cause: a partition table written anew with another start.';
    case 'wrong-offset':
      return 'Likely cause: the offset that was given is not that of the vdev.';
    case 'device-grown':
      return 'Likely cause: the disk grew, or something was appended.';
    case 'end-lost':
      return 'Likely cause: the end of the disk is not there.';
    case 'partition-lost':
      return 'Likely cause: a partition began there, and the partition table is lost.';
    case 'put-in-front':
      return 'Likely cause: something was put in front, as a header or dd seek= does.';
  }
}

/** What kind of thing shows the vdev where it belongs and leaves the source as it is. */
function remedyText({ start, type }: Shifted): string {
  const lost = start < 0 ? ' What lay in front stays lost.' : '';
  if (type === 'file') {
    return `The vdev was a file, and OpenZFS opens it as no other thing: a copy makes one of it.${lost}`;
  }
  if (start >= 0) return 'A loop device shows it.';
  const how = -start % SECTOR === 0 ? 'A mapping with zeros in front' : 'A copy with zeros in front';
  return `${how} shows everything at its place.${lost}`;
}

const misplacedText = ({ misplaced, device }: Shifted): string =>
  misplaced === null
    ? ''
    : `${misplaced.labels} of its ${misplaced.of} labels that lie in the source are not where that start has them: ${device} may be a remainder, or an image that was stored inside another pool or file system.`;

/** Whose it is, from when, and which of the two was on the device later. */
function remainsText({ pool: other, labels, newest }: Remains, { pool, written }: ForeignPool): string {
  const last = newest === null ? '' : `, last written at txg ${newest.txg} (${time(newest.time)})`;
  const what =
    other === null
      ? `uberblocks in ${several('label', labels)} that are another pool's by their guid sum${last}`
      : `${several('label', labels)} of pool ${other.name ?? ''} (guid ${other.guid})${last}`;
  if (newest === null || written === null) return what;
  const mine = `${pool ?? 'this pool'}, written until ${time(written)}`;
  return newest.time <= written
    ? `${what}: it was on the device before ${mine}, which has overwritten it`
    : `${what}: later than ${mine}, over which it may have written`;
}

/** What OpenZFS, which does not tell them apart, does with them. */
function troubleText({ trouble }: ForeignPool): string {
  if (trouble === null) return '';
  if (trouble.kind === 'label') {
    const without = trouble.spared ? ' Redundancy does without it.' : '';
    return `OpenZFS goes by the newest label of a device: it takes this one for a device of ${trouble.other ?? 'the other pool'} and does not open it.${without}`;
  }
  return `Nothing in an uberblock says whose it is: an import without -T takes one of the ${count(trouble.newer, 'newer one')} of the other pool (txg ${trouble.newest}) and fails, also after this pool was imported and exported again.`;
}

/** What makes the device end where its vdev does. */
function cutText({ cut }: ForeignPool): string {
  if (cut === null) return '';
  const how = cut.type === 'file' ? 'a copy that ends there' : 'a loop device that ends there';
  const then = cut.then === null ? '' : ` Then txg ${cut.then.txg} imports${cut.then.readOnly ? ' read-only' : ''}.`;
  return `The vdev ends at byte ${cut.size}, the device goes on to ${cut.deviceSize}, and OpenZFS looks for labels 2 and 3 at its end. Show it what is the vdev alone: ${how}.${then}`;
}

const GPT_AT = 'which it reads at sector 1; it does not go on to the backup at the end';

/** What of the table Linux does not accept. */
const WHY: Record<HiddenReason, string> = {
  'boot-signature':
    'sector 0 does not end in 55 aa, and without a boot record no table of the disk counts, a GPT neither',
  'protective-entry':
    'a GPT counts only where the boot record has an entry of type ee that begins at sector 1, and this one has none',
  'boot-indicator': 'an entry of the boot record begins with a byte that is neither 00 nor 80',
  'no-primary': `there is no GPT header at sector 1, and Linux does not go on to the backup at the end`,
  'header-size': `the header size of the GPT is impossible, ${GPT_AT}`,
  'header-crc': `the CRC-32 of the GPT header is wrong, ${GPT_AT}`,
  'own-sector': `the GPT header is one of another sector, ${GPT_AT}`,
  'usable-sectors': 'the GPT says that usable sectors go on behind the end of the disk, which is shorter than it was',
  'entry-size': `the entries of the GPT are not 128 bytes long, ${GPT_AT}`,
  'entry-count': `the number of entries of the GPT is impossible, ${GPT_AT}`,
  'entries-crc': `the CRC-32 of the GPT entries is wrong for the header, ${GPT_AT}`,
  'sector-size':
    'its table counts in sectors of another size than this disk has, or an image gets: 512 and 4096 bytes are usual, and an enclosure or a controller may change them',
  'past-end': 'it ends behind the disk',
  'other-table': 'another table of the disk is the one that counts, and does not list it',
  'no-device':
    'its table counts, and the system has not looked at it: a loop device without -P, or a table that was written since',
  'no-label':
    'only a BSD label or a Solaris table of contents lists it, which Linux reads inside a primary MBR partition alone',
};

const SGDISK = 'The table itself is repaired on a copy.';
const BACKUP = `FreeBSD takes the backup where that is whole. ${SGDISK}`;

const REPAIR: Partial<Record<HiddenReason, string>> = {
  'boot-signature': SGDISK,
  'no-primary': BACKUP,
  'header-crc': BACKUP,
  'entries-crc': BACKUP,
};
