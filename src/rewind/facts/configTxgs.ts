import type { Txg } from '../../bytes/units.ts';
import type { PoolAt } from '../../dataset/poolAt.ts';
import type { Candidate } from '../../load/candidates.ts';
import type { Pool } from '../../pool/pool.ts';
import { ownStates, statesOf, timeJumps } from '../findings/timeJumps.ts';

/** Of each side of a jump in time: the newest ones say where the line of txgs breaks. */
const READ = 8;

/** Where the clock tells nothing, of all states, the newest first. */
const READ_OF_ALL = 32;

/**
 * The txg in which the config of a state was written, by the key of the candidate. Read only where times go back while
 * txgs go up, to tell a rewind from a clock that was set back, and where the labels are newer than the config of the
 * newest state although they are not newer than that state: they were written on another line of txgs.
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
  const read = async (those: readonly Candidate[]): Promise<void> => {
    for (const candidate of those) {
      const txg = (await viewOf(candidate))?.config.txg ?? null;
      if (txg !== null) txgs.set(candidate.key, txg);
    }
  };
  for (const { behind, ahead, tied } of timeJumps(pool, candidates)) {
    await read([behind, ahead, tied].flatMap((side) => side.filter(isReadable).slice(-READ)));
  }
  for (const [device, own] of ownStates(pool, candidates)) {
    const [newest, ...older] = statesOf(own).filter(isReadable);
    const label = device.config?.txg ?? null;
    if (newest === undefined || label === null || label > newest.txg) continue;
    if (!txgs.has(newest.key)) await read([newest]);
    if ((txgs.get(newest.key) ?? label) < label) await read(older.slice(0, READ_OF_ALL));
  }
  return txgs;
}
