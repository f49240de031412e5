import { FormatError, LimitError, ZfsUberError } from '../bytes/errors.ts';
import { type Bookmark, decodeBookmark } from '../format/bookmark.ts';
import { DSL_DATASET_FIELD } from '../format/dslDataset.layout.ts';
import { type DslDataset, decodeDslDataset } from '../format/dslDataset.ts';
import { type DslDir, decodeDslDir } from '../format/dslDir.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import type { WalkOptions } from './block.ts';
import { BONUS, decodeBonus } from './bonus.ts';
import type { Mos } from './mos.ts';
import type { DmuObject } from './object.ts';

/** Names are at most 255 bytes long, so a tree cannot be deeper. Source: include/sys/fs/zfs.h, ZFS_MAX_DATASET_NAME_LEN. */
const MAX_DEPTH = 128;

/** One DSL directory: a name that may have a dataset, snapshots and further names below. */
export interface DslDirectory {
  /** `tank/home`. Raw text: escape it before it reaches a terminal. */
  readonly name: string;
  readonly object: DmuObject;
  readonly phys: DslDir;
  readonly parent: DslDirectory | null;
  /** `$MOS`, `$FREE`, `$ORIGIN` and below: of use to the pool alone. */
  readonly internal: boolean;
}

/** A filesystem, a volume, or a snapshot of one. */
export interface Dataset {
  /** `tank/home` or `tank/home@monday`. Raw text. */
  readonly name: string;
  readonly directory: DslDirectory;
  readonly object: DmuObject;
  readonly phys: DslDataset;
}

export interface DatasetBookmark extends Bookmark {
  /** `tank/home#monday`. Raw text. */
  readonly name: string;
}

/** The tree of datasets of one pool. */
export class Dsl {
  readonly mos: Mos;
  readonly poolName: string;

  constructor(mos: Mos, poolName: string) {
    this.mos = mos;
    this.poolName = poolName;
  }

  /**
   * All directories, each before those below it, siblings by name. One that cannot be read is left out with what is
   * below it.
   *
   * @throws ZfsUberError for the first that cannot, unless `options.onTrouble` takes it
   */
  async *directories(options: WalkOptions = {}): AsyncGenerator<DslDirectory> {
    const { signal } = options;
    interface Waiting {
      readonly name: string;
      readonly id: bigint;
      readonly parent: DslDirectory | null;
      readonly depth: number;
    }
    const waiting: Waiting[] = [
      { name: this.poolName, id: await this.mos.rootDirectory(signal), parent: null, depth: 0 },
    ];
    const seen = new Set<bigint>();
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      signal?.throwIfAborted();
      try {
        const directory = await this.#directory(next.name, next.id, next.parent, signal);
        if (seen.has(next.id)) {
          const { place } = directory.object;
          throw new FormatError('format-value', `directory ${next.name}`, 'an object of its own', `${next.id}`, place);
        }
        seen.add(next.id);
        yield directory;
        if (next.depth >= MAX_DEPTH) throw new LimitError(`datasets nested ${MAX_DEPTH} deep`, directory.object.place);
        const below: Waiting[] = [];
        for (const [name, id] of await this.#children(directory, options)) {
          below.push({ name: `${next.name}/${name}`, id, parent: directory, depth: next.depth + 1 });
        }
        for (const child of below.reverse()) waiting.push(child);
      } catch (error) {
        if (!(error instanceof ZfsUberError) || options.onTrouble === undefined) throw error;
        options.onTrouble(error);
      }
    }
  }

  /** All filesystems and volumes, in the order of `directories`; the pool's internal ones are left out. */
  async *datasets(options: WalkOptions = {}): AsyncGenerator<Dataset> {
    for await (const directory of this.directories(options)) {
      if (directory.internal) continue;
      const head = await this.#attempt(options, () => this.head(directory, options.signal));
      if (head !== null) yield head;
    }
  }

  /** All snapshots of all datasets, those of one dataset from the oldest. */
  async *snapshots(options: WalkOptions = {}): AsyncGenerator<Dataset> {
    for await (const head of this.datasets(options)) yield* this.snapshotsOf(head, options);
  }

  /** The dataset of a directory; null when it has none, as `$MOS`. */
  async head(directory: DslDirectory, signal?: AbortSignal): Promise<Dataset | null> {
    const { headDataset } = directory.phys;
    return headDataset === null ? null : this.#dataset(directory.name, directory, headDataset, signal);
  }

  /**
   * The snapshots of a dataset, from the oldest.
   *
   * @throws ZfsUberError for the first that cannot be read, unless `options.onTrouble` takes it
   */
  async *snapshotsOf(head: Dataset, options: WalkOptions = {}): AsyncGenerator<Dataset> {
    const { snapshotNames } = head.phys;
    if (snapshotNames === null) return;
    const snapshots: Dataset[] = [];
    const names = await this.#attempt(options, async () => (await this.mos.zap(snapshotNames)).all(options));
    for (const [name, entry] of names ?? []) {
      const snapshot = await this.#attempt(options, () =>
        this.#dataset(`${head.name}@${name}`, head.directory, entry.integer, options.signal),
      );
      if (snapshot !== null) snapshots.push(snapshot);
    }
    yield* snapshots.sort(byAge);
  }

  /** The bookmarks of a dataset, by name; empty where the feature was never used. */
  async bookmarks(head: Dataset, options: WalkOptions = {}): Promise<DatasetBookmark[]> {
    const { signal } = options;
    if (head.object.dnode.type === OBJECT_TYPE.dslDataset) return [];
    const id = await (await this.mos.zap(head.object.id, signal)).integer(DSL_DATASET_FIELD.bookmarks, signal);
    if (id === null) return [];
    const bookmarks: DatasetBookmark[] = [];
    for await (const entry of (await this.mos.zap(id, signal)).entries(options)) {
      bookmarks.push({ ...decodeBookmark(entry.integers, entry.place), name: `${head.name}#${entry.name}` });
    }
    return bookmarks.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * The directory, dataset or snapshot of that name.
   *
   * @param name `tank/home` or `tank/home@monday`
   * @returns null when there is none
   */
  async find(name: string, signal?: AbortSignal): Promise<Dataset | null> {
    const [path = '', snapshot] = name.split('@');
    const [pool, ...steps] = path.split('/');
    if (pool !== this.poolName) return null;
    let directory = await this.#directory(pool, await this.mos.rootDirectory(signal), null, signal);
    for (const step of steps) {
      const { children } = directory.phys;
      const id = children === null ? null : await (await this.mos.zap(children, signal)).integer(step, signal);
      if (id === null) return null;
      directory = await this.#directory(`${directory.name}/${step}`, id, directory, signal);
    }
    const head = await this.head(directory, signal);
    if (snapshot === undefined || head === null) return head;
    const { snapshotNames } = head.phys;
    const id =
      snapshotNames === null ? null : await (await this.mos.zap(snapshotNames, signal)).integer(snapshot, signal);
    return id === null ? null : this.#dataset(name, directory, id, signal);
  }

  async #directory(
    name: string,
    id: bigint,
    parent: DslDirectory | null,
    signal: AbortSignal | undefined,
  ): Promise<DslDirectory> {
    const object = await this.mos.object(id, signal);
    const phys = decodeBonus(object, BONUS.dslDir, decodeDslDir);
    const internal = (parent?.internal ?? false) || name.slice(name.lastIndexOf('/') + 1).startsWith('$');
    return { name, object, phys, parent, internal };
  }

  async #dataset(name: string, directory: DslDirectory, id: bigint, signal: AbortSignal | undefined): Promise<Dataset> {
    const object = await this.mos.object(id, signal);
    return { name, directory, object, phys: decodeBonus(object, BONUS.dslDataset, decodeDslDataset) };
  }

  async #children(directory: DslDirectory, options: WalkOptions): Promise<[string, bigint][]> {
    const { children } = directory.phys;
    if (children === null) return [];
    const entries = await (await this.mos.zap(children, options.signal)).all(options);
    const all = [...entries].map(([name, entry]): [string, bigint] => [name, entry.integer]);
    return all.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  async #attempt<T>(options: WalkOptions, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ZfsUberError) || options.onTrouble === undefined) throw error;
      options.onTrouble(error);
      return null;
    }
  }
}

function byAge(a: Dataset, b: Dataset): number {
  const [x, y] = [a.phys.creationTxg, b.phys.creationTxg];
  if (x !== y) return x < y ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}
