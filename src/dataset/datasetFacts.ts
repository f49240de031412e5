import type { ZfsUberError } from '../bytes/errors.ts';
import { decodeDslDataset } from '../format/dslDataset.ts';
import type { ObjsetType } from '../format/objset.ts';
import type { WalkOptions } from './block.ts';
import { BONUS, decodeBonus } from './bonus.ts';
import type { Dataset, DslDirectory } from './dsl.ts';
import { orNull } from './orNull.ts';
import type { PoolAt } from './poolAt.ts';
import type { Property } from './properties.ts';
import type { ZilSummary } from './zil.ts';

/** Properties that say how the content was written. */
export const WRITING_PROPERTIES = ['compression', 'checksum', 'sync', 'logbias'] as const;
export type WritingProperty = (typeof WRITING_PROPERTIES)[number];

/** What is known of a filesystem or volume. A part that cannot be read is null, and in `troubles`. */
export interface DatasetFacts {
  readonly dataset: Dataset;
  readonly type: ObjsetType | null;
  /** Objects that are allocated, as the pointer to the object set counts them. */
  readonly objects: bigint;
  readonly properties: Readonly<Record<WritingProperty, Property | null>>;
  /** The suite, `off` without. */
  readonly encryption: string | null;
  /** Null also where the dataset has no object set. */
  readonly intentLog: ZilSummary | null;
  /** Name of the snapshot that this is a clone of. */
  readonly origin: string | null;
  readonly troubles: readonly ZfsUberError[];
}

/**
 * All filesystems and volumes of a view with what is known of each, parents first.
 *
 * @throws what PoolAt.datasets throws, unless `options.onTrouble` takes it
 */
export async function* datasetFacts(view: PoolAt, options: WalkOptions = {}): AsyncGenerator<DatasetFacts> {
  const names = new DatasetNames(view, options);
  for await (const dataset of view.datasets(options)) yield factsOf(view, dataset, names, options);
}

async function factsOf(
  view: PoolAt,
  dataset: Dataset,
  names: DatasetNames,
  { signal }: WalkOptions,
): Promise<DatasetFacts> {
  const troubles: ZfsUberError[] = [];
  const attempt = <T>(work: () => Promise<T>): Promise<T | null> => orNull(work, (error) => troubles.push(error));
  const property = (name: string) => attempt(() => view.properties.get(dataset, name, { signal }));
  const { bp } = dataset.phys;
  const { origin } = dataset.directory.phys;
  const intentLog = await attempt(() => view.intentLog(dataset, signal));
  if (intentLog !== null && intentLog.trouble !== null) troubles.push(intentLog.trouble);
  return {
    dataset,
    type: bp.hole ? null : await attempt(async () => (await view.objset(dataset, signal)).phys.type),
    objects: bp.hole ? 0n : bp.fill,
    properties: {
      compression: await property('compression'),
      checksum: await property('checksum'),
      sync: await property('sync'),
      logbias: await property('logbias'),
    },
    encryption: await attempt(() => view.properties.encryption(dataset, signal)),
    intentLog,
    origin: origin === null ? null : await attempt(() => names.ofSnapshot(origin)),
    troubles: distinct(troubles),
  };
}

/** One unreadable block fails all that needs it: it is told once. */
function distinct(troubles: readonly ZfsUberError[]): ZfsUberError[] {
  return [...new Map(troubles.map((trouble) => [trouble.message, trouble])).values()];
}

/** Names of datasets and snapshots by the number of their object; read when the first is asked for. */
export class DatasetNames {
  readonly #view: PoolAt;
  readonly #signal: WalkOptions['signal'];
  #directories: Promise<ReadonlyMap<bigint, DslDirectory>> | null = null;

  constructor(view: PoolAt, { signal }: WalkOptions) {
    this.#view = view;
    this.#signal = signal;
  }

  /** @returns null when no directory that reads has it, or the pool alone uses it: what was cloned from nothing is from it */
  async ofSnapshot(id: bigint): Promise<string | null> {
    const directory = await this.#directoryOf(id);
    if (directory === null || directory.internal) return null;
    const head = await this.#view.dsl.head(directory, this.#signal);
    if (head === null) return null;
    const { snapshotNames } = head.phys;
    const names = snapshotNames === null ? null : await this.#view.mos.zap(snapshotNames, this.#signal);
    for await (const entry of names?.entries({ signal: this.#signal }) ?? []) {
      if (entry.integer === id) return `${head.name}@${entry.name}`;
    }
    return null;
  }

  /** Of either, by what the object says it is. */
  async of(id: bigint): Promise<string | null> {
    const object = await this.#view.mos.object(id, this.#signal);
    const { snapshot } = decodeBonus(object, BONUS.dslDataset, decodeDslDataset);
    return snapshot ? this.ofSnapshot(id) : this.ofDataset(id);
  }

  async ofDataset(id: bigint): Promise<string | null> {
    return (await this.#directoryOf(id))?.name ?? null;
  }

  async #directoryOf(id: bigint): Promise<DslDirectory | null> {
    const object = await this.#view.mos.object(id, this.#signal);
    const { dir } = decodeBonus(object, BONUS.dslDataset, decodeDslDataset);
    this.#directories ??= this.#readDirectories();
    return (await this.#directories).get(dir) ?? null;
  }

  async #readDirectories(): Promise<ReadonlyMap<bigint, DslDirectory>> {
    const all = new Map<bigint, DslDirectory>();
    // What cannot be read here was told by whoever lists the datasets.
    const walk = this.#view.dsl.directories({ signal: this.#signal, onTrouble: () => {} });
    for await (const directory of walk) all.set(directory.object.id, directory);
    return all;
  }
}
