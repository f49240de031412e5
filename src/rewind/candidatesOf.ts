import { unlessStopped } from '../bytes/stopping.ts';
import type { PoolReaders } from '../dataset/poolReaders.ts';
import { type Candidate, collectCandidates } from '../load/candidates.ts';
import type { RootCheck } from '../load/rootState.ts';
import type { BlockReader } from '../pool/blockRead.ts';
import type { Pool } from '../pool/pool.ts';
import type { JudgeOptions } from './judgement.ts';

/** Candidates of the rings; those that only the second load of an import finds need the readers to be known. */
export async function candidatesOf(
  pool: Pool,
  readers: PoolReaders | null,
  signal: AbortSignal | undefined,
): Promise<readonly Candidate[]> {
  const all = collectCandidates(pool);
  if (readers === null || all.every(({ seen }) => seen)) return all;
  const { throughSecondLoad } = await import('../load/importStages.ts');
  return unlessStopped(
    signal,
    () => throughSecondLoad(pool, all, readers, signal),
    () => all,
  );
}

/** By `Candidate.rootKey`. */
export async function rootsOf(
  candidates: readonly Candidate[],
  reader: BlockReader | null,
  readers: PoolReaders | null,
  { depth, signal, onProgress }: JudgeOptions,
): Promise<ReadonlyMap<string, RootCheck>> {
  if (reader === null || depth === 'labels') return new Map();
  const { checkRoots, readerFor } = await import('../load/rootCheck.ts');
  const check = async (): Promise<ReadonlyMap<string, RootCheck>> => {
    const roots = new Map<string, RootCheck>();
    for (const startsFrom of new Set(candidates.map((each) => each.startsFrom))) {
      const those = candidates.filter((each) => each.startsFrom === startsFrom);
      const found = await checkRoots(those, readerFor(startsFrom, reader, readers), {
        ...(signal === undefined ? {} : { signal }),
        ...(onProgress === undefined ? {} : { onChecked: onProgress }),
      });
      for (const [key, check] of found) roots.set(key, check);
    }
    return roots;
  };
  return unlessStopped(signal, check, () => new Map());
}
