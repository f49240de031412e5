import type { PoolEntry } from '../document/pool.types.ts';
import type { SourceEntry } from '../document/source.types.ts';
import type { PoolCase } from '../text/poolCase.ts';

export type MomentKind = 'uberblock' | 'label' | 'history' | 'snapshot';

/** Something that was written in a txg, and when. Texts are raw. */
export interface Moment {
  readonly kind: MomentKind;
  readonly txg: string;
  /** Seconds since 1970, by the clock of the writer. */
  readonly time: number;
  readonly text: string;
}

/** What the document tells of times, in the order of txgs, the oldest first. */
export function momentsOf({ pool, sources, written }: PoolCase): Moment[] {
  const times = new Map(written.map(({ txg, timestamp }) => [txg, timestamp]));
  const ascending = [...written].reverse();
  const moments: Moment[] = written.map(({ txg, timestamp }) => ({
    kind: 'uberblock',
    txg,
    time: timestamp,
    text: `uberblock of txg ${txg}`,
  }));
  for (const [txg, where] of labelTxgs(pool, sources)) {
    // A label has no time of its own: what was written in its txg, or next, tells it.
    const next = times.get(txg) ?? ascending.find((each) => BigInt(each.txg) >= BigInt(txg))?.timestamp;
    if (next !== undefined) moments.push({ kind: 'label', txg, time: next, text: `labels of ${where.join(', ')}` });
  }
  for (const { name, creationTime, creationTxg } of pool.recommendation?.snapshots?.newest ?? []) {
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
  readonly from: Moment;
  readonly to: Moment;
  /** Negative where the clock went back. */
  readonly seconds: number;
}

/** A gap is this many times what usually lies between two uberblocks, and at least so many seconds. */
const GAP = { times: 20, seconds: 60 };

/** Where the clock of the writer went back, and where nothing was written for long; in the order of txgs. */
export function oddSteps(moments: readonly Moment[]): TimeStep[] {
  const written = moments.filter(({ kind }) => kind === 'uberblock');
  const steps = written.slice(1).flatMap((to, at) => {
    const from = written[at];
    return from === undefined ? [] : [{ from, to, seconds: to.time - from.time }];
  });
  const sorted = steps.map(({ seconds }) => seconds).sort((a, b) => a - b);
  const usual = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const gap = Math.max(GAP.seconds, usual * GAP.times);
  return steps.filter(({ seconds }) => seconds < 0 || seconds > gap);
}
