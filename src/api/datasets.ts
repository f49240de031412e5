import type { ZfsUberError } from '../bytes/errors.ts';
import { untilStopped } from '../bytes/stopping.ts';
import type { WalkOptions } from '../dataset/block.ts';
import { datasetFacts } from '../dataset/datasetFacts.ts';
import type { PoolAt } from '../dataset/poolAt.ts';
import { snapshotFacts } from '../dataset/snapshotFacts.ts';
import { buildDatasetsDocument, type DatasetsDocument } from '../document/datasetsDocument.ts';
import { buildSnapshotsDocument, type SnapshotsDocument } from '../document/snapshotsDocument.ts';
import { askView, type ViewOptions } from './poolView.ts';
import { type Sources, withPools } from './session.ts';

/**
 * The filesystems and volumes of a pool as they were at a txg.
 *
 * @returns the document of `datasets --json`: `pool` is null where there is none; when `signal` is aborted it is `stopped`
 * @throws NoSuchTxgError, a UsageError, when the rings do not hold that txg; UsageError when a path or the pool's name makes
 *   no sense
 */
export function datasets(sources: Sources, options: ViewOptions = {}): Promise<DatasetsDocument> {
  return withPools(sources, options, async (opened) => {
    const { view, head } = await askView(opened, options);
    const { items, troubles } = await listed(view, datasetFacts, options.signal);
    return buildDatasetsDocument(head(), items, troubles, options.signal?.aborted);
  });
}

/**
 * The snapshots of a pool as they were at a txg, with clones and the properties that users set.
 *
 * @returns the document of `snapshots --json`: `pool` is null where there is none; when `signal` is aborted it is `stopped`
 * @throws as `datasets`
 */
export function snapshots(sources: Sources, options: ViewOptions = {}): Promise<SnapshotsDocument> {
  return withPools(sources, options, async (opened) => {
    const { view, head } = await askView(opened, options);
    const { items, troubles } = await listed(view, snapshotFacts, options.signal);
    return buildSnapshotsDocument(head(), items, troubles, options.signal?.aborted);
  });
}

async function listed<T>(
  view: PoolAt | null,
  factsOf: (view: PoolAt, options: WalkOptions) => AsyncIterable<T>,
  signal: AbortSignal | undefined,
): Promise<{ readonly items: readonly T[]; readonly troubles: readonly ZfsUberError[] }> {
  const [items, troubles]: [T[], ZfsUberError[]] = [[], []];
  if (view === null) return { items, troubles };
  const onTrouble = (trouble: ZfsUberError): void => void troubles.push(trouble);
  for await (const facts of untilStopped(signal, factsOf(view, { signal, onTrouble }))) items.push(facts);
  return { items, troubles };
}
