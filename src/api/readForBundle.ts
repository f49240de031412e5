import type { Engine } from '../block/engine.ts';
import { UsageError } from '../bytes/errors.ts';
import type { OpenBlocks } from '../dataset/poolReaders.ts';
import type { CandidateEntry } from '../document/candidate.types.ts';
import type { Candidate } from '../load/candidates.ts';
import { locateFailures } from '../locate/locateFailures.ts';
import { openBlockReader } from '../pool/blockReader.ts';
import { examine, newExamining } from '../rewind/examine.ts';
import { datasets, snapshots } from './datasets.ts';
import type { OpenedPool, OpenedPools } from './openPool.ts';
import type { Progress } from './progress.ts';
import { scan } from './scan.ts';
import { openHistory } from './streams.ts';

interface Reading {
  readonly engine: Engine;
  readonly progress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads what the documents are made of, and throws the documents away: whoever takes note of what is read has what it takes
 * to make them again. The judging reads all metadata of the txgs that it goes through; a look at a pool opens more txgs
 * than an import does.
 *
 * @throws the reason of `signal`
 */
export async function readForBundle(opened: OpenedPools, { engine, progress, signal }: Reading): Promise<void> {
  const quiet = { engine, signal };
  const { pools } = await scan(opened, { ...quiet, progress });
  const passed = new Set(
    pools.flatMap(({ guid, candidates }) => candidates.filter(isWhole).map(({ txg }) => `${guid} ${txg}`)),
  );
  for (const one of opened.pools) {
    const pool = one.guid.toString();
    const left = one.candidates.filter(({ txg }) => !passed.has(`${pool} ${txg}`));
    const txgs = [null, ...new Set(left.map(({ txg }) => txg))];
    for (const [done, txg] of txgs.entries()) {
      signal?.throwIfAborted();
      progress?.({ phase: 'reading histories', done, total: txgs.length });
      await unlessNone(async () => {
        await datasets(opened, { ...quiet, pool, txg });
        await snapshots(opened, { ...quiet, pool, txg });
        const history = await openHistory(opened, { ...quiet, pool, txg });
        for await (const _ of history.lists.records());
        await history.close();
      });
    }
    await examineAll(one, left, { engine, progress, signal });
  }
}

/** Of a txg that does not pass the judging knows why, and a closer look what else fails and whose it is. */
async function examineAll(
  { pool, candidates }: OpenedPool,
  left: readonly Candidate[],
  reading: Reading,
): Promise<void> {
  const { engine, progress, signal } = reading;
  const open: OpenBlocks = (root, more) => openBlockReader(root, { engine, ...more });
  const oldest = left.at(-1)?.txg;
  if (oldest === undefined) return;
  const shared = newExamining({ engine, open }, oldest);
  const reader = pool.root === null ? null : openBlockReader(pool.root, { engine });
  for (const [done, candidate] of left.entries()) {
    progress?.({ phase: 'looking closer at txgs', done, total: left.length });
    const examined = await examine(pool, reader, candidates, candidate, { engine, open, data: false, signal, shared });
    await locateFailures(examined.verification?.failures ?? [], examined.state);
  }
}

/** All metadata of it was read. */
const isWhole = ({ verdict, metadataErrors }: CandidateEntry): boolean =>
  metadataErrors === 0 && (verdict === 'importable' || verdict === 'readonly');

/** Remains of a pool that only share its guid cannot be asked for. */
async function unlessNone(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
  }
}
