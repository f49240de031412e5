import type { Txg } from '../bytes/units.ts';
import type { StoredCheckpoint } from './facts/poolFacts.ts';
import { count, span } from './findings/finding.ts';
import type { Judged } from './judge.ts';
import type { Choice } from './rank.ts';

/** Another txg that is worth more to some, and what it gives up for that. */
export interface Alternative {
  readonly txg: Txg;
  readonly why: string;
}

/**
 * Txgs that trade loss against damage in another way than the chosen one: none where nothing is to be traded.
 *
 * @param ranked best first
 */
export function alternatives(
  ranked: readonly Judged[],
  choice: Choice,
  checkpoint: StoredCheckpoint | null,
): Alternative[] {
  const { judged: best } = choice;
  const found: Alternative[] = [];
  const add = (judged: Judged | undefined, why: (judged: Judged) => string) => {
    if (judged === undefined || judged === best || found.some(({ txg }) => txg === judged.candidate.txg)) return;
    found.push({ txg: judged.candidate.txg, why: why(judged) });
  };
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
  if (best.prediction.verdict === 'unverified') {
    const next = ranked.find((each) => each !== best && each.candidate.taken && each.root.state === 'reads');
    if (next?.prediction.verdict === 'unverified') add(next, () => 'its root block reads too, should that fail');
  }
  if (checkpoint?.reads && checkpoint.uberblock.txg !== best.candidate.txg) {
    const { txg } = checkpoint.uberblock;
    const command = 'zpool import --rewind-to-checkpoint';
    found.push({ txg, why: `the checkpoint, kept whole until it is discarded: ${command}` });
  }
  return found;
}

const newestFirst = (a: Judged, b: Judged): number => (a.candidate.txg > b.candidate.txg ? -1 : 1);

const usable = ({ candidate, prediction }: Judged): boolean =>
  candidate.taken && (prediction.verdict === 'importable' || prediction.verdict === 'readonly');

const apart = (a: Judged, b: Judged): string => span(a.candidate.uberblock.timestamp - b.candidate.uberblock.timestamp);

const carriersOf = ({ candidate }: Judged): Set<unknown> =>
  new Set([...candidate.copies, ...candidate.heartbeats].map(({ device }) => device));

/** After a split brain: the newest that imports and that no device of the chosen one carries. */
function otherBranch(ranked: readonly Judged[], best: Judged): Judged | undefined {
  const txgs = new Set(ranked.map(({ candidate }) => candidate.txg));
  if (txgs.size === ranked.length) return undefined;
  const own = carriersOf(best);
  return [...ranked]
    .filter(({ prediction, devices }) => prediction.verdict === best.prediction.verdict && devices !== null)
    .sort(newestFirst)
    .find((each) => [...carriersOf(each)].every((device) => !own.has(device)));
}

function branchOf({ candidate }: Judged): string {
  const names = [...new Set(candidate.copies.map(({ device }) => device.source.name))].join(', ');
  return `the newest of the other history, which is on ${names}`;
}
