import type { Candidate } from '../load/candidates.ts';
import type { Pool } from '../pool/pool.ts';
import { unlessAborted } from './candidatesOf.ts';
import type { Detached } from './detachedDevices.ts';
import type { Judged } from './judge.ts';
import type { JudgedCandidate } from './judgedCandidate.ts';
import type { JudgeOptions, JudgePool } from './judgement.ts';
import type { OtherDevices } from './offlineLegs.ts';
import type { RelaxedOptions } from './relaxed.ts';
import type { WayOut } from './waysOut.ts';

export interface FoundWays {
  readonly others: readonly OtherDevices[];
  readonly relaxed: readonly WayOut[];
  readonly detached: Detached;
}

export interface JudgedPool {
  readonly pool: Pool;
  /** Candidates of the rings, newest first. */
  readonly all: readonly Candidate[];
  readonly judged: readonly Judged[];
  /** What is recommended; null when nothing is. */
  readonly best: JudgedCandidate | null;
}

const NONE: FoundWays = { others: [], relaxed: [], detached: { findings: [], ways: [] } };

/**
 * What opens the pool beside an import of all its devices as they are, with OpenZFS set as it is.
 *
 * @param judge judges what the pool is with some devices, or with labels repaired
 */
export async function findWays(
  { pool, all, judged, best }: JudgedPool,
  options: JudgeOptions & RelaxedOptions,
  judge: JudgePool,
): Promise<FoundWays> {
  const { depth, signal } = options;
  if (depth === 'labels' || options.waysOut === false) return NONE;
  const { otherDevices } = await import('./offlineLegs.ts');
  const others = await otherDevices(pool, all, best, options, judge);
  const newest = best !== null && best.candidate === judged[0]?.candidate;
  if (newest || signal?.aborted) return { ...NONE, others };
  const { relaxedWays } = await import('./relaxed.ts');
  const relaxed = await unlessAborted(signal, [], () => relaxedWays(pool, all, judged, best, options));
  if (best !== null) return { ...NONE, others, relaxed };
  const { detachedDevices, withoutForcedFaults } = await import('./detachedDevices.ts');
  const detached = await detachedDevices(pool, options, judge);
  if (others.length > 0 || relaxed.length > 0 || detached.ways.length > 0) return { others, relaxed, detached };
  const edited = await withoutForcedFaults(pool, options, judge);
  return { others, relaxed: edited === null ? [] : [edited], detached };
}
