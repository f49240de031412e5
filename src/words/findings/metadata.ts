import type { Failing, FailingBefore, MetadataValues } from '../../rewind/findings/values/metadata.ts';
import type { Remembered } from '../../traverse/spentBound.ts';
import { count, list, span } from '../amounts.ts';
import { dangerWords, hazardCause } from '../hazards.ts';
import type { FindingWords } from './findingWords.ts';

/** What is remembered, in the plural. */
const REMEMBERED: Readonly<Record<Exclude<Remembered, 'space maps'>, string>> = {
  blocks: 'sound blocks',
  fail: 'blocks with something wrong',
  particulars: 'failures with their particulars',
  lists: 'places in lists of datasets',
  answers: 'answers about datasets and directories',
  objects: 'objects of the load',
};

export const METADATA_WORDS: FindingWords<keyof MetadataValues> = {
  'memory-bound': ({ bounds }) => {
    const kept = bounds.flatMap(({ what, most }) => (what === 'space maps' ? [] : `${most} ${REMEMBERED[what]}`));
    return [
      ...(kept.length === 0
        ? []
        : [
            `More was to be remembered than there is room for: ${list(kept)}. What is beyond was found out again where it was met again, in another txg or another tree: that takes longer, and the verdicts are the same.`,
          ]),
      ...(bounds.some(({ what }) => what === 'particulars')
        ? ['Failures beyond are counted and not told of one by one.']
        : []),
      ...bounds.flatMap(({ what, most }) =>
        what === 'space maps'
          ? `Space maps of more than ${most} bytes were to be added up: whether those beyond contradict each other, which an import that writes does not survive, is not known. zfs-uber verify of one txg adds up its own.`
          : [],
      ),
    ].join(' ');
  },
  'uberblock-ahead-of-metadata': (values) =>
    `${whichOf(values)}, but the metadata that ${values.uberblocks === 1 ? 'it points' : 'they point'} to is not on the disks. ${olderReads(values)} Likely cause: a flush that was acknowledged and not done (disk cache, RAID card, hypervisor).`,
  'metadata-damaged': (values) =>
    `${whichOf(values)}, and all need one block that is damaged: ${values.copies.join(', ')}. ${olderReads(values)} Likely cause: the block went bad after it was written, or was overwritten; a flush that was not done leaves different blocks unwritten in each txg.`,
  'content-older-than-rings': (values) =>
    `${whichOf(values)}, but metadata that they point to is not on the disks, over ${span(values.seconds)} of writing, longer than a cache holds anything back. ${olderReads(values)} Likely cause: a part of a device holds older content, put back from a snapshot or an older copy, or something wrote over it.`,
  'newest-elsewhere': (values) => {
    const { uberblocks, until, vdevs, missing } = values;
    const names = missing.map(({ type, path, guid }) => `${path ?? type} (guid ${guid})`);
    const [are, them] = missing.length === 1 ? ['is', 'it'] : ['are', 'them'];
    const where =
      missing.length === 0
        ? 'no device that was given has it: those that stopped are older copies, or all were copied one after the other while the pool was in use'
        : `it can only be on ${list(names)}, which ${are} missing. Find ${them} before anything is rewound`;
    return `${whichOf(values)}, and what ${uberblocks === 1 ? 'it points' : 'they point'} to was written after txg ${until}, up to which enough devices of ${list(vdevs)} are here: ${where}.`;
  },
  'old-roots-overwritten': ({ roots }) =>
    `The root block${roots === 1 ? '' : 's'} of ${count(roots, 'older uberblock')} ${roots === 1 ? 'was' : 'were'} overwritten by later writes, as happens to old txgs.`,
  'plain-import-passes': ({ txg, blocks, unread, freesWait, claimedBy }) =>
    `A plain zpool import, without -F and -T, verifies only what the last 3 txgs wrote and should take txg ${txg}: nothing is lost then, but ${count(blocks, `${unread ? 'unreadable' : 'damaged'} block`)} of older metadata or more stay in the pool. Only with -o readonly=on, to copy the data out${claimedBy === null ? '' : `, which OpenZFS ${claimedBy} refuses, as multihost is on`}: read-write it may hang until the next boot once it meets that damage, in its first txg or, in lists of what is to be freed, five txgs later (OpenZFS ${freesWait}).`,
  'plain-import-panics': (values) =>
    values.kind === 'retry'
      ? retryText(values)
      : `A plain zpool import, without -T, would crash the machine: what it opens of txg ${values.txg} does not read, and OpenZFS takes for granted that it does. Import nothing but the txg recommended, and read-only.`,
  'plain-import-hangs': retryText,
};

/** `The newest 3 uberblocks in the rings (between txg 4 and 9) are sound`. */
function whichOf({ uberblocks, newest, oldest }: Failing): string {
  if (uberblocks === 1) return `The newest uberblock (txg ${newest}) is sound`;
  return `The newest ${uberblocks} uberblocks in the rings (${uberblocks === 2 ? '' : 'between '}txg ${oldest} and ${newest}) are sound`;
}

function olderReads({ older }: FailingBefore): string {
  if (older === null) return '';
  return `The next older uberblock, txg ${older.txg}, is ${span(older.seconds)} older, and all that an import needs of it can be read${older.verified ? '' : ', as far as was checked'}.`;
}

function retryText({ hazard, writes }: MetadataValues['plain-import-hangs']): string {
  return `A plain zpool import${writes ? ' that may write' : ''}, with -F and without, ${dangerWords(hazard)}: ${hazardCause(hazard)}. Import nothing but the txg recommended, and read-only.`;
}
