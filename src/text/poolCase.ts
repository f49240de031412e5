import type { CandidateEntry } from '../document/candidate.types.ts';
import type { FindingEntry, ShellStepEntry } from '../document/parts.types.ts';
import type { PoolEntry } from '../document/pool.types.ts';
import type { SourceEntry } from '../document/source.types.ts';
import type { Depth } from '../rewind/judgement.ts';

/** Candidates, newest first; of one txg the later write first, as an import prefers them. */
export const newestFirst = (pool: PoolEntry): CandidateEntry[] =>
  [...pool.candidates].sort((a, b) =>
    a.txg === b.txg ? b.timestamp - a.timestamp || a.rank - b.rank : BigInt(a.txg) > BigInt(b.txg) ? -1 : 1,
  );

/** A txg and when it was written. */
export type Written = Pick<CandidateEntry, 'txg' | 'timestamp'>;

/** A pool with what its answer is made from. */
export interface PoolCase {
  readonly pool: PoolEntry;
  readonly sources: readonly SourceEntry[];
  readonly depth: Depth;
  /** Candidates, newest first. */
  readonly newest: readonly CandidateEntry[];
  /** One entry a txg in the rings, newest first: also those that were asked not to be judged. */
  readonly written: readonly Written[];
  /** What was asked for with --before and --needs, in words. */
  readonly aims: readonly FindingEntry[];
}

/** Findings that say what was asked for, and whether any txg has it. */
const AIMS: ReadonlySet<FindingEntry['code']> = new Set(['aimed-before', 'aimed-needs']);
export const isAim = ({ code }: FindingEntry): boolean => AIMS.has(code);

export function poolCase(pool: PoolEntry, sources: readonly SourceEntry[], depth: Depth): PoolCase {
  const newest = newestFirst(pool);
  const aims = pool.findings.filter(isAim);
  return { pool, sources, depth, newest, written: writtenTxgs(pool, newest, sources), aims };
}

function writtenTxgs(pool: PoolEntry, newest: readonly CandidateEntry[], sources: readonly SourceEntry[]): Written[] {
  const known = new Map<string, Written>();
  const rings = pool.sources.flatMap((index) => sources[index]?.uberblocks ?? []);
  const own = rings.filter(({ state }) => state !== 'foreign');
  for (const each of [...newest, ...own]) if (!known.has(each.txg)) known.set(each.txg, each);
  return [...known.values()].sort((a, b) => (BigInt(a.txg) > BigInt(b.txg) ? -1 : 1));
}

/** The candidate that is recommended: a checkpoint may be of a txg that the rings hold too. */
export const recommended = ({ recommendation, candidates }: PoolEntry): CandidateEntry | null =>
  candidates.find(
    ({ txg, checkpoint }) =>
      txg === recommendation?.txg && (checkpoint === undefined) === (recommendation.checkpoint === undefined),
  ) ?? null;

/** The pool has a finding of that code; of that severity if one is given. */
export const hasFinding = (
  { findings }: PoolEntry,
  code: FindingEntry['code'],
  severity?: FindingEntry['severity'],
): boolean =>
  findings.some((finding) => finding.code === code && (severity === undefined || finding.severity === severity));

/** What shows zpool a vdev without what another pool left behind it, and imports it; empty where nothing is to be cut. */
export const cutSteps = ({ cut, findings }: PoolEntry): readonly ShellStepEntry[] =>
  cut === undefined ? [] : findings.flatMap(({ code, steps = [] }) => (code === 'foreign-pool' ? steps : []));
