import type { BlockReader } from '../pool/blockRead.ts';
import type { Pool } from '../pool/pool.ts';
import { chooseBest } from './chooseBest.ts';
import { findOut } from './findOut.ts';
import { gather } from './gather.ts';
import { judgeAll } from './judgeAll.ts';
import type { JudgeOptions, PoolJudgement } from './judgement.ts';
import { otherReleases } from './otherReleases.ts';
import { recommend } from './recommend.ts';

/**
 * Judges every state that the rings of `pool` hold, and the checkpoint that a meta-object set keeps. Ends when
 * `options.signal` is aborted, with what is known by then: `stopped` says so.
 *
 * @param reader of the pool's blocks; null when there is no tree to read from, then no root block is read
 */
export async function judgePool(pool: Pool, reader: BlockReader | null, options: JudgeOptions): Promise<PoolJudgement> {
  const gathered = await gather(pool, reader, options, judgePool);
  const verdicts = await judgeAll(gathered);
  const chosen = await chooseBest(gathered, verdicts);
  const found = await findOut(gathered, verdicts, chosen);
  const { candidates, fitting, choice, pool: complete } = chosen;
  const recommendation =
    choice &&
    recommend({
      ...{ ...found, findings: found.evident, choice, candidates: fitting, pool: complete },
      ...{ all: gathered.all, placeOf: gathered.options.placeOf },
    });
  const { findings, waysOut, relaxed, cut } = found;
  const versions = await otherReleases(gathered, verdicts.rings);
  const stopped = options.signal?.aborted ?? false;
  return {
    pool: complete,
    depth: options.depth,
    candidates,
    findings,
    recommendation,
    waysOut,
    relaxed,
    cut,
    versions,
    stopped,
  };
}
