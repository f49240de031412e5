import type { Txg } from '../bytes/units.ts';
import { passes } from '../load/predict.ts';
import { assemblePools } from '../pool/assemblePools.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import type { JudgedCandidate } from './judgedCandidate.ts';
import type { JudgeOptions, JudgePool, PoolJudgement } from './judgement.ts';

/** What is asked of a pool that is judged with other devices; as of the pool itself unless told. */
export interface WithDevices extends Pick<JudgeOptions, 'placeOf'> {
  /** Txgs to judge, both included; what was asked for bounds them too. */
  readonly range?: { readonly oldest: Txg | null; readonly newest: Txg | null };
  /** False where what the rewind shall lead to is of no account. */
  readonly aimed?: boolean;
  /** Also what else would open that pool. Default: false. */
  readonly waysOut?: boolean;
}

/**
 * Judges what a pool is when zpool is given other devices than those at hand, or those as they would be when changed.
 * Nothing is told of it before it is done.
 *
 * @returns null where the devices make no such pool, where no more than labels is judged, and once that was ended
 */
export type JudgeWith = (devices: readonly DeviceSurvey[], asked?: WithDevices) => Promise<PoolJudgement | null>;

/** @param judge judges a pool with the devices that it has */
export const judgeWithDevicesOf =
  (
    { guid }: Pool,
    { onCandidate: _, onProgress: __, onShare: ___, aim, ...options }: JudgeOptions,
    judge: JudgePool,
  ): JudgeWith =>
  async (devices, { range, aimed = true, waysOut = false, ...more } = {}) => {
    const { blocks, depth, signal } = options;
    if (blocks === undefined || depth === 'labels' || signal?.aborted) return null;
    const pool = assemblePools(devices).pools.find((each) => each.guid === guid && each.root !== null);
    if (pool?.root == null) return null;
    // What reads blocks is not loaded for a look at labels.
    const { openByLabels } = await import('./openByLabels.ts');
    return judge(pool, openByLabels(blocks, pool.root), {
      ...options,
      ...(aimed && aim !== undefined && { aim }),
      minTxg: latest(options.minTxg ?? null, range?.oldest ?? null),
      maxTxg: earliest(options.maxTxg ?? null, range?.newest ?? null),
      waysOut,
      ...more,
    });
  };

const latest = (a: bigint | null, b: bigint | null): bigint | null => (a === null || (b !== null && b > a) ? b : a);
const earliest = (a: bigint | null, b: bigint | null): bigint | null => (a === null || (b !== null && b < a) ? b : a);

/** From the oldest of `txgs` to the newest; of none, all. */
export function rangeOf(txgs: readonly Txg[]): NonNullable<WithDevices['range']> {
  const inOrder = [...txgs].sort((a, b) => (a < b ? -1 : 1));
  return { oldest: inOrder[0] ?? null, newest: inOrder.at(-1) ?? null };
}

/** The best that an import takes and that opens, to read at least; undefined when none does. */
export const firstThatImports = (candidates: readonly JudgedCandidate[]): JudgedCandidate | undefined =>
  candidates.find(({ candidate, prediction }) => candidate.taken && passes(prediction));
