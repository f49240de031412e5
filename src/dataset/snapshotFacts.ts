import type { ZfsUberError } from '../bytes/errors.ts';
import type { WalkOptions } from './block.ts';
import { DatasetNames } from './datasetFacts.ts';
import type { Dataset } from './dsl.ts';
import { orNull } from './orNull.ts';
import type { PoolAt } from './poolAt.ts';
import type { Property } from './properties.ts';

/** User property of snapshots for which virtual machines were quiesced. */
export const VMSYNCED = 'freenas:vmsynced';

/** What is known of a snapshot. */
export interface SnapshotFacts {
  readonly snapshot: Dataset;
  /** Names of the datasets that were cloned from it. */
  readonly clones: readonly string[];
  /** Properties of the user, set on it or taken over; such as `freenas:vmsynced`. */
  readonly userProperties: readonly Property[];
  readonly troubles: readonly ZfsUberError[];
}

/**
 * All snapshots of a view with what is known of each, those of one dataset from the oldest.
 *
 * @throws what PoolAt.snapshots throws, unless `options.onTrouble` takes it
 */
export async function* snapshotFacts(view: PoolAt, options: WalkOptions = {}): AsyncGenerator<SnapshotFacts> {
  const names = new DatasetNames(view, options);
  for await (const snapshot of view.snapshots(null, options)) yield factsOf(view, snapshot, names, options);
}

async function factsOf(
  view: PoolAt,
  snapshot: Dataset,
  names: DatasetNames,
  { signal }: WalkOptions,
): Promise<SnapshotFacts> {
  const troubles: ZfsUberError[] = [];
  const take = (trouble: ZfsUberError) => void troubles.push(trouble);
  const userProperties = await orNull(async () => {
    const all = await view.properties.all(snapshot, { signal });
    return all.filter(({ name }) => name.includes(':'));
  }, take);
  return {
    snapshot,
    clones: await clonesOf(view, snapshot, names, { signal, onTrouble: take }),
    userProperties: userProperties ?? [],
    troubles,
  };
}

async function clonesOf(
  view: PoolAt,
  { phys }: Dataset,
  names: DatasetNames,
  options: WalkOptions & { readonly onTrouble: (trouble: ZfsUberError) => void },
): Promise<string[]> {
  const { nextClones } = phys;
  if (nextClones === null) return [];
  const clones: string[] = [];
  const list = await orNull(() => view.mos.zap(nextClones, options.signal), options.onTrouble);
  for await (const entry of list?.entries(options) ?? []) {
    const name = await orNull(() => names.ofDataset(entry.integer), options.onTrouble);
    if (name !== null) clones.push(name);
  }
  return clones.sort();
}
