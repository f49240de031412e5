import type { Txg } from '../../bytes/units.ts';
import { lostCopies } from '../../load/reason.ts';
import type { StepName } from '../../load/stepNames.ts';
import { vdevName } from '../../pool/vdevHealth.ts';
import type { Judged } from '../judge.ts';
import { divergenceOf } from './divergence.ts';
import { count, type Evidence, type Finding, list, span } from './finding.ts';
import { devicesOfTwoTimes } from './imageOfTwoTimes.ts';
import { abandonedTimelines } from './timeGoingBack.ts';

/** Steps that fail without any metadata being wrong. */
const BEFORE_METADATA: readonly (StepName | null)[] = [null, 'spa_ld_open_vdevs', 'spa_ld_select_uberblock'];
const meansMetadata = ({ prediction }: Judged): boolean => !BEFORE_METADATA.includes(prediction.failsAt);
const fails = ({ prediction }: Judged): boolean =>
  prediction.verdict === 'damaged' || prediction.verdict === 'incomplete';

/** The newest uberblocks, of which none loads although each is whole, and what is known beside them. */
interface Newest {
  readonly evidence: Evidence;
  /** The newest that does not fail; null when none is left. */
  readonly sound: Judged | null;
}

/** One reason for which the newest uberblocks fail. */
interface Explanation {
  /** Those of `failing` that fail for it, because that is what is seen. Newest first, as given. */
  readonly explains: (failing: readonly Judged[], newest: Newest) => readonly Judged[];
  /** What to say of those; nothing where another family of findings tells it. */
  readonly tells: (explained: readonly Judged[], newest: Newest) => readonly Finding[];
}

/**
 * In the order in which they are asked: each takes what it explains, and the next is asked about the rest. That a flush
 * was not done leaves no sign of its own, so it is what is left when nothing else is seen.
 */
const EXPLANATIONS: readonly Explanation[] = [
  { explains: ofFailedReads, tells: byOthers },
  { explains: writtenElsewhere, tells: tellsElsewhere },
  { explains: onMissingDevices, tells: byOthers },
  { explains: ofOtherBranches, tells: byOthers },
  { explains: leftByRewind, tells: byOthers },
  { explains: ofOneEnd, tells: byOthers },
  { explains: writtenOver, tells: byOthers },
  { explains: ofOneBlock, tells: tellsOneBlock },
  { explains: longerThanCaches, tells: tellsOlderContent },
  { explains: (failing, { sound }) => (sound?.root.state === 'reads' ? failing : []), tells: tellsFlush },
];

/** Why the newest uberblocks, which are whole, do not load: what they point to is not there. */
export function failingNewest(evidence: Evidence): Finding[] {
  const taken = evidence.judged.filter(({ candidate }) => candidate.taken);
  const firstSound = taken.findIndex((each) => !fails(each));
  const all = firstSound < 0 ? taken : taken.slice(0, firstSound);
  const refused = all.findIndex((each) => !meansMetadata(each));
  let failing: readonly Judged[] = refused < 0 ? all : all.slice(0, refused);
  // What is refused without a look at its metadata tells nothing of the disks.
  const newest: Newest = { evidence, sound: refused < 0 ? (taken[firstSound] ?? null) : null };
  return EXPLANATIONS.flatMap(({ explains, tells }) => {
    const explained = failing.length === 0 ? [] : explains(failing, newest);
    failing = failing.filter((each) => !explained.includes(each));
    return explained.length === 0 ? [] : tells(explained, newest);
  });
}

/** A read that failed had to do with it: what stands there may be what was written. */
function ofFailedReads(failing: readonly Judged[]): readonly Judged[] {
  return failing.filter(({ prediction }) => (prediction.unread ?? []).length > 0);
}

/** Told by the findings of its own. */
function byOthers(): readonly Finding[] {
  return [];
}

/** Later than all that the devices at hand have of a top-level vdev, and what is bad lies on no other. */
function writtenElsewhere(failing: readonly Judged[], { evidence: { stopped } }: Newest): readonly Judged[] {
  return failing.filter((each) => {
    const passed = stopped.filter(({ until }) => each.candidate.txg > until);
    const on = topsOf(each);
    return passed.length > 0 && [...on].every((id) => passed.some(({ top }) => top.config.id === id));
  });
}

function tellsElsewhere(explained: readonly Judged[], { evidence: { stopped } }: Newest): Finding[] {
  const until = stopped.reduce<Txg | null>(
    (least, each) => (least === null || each.until < least ? each.until : least),
    null,
  );
  const missing = stopped.flatMap((each) => each.missing);
  const devices = missing.map(({ config: { type, path, guid } }) => `${path ?? type} (guid ${guid})`);
  const where =
    missing.length === 0
      ? 'no device that was given has it: those that stopped are older copies, or all were copied one after the other while the pool was in use'
      : `it can only be on ${list(devices)}, which ${missing.length === 1 ? 'is' : 'are'} missing. Find ${missing.length === 1 ? 'it' : 'them'} before anything is rewound`;
  return [
    {
      code: 'newest-elsewhere',
      severity: 'error',
      message: `${whichOf(explained)}, and what ${explained.length === 1 ? 'it points' : 'they point'} to was written after txg ${until}, up to which enough devices of ${list(stopped.map(({ top }) => vdevName(top)))} are here: ${where}.`,
      devices: stopped.flatMap(({ stale }) => stale.map(({ device }) => device)),
    },
  ];
}

/** Every place of what they need is on a device that is missing: its own finding says which. */
function onMissingDevices(failing: readonly Judged[]): readonly Judged[] {
  return failing.filter(({ prediction }) => prediction.verdict === 'incomplete');
}

/** After the devices went on without each other, what one of them wrote the others may have overwritten. */
function ofOtherBranches(failing: readonly Judged[], { evidence: { candidates } }: Newest): readonly Judged[] {
  const divergence = divergenceOf(candidates);
  return divergence === null ? [] : failing.filter(({ candidate }) => candidate.txg >= divergence.first);
}

/** From before a rewind: what only they used was free to be written over since. */
function leftByRewind(failing: readonly Judged[], { evidence }: Newest): readonly Judged[] {
  const left = new Set(abandonedTimelines(evidence).flatMap(({ behind }) => behind));
  return failing.filter(({ candidate }) => left.has(candidate));
}

/** On one end of every device that has them: the rest of the device is of another time. */
function ofOneEnd(failing: readonly Judged[], { evidence }: Newest): readonly Judged[] {
  const torn = new Map(devicesOfTwoTimes(evidence).map((each) => [each.device, new Set(each.ahead)]));
  return failing.filter(
    ({ candidate }) =>
      candidate.copies.length > 0 && candidate.copies.every(({ device }) => torn.get(device)?.has(candidate) === true),
  );
}

/** Another pool was made over this one later. */
function writtenOver(failing: readonly Judged[], { evidence: { overlaps } }: Newest): readonly Judged[] {
  return overlaps.length > 0 ? failing : [];
}

/** Txgs that have to fail at one block before that says something: two may share what the last flush left out. */
const ENOUGH_TXGS = 3;

/** `0:1a2b000`, of each copy of the block at which the load fails; empty when it fails otherwise. */
function copiesOf({ prediction: { reasons } }: Judged): readonly string[] {
  const [deciding] = reasons;
  return deciding === undefined ? [] : lostCopies(deciding);
}

/** Top-level vdevs, by id, on which that block lies. */
const topsOf = (each: Judged): Set<number> =>
  new Set(copiesOf(each).map((copy) => Number(copy.slice(0, copy.indexOf(':')))));

/** All at one and the same. Only when all was looked at: the first step that fails hides what else is not there. */
function ofOneBlock(failing: readonly Judged[], { sound }: Newest): readonly Judged[] {
  if (failing.length < ENOUGH_TXGS || sound?.root.state !== 'reads' || !isProven(sound)) return [];
  const [first = '', ...others] = failing.map((each) => copiesOf(each).join());
  return first !== '' && others.every((each) => each === first) ? failing : [];
}

const isProven = ({ prediction }: Judged): boolean => prediction.verdict !== 'unverified';

function tellsOneBlock(explained: readonly Judged[], { sound }: Newest): Finding[] {
  const [first] = explained;
  return [
    {
      code: 'metadata-damaged',
      severity: 'error',
      message: `${whichOf(explained)}, and all need one block that is damaged: ${first === undefined ? '' : copiesOf(first).join(', ')}. ${olderReads(explained, sound)} Likely cause: the block went bad after it was written, or was overwritten; a flush that was not done leaves different blocks unwritten in each txg.`,
      devices: [],
    },
  ];
}

/** Seconds of writing that no cache holds back: what waits in one is written out within a minute or so. */
const LONGEST_CACHED = 1800n;

/** Over a longer time than anything holds back writes. */
function longerThanCaches(failing: readonly Judged[], { sound }: Newest): readonly Judged[] {
  const [newest, oldest] = [failing[0], failing.at(-1)];
  if (newest === undefined || oldest === undefined || sound?.root.state !== 'reads') return [];
  const lasted = newest.candidate.uberblock.timestamp - oldest.candidate.uberblock.timestamp;
  return failing.length >= ENOUGH_TXGS && lasted > LONGEST_CACHED ? failing : [];
}

function tellsOlderContent(explained: readonly Judged[], { sound }: Newest): Finding[] {
  const [newest, oldest] = [explained[0], explained.at(-1)];
  const lasted =
    newest === undefined || oldest === undefined
      ? ''
      : span(newest.candidate.uberblock.timestamp - oldest.candidate.uberblock.timestamp);
  return [
    {
      code: 'content-older-than-rings',
      severity: 'error',
      message: `${whichOf(explained)}, but metadata that they point to is not on the disks, over ${lasted} of writing, longer than a cache holds anything back. ${olderReads(explained, sound)} Likely cause: a part of a device holds older content, put back from a snapshot or an older copy, or something wrote over it.`,
      devices: [],
    },
  ];
}

function tellsFlush(explained: readonly Judged[], { sound }: Newest): Finding[] {
  const points = explained.length === 1 ? 'it points to' : 'they point to';
  return [
    {
      code: 'uberblock-ahead-of-metadata',
      severity: 'error',
      message: `${whichOf(explained)}, but the metadata that ${points} is not on the disks. ${olderReads(explained, sound)} Likely cause: a flush that was acknowledged and not done (disk cache, RAID card, hypervisor).`,
      devices: [],
    },
  ];
}

/** `The newest 3 uberblocks in the rings (between txg 4 and 9) are sound`. */
function whichOf(explained: readonly Judged[]): string {
  const [newest, oldest] = [explained[0]?.candidate.txg, explained.at(-1)?.candidate.txg];
  if (explained.length === 1) return `The newest uberblock (txg ${newest}) is sound`;
  return `The newest ${explained.length} uberblocks in the rings (${explained.length === 2 ? '' : 'between '}txg ${oldest} and ${newest}) are sound`;
}

function olderReads([newest]: readonly Judged[], sound: Judged | null): string {
  if (newest === undefined || sound === null) return '';
  const lost = span(newest.candidate.uberblock.timestamp - sound.candidate.uberblock.timestamp);
  return `The next older uberblock, txg ${sound.candidate.txg}, is ${lost} older and reads${isProven(sound) ? '' : ' as far as was checked'}.`;
}

/** How many candidates of the pool have no root block any more although they are not the newest: nothing to worry about. */
export function reusedRoots({ judged }: Evidence): Finding[] {
  const firstSound = judged.findIndex(({ root }) => root.state === 'reads');
  if (firstSound < 0) return [];
  const reused = judged.slice(firstSound).filter(({ root }) => root.state === 'destroyed');
  if (reused.length === 0) return [];
  return [
    {
      code: 'old-roots-overwritten',
      severity: 'info',
      message: `The root block${reused.length === 1 ? '' : 's'} of ${count(reused.length, 'older uberblock')} ${reused.length === 1 ? 'was' : 'were'} overwritten by later writes, as happens to old txgs.`,
      devices: [],
    },
  ];
}
