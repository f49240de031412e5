import { locateFailures } from '../locate/locateFailures.ts';
import { examine } from './examine.ts';
import type { Gathered } from './gather.ts';
import type { JudgedCandidate } from './judgedCandidate.ts';
import type { Damage } from './recommendation.ts';

/** Blocks of which it is looked up whose they are: a report has to end, and `verify` names all. */
const LOCATED = 256;

/**
 * Names what the bad blocks of `best` belong to. Its load is replayed and its blocks are traversed once more; what judging
 * has read for that is known and not read again.
 *
 * @returns null where its content was not read, where all of it reads, and where a second look finds other blocks, as of
 *   a txg that was judged with other devices
 * @throws the reason of the signal
 */
export async function damageOf(gathered: Gathered, best: JudgedCandidate): Promise<Damage | null> {
  const { pool, reader, readers, memo, verifier, all, options } = gathered;
  const { blocks, depth, openZfs, signal } = options;
  const bad = best.counts?.dataErrors ?? 0;
  if (bad === 0 || depth !== 'data' || blocks === undefined || readers === null || verifier === null) return null;
  const shared = { readers, memo, verifier };
  const found = await examine(pool, reader, all, best.candidate, { ...blocks, openZfs, data: true, signal, shared });
  const failures = found.verification?.failures ?? [];
  const content = failures.filter(({ kind }) => kind === 'data');
  if (found.relaxed !== null || content.length === 0 || found.verification?.dataErrors !== bad) return null;
  return { blocks: bad, located: await locateFailures(content.slice(0, LOCATED), found.state) };
}
