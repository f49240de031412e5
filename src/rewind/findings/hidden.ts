import type { DeviceSurvey } from '../../pool/survey.ts';
import { vdevHealth } from '../../pool/vdevHealth.ts';
import type { HiddenReason } from '../../source/partition.ts';
import { showingOf } from '../showing.ts';
import { showingSteps } from '../steps.ts';
import type { Evidence, Finding } from './finding.ts';

/** Partitions that hold a vdev and that Linux makes no device of: why, where they lie, the line that shows them. */
export function hiddenPartitions({ pool, placeOf }: Evidence): Finding[] {
  const hidden = new Set(pool.devices.filter(({ hidden }) => hidden !== null && hidden.reason !== 'no-table'));
  if (hidden.size === 0) return [];
  const without = (device: DeviceSurvey | null): boolean => device !== null && !hidden.has(device);
  const lost =
    pool.root === null ||
    pool.root.children.some(
      (top) => top.role !== 'log' && vdevHealth(top, ({ device }) => without(device)) === 'missing',
    );
  return [...hidden].flatMap((device): Finding[] => {
    const { hidden: place } = device;
    const lies = placeOf?.(device) ?? null;
    if (place === null || place.reason === 'no-table') return [];
    const { reason, path, start, length, name } = place;
    const needed = lost ? 'and the pool needs it' : 'and redundancy does without it';
    const parts = [
      `Linux makes no device of ${name} of ${path}, ${needed}: ${WHY[reason]}.`,
      `It begins at byte ${start} and has ${length} bytes.`,
      'A loop device shows it.',
      REPAIR[reason] ?? '',
    ];
    return [
      {
        code: 'partition-hidden',
        severity: lost ? 'error' : 'warning',
        message: parts.filter((part) => part !== '').join(' '),
        devices: [device],
        steps: lies === null ? [] : showingSteps([showingOf(device, lies)]),
      },
    ];
  });
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
    'its table counts, and the system has not looked at it: a loop device without -P, or a table that was written since (`partx -a` makes the devices)',
  'no-label':
    'only a BSD label or a Solaris table of contents lists it, which Linux reads inside a primary MBR partition alone',
};

/** Where no copy of the table is whole, sgdisk writes an empty one, and says that all went well. */
const SGDISK =
  'The table itself is repaired on a copy: where `sgdisk -v COPY` finds one of its two tables whole, `sgdisk -e COPY` writes boot record, header and backup anew from it; where it finds none, it would write an empty one.';
const BACKUP = `FreeBSD takes the backup where that is whole. ${SGDISK}`;

const REPAIR: Partial<Record<HiddenReason, string>> = {
  'boot-signature': SGDISK,
  'no-primary': BACKUP,
  'header-crc': BACKUP,
  'entries-crc': BACKUP,
};
