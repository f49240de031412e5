import { orNull } from '../dataset/orNull.ts';
import { PoolAt } from '../dataset/poolAt.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import type { LoadState } from '../load/loadState.ts';

/** A living filesystem or volume. */
export interface CountedDataset {
  /** `tank/home`. Raw text. */
  readonly name: string;
  readonly kind: 'filesystem' | 'volume';
  /** Files of which the dnode reads; 0 for a volume. Null where not even the object set does. */
  readonly files: number | null;
}

export interface CountedDatasets {
  readonly datasets: readonly CountedDataset[];
  /** False where a bound ended the counting, or a dataset could not be opened: there may be more. */
  readonly complete: boolean;
}

/** Dnodes looked at in all datasets together, and datasets that are told of. */
const MAX_LOOKED_AT = 8_000_000;
const MAX_DATASETS = 10_000;

/**
 * Counts the files of all living filesystems, as far as their dnodes read.
 *
 * @param state of a load that came as far as opening the pool; otherwise nothing is counted
 * @throws the reason of `signal`
 */
export async function countFiles({
  view,
  candidate,
  signal,
}: Pick<LoadState, 'view' | 'candidate' | 'signal'>): Promise<CountedDatasets> {
  const pool = view && (await orNull(() => PoolAt.open(view.blocks.cache, candidate.uberblock, signal)));
  if (pool === null) return { datasets: [], complete: false };
  const datasets: CountedDataset[] = [];
  let left = MAX_LOOKED_AT;
  let complete = true;
  const onTrouble = (): void => {
    complete = false;
  };
  for await (const head of pool.datasets({ signal, onTrouble })) {
    if (datasets.length >= MAX_DATASETS) return { datasets, complete: false };
    const objset = await orNull(() => pool.objset(head, signal));
    if (objset?.phys.type === 'zvol') {
      datasets.push({ name: head.name, kind: 'volume', files: 0 });
      continue;
    }
    let files = 0;
    await orNull(async () => {
      // What does not read is told of with the block that it is in.
      for await (const { dnode } of objset?.objects({ signal, onTrouble: () => {} }) ?? []) {
        if (--left < 0) break;
        if (dnode.type === OBJECT_TYPE.plainFile) files++;
      }
    }, onTrouble);
    datasets.push({ name: head.name, kind: 'filesystem', files: objset === null ? null : files });
    if (left < 0) return { datasets, complete: false };
  }
  return { datasets, complete };
}
