import type { Txg } from '../../bytes/units.ts';
import { fails } from '../../load/predict.ts';
import { lostCopies } from '../../load/reason.ts';
import type { StepName } from '../../load/stepNames.ts';
import { vdevName } from '../../pool/vdevHealth.ts';
import type { Judged } from '../judge.ts';
import { divergenceOf } from './divergence.ts';
import type { Evidence, Finding } from './finding.ts';
import { devicesOfTwoTimes } from './imageOfTwoTimes.ts';
import { abandonedTimelines } from './timeGoingBack.ts';
import type { Failing, FailingBefore } from './values/metadata.ts';
import { namedVdev } from './values/named.ts';

/** Steps that fail without any metadata being wrong. */
const BEFORE_METADATA: readonly (StepName | null)[] = [null, 'spa_ld_open_vdevs', 'spa_ld_select_uberblock'];
const meansMetadata = ({ prediction }: Judged): boolean => !BEFORE_METADATA.includes(prediction.failsAt);
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
  const firstSound = taken.findIndex((each) => !fails(each.prediction));
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
  return [
    {
      code: 'newest-elsewhere',
      severity: 'error',
      values: {
        ...failingOf(explained),
        until,
        vdevs: stopped.map(({ top }) => vdevName(top)),
        missing: stopped.flatMap(({ missing }) => missing.map(({ config }) => namedVdev(config))),
      },
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
  const copies = first === undefined ? [] : copiesOf(first);
  const values = { ...failingBefore(explained, sound), copies };
  return [{ code: 'metadata-damaged', severity: 'error', values, devices: [] }];
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
  const [newest = 0n, oldest = 0n] = [explained[0], explained.at(-1)].map((each) => timeOf(each));
  const values = { ...failingBefore(explained, sound), seconds: newest - oldest };
  return [{ code: 'content-older-than-rings', severity: 'error', values, devices: [] }];
}

function tellsFlush(explained: readonly Judged[], { sound }: Newest): Finding[] {
  const values = failingBefore(explained, sound);
  return [{ code: 'uberblock-ahead-of-metadata', severity: 'error', values, devices: [] }];
}

const timeOf = (judged: Judged | undefined): bigint => judged?.candidate.uberblock.timestamp ?? 0n;

/** @param explained never empty */
const failingOf = (explained: readonly Judged[]): Failing => ({
  uberblocks: explained.length,
  newest: explained[0]?.candidate.txg ?? 0n,
  oldest: explained.at(-1)?.candidate.txg ?? 0n,
});

const failingBefore = (explained: readonly Judged[], sound: Judged | null): FailingBefore => ({
  ...failingOf(explained),
  older:
    sound === null
      ? null
      : {
          txg: sound.candidate.txg,
          seconds: timeOf(explained[0]) - timeOf(sound),
          verified: isProven(sound),
        },
});

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
      values: { roots: reused.length },
      devices: [],
    },
  ];
}
