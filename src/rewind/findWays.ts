import { unlessStopped } from '../bytes/stopping.ts';
import type { Detached } from './detachedDevices.ts';
import type { Gathered } from './gather.ts';
import type { Judged } from './judge.ts';
import type { JudgedCandidate } from './judgedCandidate.ts';
import type { OtherDevices } from './offlineLegs.ts';
import type { RelaxedWays } from './relaxed.ts';

export interface FoundWays {
  readonly others: readonly OtherDevices[];
  readonly relaxed: RelaxedWays;
  readonly detached: Detached;
}

const NONE: FoundWays = {
  others: [],
  relaxed: { ways: [], relaxed: new Map() },
  detached: { findings: [], ways: [] },
};

/**
 * What opens the pool beside an import of all its devices as they are, with OpenZFS set as it is.
 *
 * @param judged candidates of the rings, newest first
 * @param best what is recommended; null when nothing is
 */
export async function findWays(
  gathered: Gathered,
  judged: readonly Judged[],
  best: JudgedCandidate | null,
): Promise<FoundWays> {
  const { depth, signal, waysOut } = gathered.options;
  if (depth === 'labels' || waysOut === false) return NONE;
  const { otherDevices } = await import('./offlineLegs.ts');
  const others = await otherDevices(gathered, best);
  const newest = best !== null && best.candidate === judged[0]?.candidate;
  if (newest) return { ...NONE, others };
  const { relaxedWays } = await import('./relaxed.ts');
  const relaxed = await unlessStopped(
    signal,
    () => relaxedWays(gathered, judged, best),
    () => NONE.relaxed,
  );
  if (best !== null || signal?.aborted) return { ...NONE, others, relaxed };
  const { detachedDevices, withoutForcedFaults } = await import('./detachedDevices.ts');
  const detached = await detachedDevices(gathered);
  if (others.length > 0 || relaxed.ways.length > 0 || detached.ways.length > 0) return { others, relaxed, detached };
  const edited = await withoutForcedFaults(gathered);
  return { others, relaxed: { ...relaxed, ways: edited === null ? [] : [edited] }, detached };
}
