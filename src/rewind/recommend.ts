import type { Uberblock } from '../format/uberblock.ts';
import type { Candidate } from '../load/candidates.ts';
import { restsOnFailedReads } from '../load/predict.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { leavesOf, vdevHealth, vdevName } from '../pool/vdevHealth.ts';
import { type Alternative, alternatives } from './alternatives.ts';
import { givenDevices } from './commands.ts';
import { type Elsewhere, elsewhereAt, lostTops } from './elsewhere.ts';
import type { PoolFacts } from './facts/poolFacts.ts';
import type { StateFacts } from './facts/stateFacts.ts';
import { count, type Finding, list, span } from './findings/finding.ts';
import type { TimeJump } from './findings/timeJumps.ts';
import type { ImportPlace } from './importPlace.ts';
import type { JudgedCandidate } from './judgement.ts';
import type { Choice } from './rank.ts';
import { type Showing, showingOf } from './showing.ts';
import { ongoingCautions, stateCautions } from './stateCautions.ts';
import { type Step, stepsOf, stepsToImport, syncsFrom } from './steps.ts';
import type { StoppedTop } from './stoppedTops.ts';

/** Another txg, with what it takes where the recommended commands with that txg do not do. */
export interface OtherTxg extends Pick<Alternative, 'txg' | 'why'> {
  readonly steps: readonly Step[];
}

export interface Recommendation {
  readonly candidate: JudgedCandidate;
  readonly why: string;
  readonly alternatives: readonly OtherTxg[];
  /** Only what applies here; empty for a pool whose newest txg imports and that has nothing to warn of. */
  readonly cautions: readonly string[];
  /** Of those, what comes before any of the steps: they give up, or lack, what may still be found. */
  readonly before: readonly string[];
  /** Trying it can cost something: better on a copy or an overlay. */
  readonly risky: boolean;
  /** What an import of that txg lacks although it succeeds; null for nothing. */
  readonly elsewhere: Elsewhere | null;
  /** Of the devices that the commands name. */
  readonly showings: readonly Showing[];
  /** All that is to be done, in order; empty where nothing names the pool. */
  readonly steps: readonly Step[];
  /** Snapshots and intent logs at that txg; null where they were not read. */
  readonly state: StateFacts | null;
}

export interface RecommendOptions {
  readonly candidates: readonly JudgedCandidate[];
  /** Every candidate of the rings, newest first. */
  readonly all: readonly Candidate[];
  readonly choice: Choice<JudgedCandidate>;
  readonly findings: readonly Finding[];
  readonly facts: PoolFacts | null;
  /** Rewinds whose abandoned states are still in the rings. */
  readonly rewinds: readonly TimeJump[];
  /** Top-level vdevs of which the newest writing is on no device at hand. */
  readonly stopped: readonly StoppedTop[];
  readonly pool: Pool;
  /** Txgs that take other devices, or copies of them, of which the candidates do not know. */
  readonly others: readonly Alternative[];
  readonly placeOf: (device: DeviceSurvey) => ImportPlace | null;
  /** The newest uberblock that an import without `-T` may take and that is another pool's; null without one. */
  readonly foreign: Uberblock | null;
}

/** The txg to try first, what else to try, and what to mind. */
export function recommend(options: RecommendOptions): Recommendation {
  const { candidates, choice, findings, facts, rewinds, all, others } = options;
  const candidate = choice.judged;
  const { txg } = candidate.candidate;
  const newer = all.filter((each) => each.taken && each.txg > txg);
  const graver = findings.some(({ severity }) => severity !== 'info');
  const showings = showingsOf(options, candidate);
  const before = [...findFirst(options), ...findLost(options)];
  const risky = newer.length > 0 || graver || candidate.prediction.verdict !== 'importable';
  return {
    candidate,
    why: choice.why,
    alternatives: [...alternatives(candidates, choice, rewinds), ...others].map(({ txg: other, why, by }) => ({
      txg: other,
      why,
      steps: by === null ? [] : stepsToRead(options, by),
    })),
    cautions: [
      ...readCautions(options),
      ...before,
      ...(risky ? workOnCopy(candidate) : []),
      ...rewindCautions(options, newer),
      ...stateCautions(options),
      ...ongoingCautions(facts?.ongoing ?? null, candidate),
    ],
    before,
    risky,
    elsewhere: elsewhereAt(options.pool, txg, options.stopped),
    showings,
    steps: stepsFor(options, newer, showings),
    state: facts?.state ?? null,
  };
}

/** What was written last may still be had, on a device that is not here or in a newer copy of one that is. */
function findFirst({ stopped, choice }: RecommendOptions): string[] {
  const { txg } = choice.judged.candidate;
  const behind = stopped.filter(({ newest, until }) => txg < newest.txg || txg > until);
  const missing = behind.flatMap((each) => each.missing);
  const [first] = behind;
  if (first === undefined) return [];
  const cost =
    txg > first.until
      ? `what the pool wrote to ${vdevName(first.top)} after txg ${first.until} is not here, and files lack it`
      : 'to rewind and write is to give that up';
  if (missing.length === 0) {
    const names = behind.flatMap(({ stale }) => stale.map(({ device }) => device.source.name));
    return [`Look for a newer copy of ${list(names)} first and scan again with it: ${cost}.`];
  }
  const names = missing.map(({ config: { type, path, guid } }) => `${path ?? type} (guid ${guid})`);
  return [
    `Find ${list(names)} first and scan again with ${missing.length === 1 ? 'it' : 'them'}: only there can be what was written after txg ${first.until}, and ${cost}.`,
  ];
}

/** Newer txgs fail for want of devices alone. */
function findLost({ pool, stopped, choice: { passedOver } }: RecommendOptions): string[] {
  if (!passedOver.some(({ prediction }) => prediction.verdict === 'incomplete')) return [];
  const lost = lostTops(pool).filter((top) => !stopped.some((each) => each.top === top));
  if (lost.length === 0) return [];
  const names = lost.flatMap((top) =>
    [...leavesOf(top)]
      .filter(({ device, config }) => device === null && config.type !== 'dspare')
      .map(({ config: { type, path, guid, id } }) =>
        type === 'missing' ? `what was top-level vdev ${id ?? '?'}` : `${path ?? type} (guid ${guid})`,
      ),
  );
  return [
    `Find ${list(names)} first and scan again with ${names.length === 1 ? 'it' : 'them'}: newer txgs lack nothing else that is known, and to rewind and write is to give those up.`,
  ];
}

/** What newer txgs lack may be on the device all the same. */
function readCautions({ choice: { passedOver, judged } }: RecommendOptions): string[] {
  const unread = passedOver.filter(({ prediction }) => restsOnFailedReads(prediction));
  const [newest] = unread;
  if (newest === undefined) return [];
  const places = newest.prediction.unread?.flatMap(({ place }) => place?.source ?? []) ?? [];
  const names = list([...new Set(places)]);
  return [
    `Before anything else copy ${names} to a sound disk (ddrescue) and scan the copy: txg ${newest.candidate.txg} fails for read errors there and for nothing else, and may import from the copy. To go back to txg ${judged.candidate.txg} read-write gives it up for good.`,
  ];
}

function workOnCopy({ prediction }: JudgedCandidate): string[] {
  const open =
    prediction.verdict === 'unverified'
      ? ['Not everything below the root block was checked: the import may still fail or find damage.']
      : [];
  return ['Work on a copy or an overlay of the devices, never on the only original. Import read-only first.', ...open];
}

/** What is given up by writing on from an older txg, and how it comes back by itself. */
function rewindCautions({ choice }: RecommendOptions, newer: readonly Candidate[]): string[] {
  const { candidate, prediction } = choice.judged;
  const [first] = newer;
  const last = newer.at(-1);
  if (first === undefined || last === undefined || prediction.verdict === 'readonly') return [];
  const which =
    first === last ? `txg ${first.txg}` : `${count(newer.length, 'newer uberblock')} (txg ${first.txg} to ${last.txg})`;
  const seconds = span(first.uberblock.timestamp - candidate.uberblock.timestamp);
  if (candidate.checkpoint !== null) {
    return [
      `A read-write import gives up ${which}, ${seconds} of writing, for good: OpenZFS writes the checkpoint into the rings as a txg newer than all, and keeps it as a checkpoint no more.`,
    ];
  }
  return [
    `A read-write import gives up ${which}, ${seconds} of writing: what only ${first === last ? 'it uses' : 'they use'} is overwritten from then on.`,
    `The newer uberblocks stay in the rings: until the pool has written past txg ${first.txg}, an import after an export or crash takes one of them (OpenZFS issue 19163).`,
  ];
}

/** Each forced sync writes a txg, until the last of the newer uberblocks is no longer the newest. */
function syncsPast(
  newer: readonly Candidate[],
  foreign: Uberblock | null,
  { candidate }: JudgedCandidate,
): bigint | null {
  let last = candidate.txg;
  for (const each of [newer[0]?.uberblock ?? null, foreign]) if (each !== null && each.txg > last) last = each.txg;
  return last <= candidate.txg || candidate.checkpoint !== null ? null : syncsFrom(candidate.txg, last);
}

/** Of the devices that the commands of a candidate name. */
export function showingsOf(
  { pool, placeOf }: Pick<RecommendOptions, 'pool' | 'placeOf'>,
  { devices }: Pick<JudgedCandidate, 'devices'>,
): Showing[] {
  return givenDevices(pool, devices ?? pool.devices).flatMap((device) => {
    const place = placeOf(device);
    return place === null ? [] : [showingOf(device, place)];
  });
}

/** What leads to a read-only import, and no further. */
export const stepsToRead = (
  options: Pick<RecommendOptions, 'pool' | 'placeOf'>,
  by: Pick<JudgedCandidate, 'commands' | 'devices'>,
): Step[] => stepsToImport(by.commands, showingsOf(options, by));

function stepsFor(options: RecommendOptions, newer: readonly Candidate[], showings: readonly Showing[]): Step[] {
  const { choice, pool } = options;
  const { commands, prediction } = choice.judged;
  const lost = (pool.root?.children ?? []).filter((top) => top.role === 'log' && vdevHealth(top) === 'missing');
  return stepsOf({
    commands,
    showings,
    encrypted: options.facts?.ongoing?.encrypted ?? false,
    writes: prediction.verdict === 'importable',
    syncs: syncsPast(newer, options.foreign, choice.judged),
    lostLogs: commands.withoutLog ? lost.flatMap(({ config }) => (config.guid === 0n ? [] : [config.guid])) : null,
  });
}
