import type { Txg } from '../bytes/units.ts';
import { carriers } from '../load/candidates.ts';
import { passes } from '../load/predict.ts';
import type { Choice, Worth } from './choice.ts';
import type { TimeJump } from './findings/timeJumps.ts';
import type { Judged } from './judge.ts';
import type { JudgedCandidate } from './judgedCandidate.ts';

/** Another txg that is worth more to some, and what it gives up for that. */
export interface Alternative {
  readonly txg: Txg;
  readonly why: Worth;
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
  const add = (judged: JudgedCandidate | undefined, why: (judged: Judged) => Worth) => {
    if (judged === undefined || judged === best || found.some(({ txg }) => txg === judged.candidate.txg)) return;
    found.push({ txg: judged.candidate.txg, why: why(judged), by: isLikeBest(judged) ? null : judged });
  };
  const isLikeBest = ({ devices, candidate }: JudgedCandidate): boolean =>
    candidate.checkpoint === null && best.candidate.checkpoint === null && sameDevices(devices, best.devices);
  const newer = [...choice.passedOver].sort(newestFirst);
  if (best.prediction.verdict === 'importable') {
    add(
      newer.find(({ prediction }) => prediction.verdict === 'readonly'),
      (each) => ({ kind: 'newer-read-only', seconds: apart(each, best), after: best.candidate.txg }),
    );
  }
  const lost = best.counts?.dataErrors ?? 0;
  if (lost > 0) {
    const worth = (each: Judged): Worth => ({
      kind: 'fewer-data-errors',
      errors: each.counts?.dataErrors ?? 0,
      best: lost,
      seconds: apart(best, each),
    });
    const better = ranked.filter((each) => usable(each) && (each.counts?.dataErrors ?? lost) < lost).sort(newestFirst);
    add(
      better.find(({ counts }) => counts?.dataErrors === 0),
      worth,
    );
    const [next] = better;
    const left = next?.counts?.dataErrors ?? 0;
    if (left > 0) add(next, worth);
  }
  add(otherBranch(ranked, best), branchOf);
  for (const { behind, ahead } of rewinds) {
    if (!behind.includes(best.candidate)) continue;
    const [live] = ranked.filter((each) => ahead.includes(each.candidate) && isOpen(each)).sort(newestFirst);
    add(live, () => ({ kind: 'after-rewind', givenUp: best.candidate.txg }));
  }
  if (best.prediction.verdict === 'unverified') {
    const next = ranked.find((each) => each !== best && each.candidate.taken && each.root.state === 'reads');
    if (next?.prediction.verdict === 'unverified') add(next, () => ({ kind: 'root-reads-too' }));
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

const usable = ({ candidate, prediction }: Judged): boolean => isTaken(candidate) && passes(prediction);

const apart = (a: Judged, b: Judged): bigint => a.candidate.uberblock.timestamp - b.candidate.uberblock.timestamp;

/** After a split brain: the newest that imports and that no device of the chosen one carries. */
function otherBranch(ranked: readonly JudgedCandidate[], best: Judged): JudgedCandidate | undefined {
  const txgs = new Set(ranked.map(({ candidate }) => candidate.txg));
  if (txgs.size === ranked.length) return undefined;
  const own = carriers(best.candidate);
  return [...ranked]
    .filter(({ prediction, devices }) => prediction.verdict === best.prediction.verdict && devices !== null)
    .sort(newestFirst)
    .find((each) => [...carriers(each.candidate)].every((device) => !own.has(device)));
}

const isOpen = (judged: Judged): boolean => usable(judged) || judged.prediction.verdict === 'unverified';

const checkpointWorth = ({ prediction, counts }: Judged): Worth => ({
  kind: 'checkpoint',
  verdict: prediction.verdict,
  damaged: (counts?.metadataErrors ?? 0) > 0,
});

const branchOf = ({ candidate }: Judged): Worth => ({
  kind: 'other-history',
  devices: [...new Set(candidate.copies.map(({ device }) => device.source.name))],
});
