import type { CandidateEntry } from '../document/candidate.types.ts';
import type { PoolEntry } from '../document/pool.types.ts';
import { durationText } from './amounts.ts';
import { SHARED } from './candidateRuns.ts';
import { newestFirst } from './poolCase.ts';

/** Seconds before the newest; `newest` for that one, null where the clock makes no sense of it. */
export type Loss = number | 'newest' | null;

/** How much a candidate loses against the newest of its own branch. */
export function lossOf(
  pool: PoolEntry,
  branches: ReadonlyMap<CandidateEntry, string>,
): (candidate: CandidateEntry) => Loss {
  const newest = newestFirst(pool);
  return (candidate) => {
    const branch = branches.get(candidate) ?? SHARED;
    const head = branch === SHARED ? newest[0] : newest.find((each) => branches.get(each) === branch);
    // Newer ones may not have been asked for: then the first is not the newest there is.
    if (head === undefined || head.txg === candidate.txg) {
      return branch !== SHARED || candidate.lossSeconds === 0 ? 'newest' : candidate.lossSeconds;
    }
    if (candidate.timestamp > head.timestamp) return null;
    return branch === SHARED ? candidate.lossSeconds : head.timestamp - candidate.timestamp;
  };
}

/** `-` for the newest, `4 s`, `0-4 s`, `58 s-2 min`. */
export function lossText(losses: readonly Loss[]): string {
  const [first = null, last = null] = [losses[0], losses.at(-1)];
  if (first === null || last === null || losses.includes(null)) return '?';
  if (first === last) return first === 'newest' ? '-' : first === 0 ? '<1 s' : durationText(first);
  const [from, to] = [first, last]
    .map((loss) => largestUnit(loss === 'newest' ? 0 : loss))
    .sort((a, b) => a.seconds - b.seconds);
  if (from === undefined || to === undefined) return '';
  if (from.text === to.text) return to.seconds === 0 ? '<1 s' : to.text;
  const same = from.unit === to.unit || from.seconds === 0;
  return `${same ? from.amount : from.text}-${to.text}`;
}

/** `2 min` of 125 s. */
function largestUnit(seconds: number) {
  const [amount = '', unit = ''] = durationText(seconds).split(' ');
  return { seconds, amount, unit, text: `${amount} ${unit}` };
}
