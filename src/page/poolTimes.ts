import type { PoolEntry } from '../document/pool.types.ts';
import type { SourceEntry } from '../document/source.types.ts';
import { branchesOf, SHARED } from '../text/candidateRuns.ts';
import type { PoolCase, Written } from '../text/poolCase.ts';

export type MomentKind = 'uberblock' | 'label' | 'history' | 'dataset' | 'snapshot';

/** Something that was written in a txg, and when. Texts are raw. */
export interface Moment {
  readonly kind: MomentKind;
  readonly txg: string;
  /** Seconds since 1970, by the clock of the writer. */
  readonly time: number;
  readonly text: string;
}

/** What is known of times, in the order of txgs, the oldest first. */
export function momentsOf({ pool, sources, written }: PoolCase): Moment[] {
  const told = pool.moments?.events ?? [];
  const times = new Map(written.map(({ txg, timestamp }) => [txg, timestamp]));
  const ascending = [...written].reverse();
  const moments: Moment[] = written.flatMap(({ txg, timestamp }) =>
    timestamp === 0 ? [] : [{ kind: 'uberblock', txg, time: timestamp, text: `uberblock of txg ${txg}` }],
  );
  for (const [txg, where] of labelTxgs(pool, sources)) {
    // A label has no time of its own: what was written in its txg, or next, tells it.
    const next = times.get(txg) ?? ascending.find((each) => BigInt(each.txg) >= BigInt(txg))?.timestamp;
    if (next !== undefined) moments.push({ kind: 'label', txg, time: next, text: `labels of ${where.join(', ')}` });
  }
  moments.push(...told);
  const named = told.length > 0 ? [] : (pool.recommendation?.snapshots?.newest ?? []);
  for (const { name, creationTime, creationTxg } of named) {
    moments.push({ kind: 'snapshot', txg: creationTxg, time: creationTime, text: `snapshot ${name}` });
  }
  return moments.sort((a, b) => (BigInt(a.txg) < BigInt(b.txg) ? -1 : a.txg === b.txg ? 0 : 1));
}

/** Paths of the sources whose labels were written in each txg. */
function labelTxgs(pool: PoolEntry, sources: readonly SourceEntry[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const index of pool.sources) {
    const source = sources[index];
    for (const txg of new Set(source?.labels.flatMap(({ txg }) => txg ?? []))) {
      found.set(txg, [...(found.get(txg) ?? []), source?.path ?? '']);
    }
  }
  return found;
}

/** What is odd about the times of neighbouring txgs. */
export interface TimeStep {
  readonly from: Written;
  readonly to: Written;
  /** Negative where the clock went back. */
  readonly seconds: number;
}

/** A gap is this many times what usually lies between two uberblocks, and at least so many seconds. */
const GAP = { times: 20, seconds: 60 };

/** The txgs of each history of a pool, the oldest first: of most pools one, of devices that went on alone one each. */
export function historiesOf({ pool, written, newest }: PoolCase): (readonly Written[])[] {
  const branches = branchesOf(pool, pool.sources.map(String));
  const names = new Set([...branches.values()].filter((name) => name !== SHARED));
  if (names.size === 0) return [[...written].reverse()];
  const of = (name: string) => newest.filter((each) => [name, SHARED].includes(branches.get(each) ?? SHARED));
  return [...names].map((name) => of(name).reverse());
}

/** Where the clock of the writer went back, and where nothing was written for long; in the order of txgs. */
export function oddSteps(histories: readonly (readonly Written[])[]): TimeStep[] {
  const steps = new Map<string, TimeStep>();
  for (const history of histories) {
    for (const [at, to] of history.entries()) {
      const from = history[at - 1];
      if (from !== undefined) steps.set(`${from.txg} ${to.txg}`, { from, to, seconds: to.timestamp - from.timestamp });
    }
  }
  const sorted = [...steps.values()].map(({ seconds }) => seconds).sort((a, b) => a - b);
  const usual = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const gap = Math.max(GAP.seconds, usual * GAP.times);
  return [...steps.values()].filter(({ seconds }) => seconds < 0 || seconds > gap);
}
