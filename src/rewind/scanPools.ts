import { assemblePools } from '../pool/assemblePools.ts';
import type { BlockReader } from '../pool/blockRead.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import type { Finding } from './findings/finding.ts';
import { unopenedContainers } from './findings/foreign.ts';
import type { Judged } from './judge.ts';
import type { JudgeOptions, PoolJudgement } from './judgement.ts';
import { judgePool } from './judgePool.ts';
import { overlapsOf } from './overlaps.ts';

export interface ScanPoolsOptions extends Omit<JudgeOptions, 'ambiguousName' | 'overlaps' | 'stranger'> {
  /** Name or guid of the one pool to judge; null for all. */
  readonly only?: string | null;
  /** As `onCandidate`, and of which pool. */
  readonly onCandidateOf?: (pool: Pool, judged: Judged) => void;
}

export interface PoolScan {
  readonly judgements: readonly PoolJudgement[];
  /** Devices that no pool can be told for. */
  readonly loose: readonly DeviceSurvey[];
  /** About those. */
  readonly findings: readonly Finding[];
}

/**
 * Assembles the pools of `devices` and judges each.
 *
 * @param openReader how to read the blocks of a pool; null where there is no tree
 */
export async function scanPools(
  devices: readonly DeviceSurvey[],
  openReader: (pool: Pool) => BlockReader | null,
  options: ScanPoolsOptions,
): Promise<PoolScan> {
  const { pools, loose } = assemblePools(devices);
  const only = options.only ?? null;
  const judgements: PoolJudgement[] = [];
  for (const pool of pools) {
    if (only !== null && pool.name !== only && pool.guid.toString() !== only) continue;
    const stranger = pool.missing.length === 0 ? null : (loose.find(({ source }) => source.failures?.gone) ?? null);
    const ambiguousName = pools.some((other) => other !== pool && other.name === pool.name);
    const overlaps = options.placeOf ? overlapsOf(pool, pools, options.placeOf) : [];
    const onCandidate = (judged: Judged): void => {
      options.onCandidate?.(judged);
      options.onCandidateOf?.(pool, judged);
    };
    judgements.push(
      await judgePool(pool, openReader(pool), { ...options, stranger, ambiguousName, overlaps, onCandidate }),
    );
  }
  return { judgements, loose, findings: unopenedContainers(loose, options.placeOf) };
}
