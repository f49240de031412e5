import type { Txg } from '../bytes/units.ts';
import { count, span } from './findings/finding.ts';
import type { TimeJump } from './findings/timeJumps.ts';
import type { Judged } from './judge.ts';
import type { JudgedCandidate } from './judgement.ts';
import type { Choice } from './rank.ts';

/** Another txg that is worth more to some, and what it gives up for that. */
export interface Alternative {
  readonly txg: Txg;
  readonly why: string;
  /** Set where it takes more than another txg in the recommended commands: other devices, other options. */
  readonly by: Pick<JudgedCandidate, 'commands' | 'devices'> | null;
}

/**
 * Txgs that trade loss against damage in another way than the chosen one: none where nothing is to be traded.
 *
 * @param ranked best first
 * @param rewinds whose abandoned states are still in the rings
 */
export function alternatives(
  ranked: readonly JudgedCandidate[],
  choice: Choice<JudgedCandidate>,
  rewinds: readonly TimeJump[] = [],
): Alternative[] {
  const { judged: best } = choice;
  const found: Alternative[] = [];
  const add = (judged: JudgedCandidate | undefined, why: (judged: Judged) => string) => {
    if (judged === undefined || judged === best || found.some(({ txg }) => txg === judged.candidate.txg)) return;
    found.push({ txg: judged.candidate.txg, why: why(judged), by: isLikeBest(judged) ? null : judged });
  };
  const isLikeBest = ({ devices, candidate }: JudgedCandidate): boolean =>
    candidate.checkpoint === null && best.candidate.checkpoint === null && sameDevices(devices, best.devices);
  const newer = [...choice.passedOver].sort(newestFirst);
  if (best.prediction.verdict === 'importable') {
    add(
      newer.find(({ prediction }) => prediction.verdict === 'readonly'),
      (each) => `read-only, to copy out what was written in the ${apart(each, best)} after txg ${best.candidate.txg}`,
    );
  }
  const lost = best.counts?.dataErrors ?? 0;
  if (lost > 0) {
    const better = ranked.filter((each) => usable(each) && (each.counts?.dataErrors ?? lost) < lost).sort(newestFirst);
    add(
      better.find(({ counts }) => counts?.dataErrors === 0),
      (each) => `the newest without data errors (the best has ${lost}), ${apart(best, each)} older`,
    );
    const [next] = better;
    const left = next?.counts?.dataErrors ?? 0;
    if (left > 0) add(next, (each) => `${count(left, 'data error')} instead of ${lost}, ${apart(best, each)} older`);
  }
  add(otherBranch(ranked, best), branchOf);
  for (const { behind, ahead } of rewinds) {
    if (!behind.includes(best.candidate)) continue;
    const [live] = ranked.filter((each) => ahead.includes(each.candidate) && isOpen(each)).sort(newestFirst);
    add(live, () => `the newest that was written after a rewind, which had given up txg ${best.candidate.txg}`);
  }
  if (best.prediction.verdict === 'unverified') {
    const next = ranked.find((each) => each !== best && each.candidate.taken && each.root.state === 'reads');
    if (next?.prediction.verdict === 'unverified') add(next, () => 'its root block reads too, should that fail');
  }
  add(
    ranked.find((each) => each.candidate.checkpoint !== null && isOpen(each)),
    checkpointWorth,
  );
  return found;
}

const sameDevices = (a: Judged['devices'], b: Judged['devices']): boolean =>
  a === b || (a?.length === b?.length && (a ?? []).every((device) => b?.includes(device)));

const newestFirst = (a: Judged, b: Judged): number => (a.candidate.txg > b.candidate.txg ? -1 : 1);

/** Some command leads to it, with all devices. */
const isTaken = ({ taken, checkpoint }: Judged['candidate']): boolean => taken || checkpoint !== null;

const usable = ({ candidate, prediction }: Judged): boolean =>
  isTaken(candidate) && (prediction.verdict === 'importable' || prediction.verdict === 'readonly');

const apart = (a: Judged, b: Judged): string => span(a.candidate.uberblock.timestamp - b.candidate.uberblock.timestamp);

const carriersOf = ({ candidate }: Judged): Set<unknown> =>
  new Set([...candidate.copies, ...candidate.heartbeats].map(({ device }) => device));

/** After a split brain: the newest that imports and that no device of the chosen one carries. */
function otherBranch(ranked: readonly JudgedCandidate[], best: Judged): JudgedCandidate | undefined {
  const txgs = new Set(ranked.map(({ candidate }) => candidate.txg));
  if (txgs.size === ranked.length) return undefined;
  const own = carriersOf(best);
  return [...ranked]
    .filter(({ prediction, devices }) => prediction.verdict === best.prediction.verdict && devices !== null)
    .sort(newestFirst)
    .find((each) => [...carriersOf(each)].every((device) => !own.has(device)));
}

const isOpen = (judged: Judged): boolean => usable(judged) || judged.prediction.verdict === 'unverified';

function checkpointWorth({ prediction, counts }: Judged): string {
  const damaged = (counts?.metadataErrors ?? 0) > 0;
  const whole = damaged ? 'some of its metadata is damaged' : 'kept until it is discarded';
  const worth =
    prediction.verdict === 'importable'
      ? `imports; ${whole}`
      : prediction.verdict === 'readonly'
        ? `imports read-only; ${whole}`
        : 'not verified to the end';
  return `the checkpoint (${worth})`;
}

function branchOf({ candidate }: Judged): string {
  const names = [...new Set(candidate.copies.map(({ device }) => device.source.name))].join(', ');
  return `the newest of the other history, which is on ${names}`;
}
