import type { Engine } from '../block/engine.ts';
import { UsageError } from '../bytes/errors.ts';
import type { CandidateEntry } from '../document/candidate.types.ts';
import { datasets, snapshots } from './datasets.ts';
import type { OpenedPools } from './openPool.ts';
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
  for (const { guid, txgs } of opened.pools) {
    const pool = guid.toString();
    const left = txgs.filter((txg) => !passed.has(`${pool} ${txg}`));
    for (const [done, txg] of [null, ...left].entries()) {
      signal?.throwIfAborted();
      progress?.({ phase: 'reading histories', done, total: left.length + 1 });
      await unlessNone(async () => {
        await datasets(opened, { ...quiet, pool, txg });
        await snapshots(opened, { ...quiet, pool, txg });
        const history = await openHistory(opened, { ...quiet, pool, txg });
        for await (const _ of history.lists.records());
        await history.close();
      });
    }
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
