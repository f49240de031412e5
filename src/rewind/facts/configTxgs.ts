import type { Txg } from '../../bytes/units.ts';
import type { PoolAt } from '../../dataset/poolAt.ts';
import type { Candidate } from '../../load/candidates.ts';
import type { Pool } from '../../pool/pool.ts';
import { timeJumps } from '../findings/timeJumps.ts';

/** Of each side of a jump in time: the newest ones say where the line of txgs breaks. */
const READ = 8;

/**
 * The txg in which the config of a state was written, by the key of the candidate. Read only where times go back while
 * txgs go up, to tell a rewind from a clock that was set back.
 *
 * @param candidates newest first; also those whose root does not read say where times go back
 */
export async function configTxgs(
  pool: Pool,
  candidates: readonly Candidate[],
  isReadable: (candidate: Candidate) => boolean,
  viewOf: (candidate: Candidate) => Promise<PoolAt | null>,
): Promise<ReadonlyMap<string, Txg>> {
  const txgs = new Map<string, Txg>();
  for (const { behind, ahead, tied } of timeJumps(pool, candidates)) {
    for (const candidate of [behind, ahead, tied].flatMap((side) => side.filter(isReadable).slice(-READ))) {
      const txg = (await viewOf(candidate))?.config.txg ?? null;
      if (txg !== null) txgs.set(candidate.key, txg);
    }
  }
  return txgs;
}
