import type { Uberblock } from '../format/uberblock.ts';
import type { Candidate } from '../load/candidates.ts';
import { restsOnFailedReads } from '../load/predict.ts';
import { leavesOf, vdevHealth, vdevName } from '../pool/vdevHealth.ts';
import { alternatives } from './alternatives.ts';
import type { Caution } from './caution.ts';
import { givenDevices } from './commands.ts';
import { elsewhereAt, lostTops } from './elsewhere.ts';
import { namedVdev } from './findings/values/named.ts';
import type { JudgedCandidate } from './judgedCandidate.ts';
import type { Recommendation, RecommendOptions } from './recommendation.ts';
import { type Showing, showingOf } from './showing.ts';
import { ongoingCautions, stateCautions } from './stateCautions.ts';
import { type Step, stepsOf, stepsToImport, syncsFrom } from './steps.ts';

/** The txg to try first, what else to try, and what to mind. */
export function recommend(options: RecommendOptions): Recommendation {
  const { candidates, choice, findings, facts, rewinds, all, others } = options;
  const candidate = choice.judged;
  const { txg } = candidate.candidate;
  const newer = all.filter((each) => each.taken && each.txg > txg);
  const graver = findings.some(({ severity }) => severity !== 'info');
  const showings = showingsOf(options, candidate);
  const before = [...readCautions(options), ...findFirst(options), ...findLost(options)];
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
    damage: options.damage,
  };
}

/** What was written last may still be had, on a device that is not here or in a newer copy of one that is. */
function findFirst({ stopped, choice }: RecommendOptions): Caution[] {
  const { txg } = choice.judged.candidate;
  const behind = stopped.filter(({ newest, until }) => txg < newest.txg || txg > until);
  const missing = behind.flatMap((each) => each.missing);
  const [first] = behind;
  if (first === undefined) return [];
  const lacking = { vdev: vdevName(first.top), until: first.until, filesLack: txg > first.until };
  if (missing.length === 0) {
    const devices = behind.flatMap(({ stale }) => stale.map(({ device }) => device.source.name));
    return [{ kind: 'find-newer-copies', devices, ...lacking }];
  }
  const vdevs = missing.map(({ config }) => namedVdev(config));
  return [{ kind: 'find-missing', vdevs, ...lacking }];
}

/** Newer txgs fail for want of devices alone. */
function findLost({ pool, stopped, choice: { passedOver } }: RecommendOptions): Caution[] {
  if (!passedOver.some(({ prediction }) => prediction.verdict === 'incomplete')) return [];
  const lost = lostTops(pool).filter((top) => !stopped.some((each) => each.top === top));
  if (lost.length === 0) return [];
  const vdevs = lost.flatMap((top) =>
    [...leavesOf(top)]
      .filter(({ device, config }) => device === null && config.type !== 'dspare')
      .map(({ config }) => ({ ...namedVdev(config), id: config.id })),
  );
  return [{ kind: 'find-lost', vdevs }];
}

/** What newer txgs lack may be on the device all the same. */
function readCautions({ choice: { passedOver, judged } }: RecommendOptions): Caution[] {
  const newest = passedOver.find(({ prediction }) => restsOnFailedReads(prediction));
  if (newest === undefined) return [];
  const places = newest.prediction.unread?.flatMap(({ place }) => place?.source ?? []) ?? [];
  const devices = [...new Set(places)];
  return [{ kind: 'copy-unread', devices, txg: newest.candidate.txg, best: judged.candidate.txg }];
}

function workOnCopy({ prediction }: JudgedCandidate): Caution[] {
  const open: Caution[] = prediction.verdict === 'unverified' ? [{ kind: 'not-checked' }] : [];
  return [{ kind: 'work-on-copy' }, ...open];
}

/** What is given up by writing on from an older txg, and how it comes back by itself. */
function rewindCautions({ choice }: RecommendOptions, newer: readonly Candidate[]): Caution[] {
  const { candidate, prediction } = choice.judged;
  const [first] = newer;
  const last = newer.at(-1);
  if (first === undefined || last === undefined || prediction.verdict === 'readonly') return [];
  const givenUp = {
    uberblocks: newer.length,
    newest: first.txg,
    oldest: last.txg,
    seconds: first.uberblock.timestamp - candidate.uberblock.timestamp,
  };
  if (candidate.checkpoint !== null) return [{ kind: 'checkpoint-gives-up', ...givenUp }];
  return [
    { kind: 'gives-up', ...givenUp },
    { kind: 'newer-stay', newest: first.txg },
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
