import type { Engine } from '../block/engine.ts';
import type { HandlePool } from '../node/handlePool.ts';
import type { SourceSpec } from '../node/target.ts';
import { assemblePools } from '../pool/assemblePools.ts';
import { watchFinding } from '../rewind/aim/watch.ts';
import type { PoolJudgement } from '../rewind/judgement.ts';
import type { PoolScan } from '../rewind/scanPools.ts';
import { wait } from './host.ts';
import type { Progress } from './progress.ts';
import { closeSources, surveyDevices } from './surveyDevices.ts';

export interface Watch {
  readonly seconds: number;
  /** Milliseconds since 1970 at which the labels were read first. */
  readonly since: number;
  readonly engine: Engine;
  readonly progress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Those of the first look: what failed there is known. */
  readonly handles?: HandlePool | undefined;
}

/**
 * Reads the rings of all pools again, `seconds` after they were read first, and adds to each what that says: a host that
 * writes is told first of all. Without a second look when `signal` is aborted.
 *
 * The sources of the first look have to be closed: a block device that is still open may give what the system has kept
 * of it, and not what another host has written since.
 */
export async function watchPools(specs: readonly SourceSpec[], found: PoolScan, watch: Watch): Promise<PoolScan> {
  const { seconds, since, engine, progress, signal, handles } = watch;
  try {
    for (let left = until(since, seconds); left > 0; left = until(since, seconds)) {
      progress?.({ phase: 'watching, second', done: Math.max(0, seconds - Math.ceil(left / 1000)), total: seconds });
      await wait(Math.min(left, 1000), undefined, signal === undefined ? {} : { signal });
    }
    const surveyed = await surveyDevices(specs, { engine, signal, handles });
    await closeSources(surveyed);
    // What had no turn is no device that is gone.
    signal?.throwIfAborted();
    const { pools } = assemblePools(surveyed.flatMap(({ survey }) => survey ?? []));
    const judgements = found.judgements.map((judgement): PoolJudgement => {
      const { pool, findings, recommendation } = judgement;
      const again = pools.find(({ guid, name }) => guid === pool.guid && name === pool.name);
      const finding = watchFinding(pool, again?.devices ?? [], seconds);
      const cautions = [
        ...(finding.severity === 'error' ? [{ kind: 'written-by-another-host' } as const] : []),
        ...(recommendation?.cautions ?? []),
      ];
      return {
        ...judgement,
        findings: [finding, ...findings],
        recommendation: recommendation && { ...recommendation, cautions },
      };
    });
    return { ...found, judgements };
  } catch (error) {
    if (signal?.aborted) return found;
    throw error;
  }
}

const until = (since: number, seconds: number): number => since + seconds * 1000 - Date.now();
