import { DatasetNames } from '../dataset/datasetFacts.ts';
import { orNull } from '../dataset/orNull.ts';
import { PoolAt } from '../dataset/poolAt.ts';
import type { LoadState } from '../load/loadState.ts';
import type { BlockFailure } from '../traverse/verifier.ts';
import { type ByteRange, type DatasetPlaces, locateInDataset, type Nameless, objectsLost } from './locateInDataset.ts';
import type { Budget, LostFile } from './lostFiles.ts';
import { mosRoles, type ObjectRole } from './mosRoles.ts';
import { type ObjectRange, ObjectRanges } from './objectRanges.ts';
import { type BlockPosition, SharedBlocks } from './sharedBlock.ts';

/** What a block is in one dataset. What cannot be told is null. */
export interface BlockPlace {
  /** Number of the dataset in the MOS; 0 for the MOS. */
  readonly datasetObject: bigint;
  /** `tank/home@monday`; `mos`. Raw text. */
  readonly dataset: string | null;
  /** All names of the file from the root of its filesystem, that of its own parent first. Raw text. */
  readonly paths: readonly string[];
  /** Null where there are paths, and for what is no file. */
  readonly nameless: Nameless | null;
}

/** A block that fails, with what it belongs to. What cannot be told is null. */
export interface LocatedFailure extends BlockPlace {
  readonly failure: BlockFailure;
  /** Type of the object, as in its dnode. */
  readonly objectType: number | null;
  /** What the object is for, where it is no file: `space map of metaslab 12 of vdev 0`. Raw text. */
  readonly role: string | null;
  /** Bytes of the object's content that the block holds or leads to. Null for object sets, spill and log blocks. */
  readonly range: ByteRange | null;
  /** The first of `paths`. */
  readonly path: string | null;
  /** Of a block of dnodes: the objects that are lost with it, first and last. */
  readonly objects: ObjectRange | null;
  /** Of these objects those that are known; of a directory the files in it that lost their names with it. */
  readonly lost: readonly LostFile[];
  /** Of the MOS: what the lost objects are for, those that are known. */
  readonly lostRoles: readonly ObjectRole[];
  /** False where a bound ended the search for `lost`. */
  readonly lostAll: boolean;
  /** Younger datasets that have the same block, the living ones before their snapshots. */
  readonly alsoIn: readonly BlockPlace[];
}

/** Objects and directory entries looked at for names, in all datasets together. */
const MAX_LOOKED_AT = 8_000_000;

/**
 * Says of each failure which datasets, object and file it belongs to, as far as what is left of the pool tells.
 *
 * @param state of a load that came as far as opening the pool; otherwise nothing is named
 * @returns in the order given
 */
export async function locateFailures(
  failures: readonly BlockFailure[],
  { view, candidate, names, signal }: Pick<LoadState, 'view' | 'candidate' | 'names' | 'signal'>,
): Promise<LocatedFailure[]> {
  const pool = view && (await orNull(() => PoolAt.open(view.blocks.cache, candidate.uberblock, signal)));
  if (pool === null) return failures.map((failure) => nowhere(failure, names));
  const known = new DatasetNames(pool, { signal });
  const nameOf = memo(async (id: bigint) => names.get(id) ?? (await orNull(() => known.of(id))));
  const shared = await sharersOf(failures, pool, nameOf, signal);
  const byDataset = new Map<bigint, BlockFailure[]>();
  for (const failure of failures) {
    // Names are looked for first where people look: in the living dataset.
    for (const dataset of [...(shared.get(failure) ?? []), failure.dataset]) {
      const those = byDataset.get(dataset);
      if (those === undefined) byDataset.set(dataset, [failure]);
      else those.push(failure);
    }
  }
  const budget: Budget = { left: MAX_LOOKED_AT };
  const places = new Map<bigint, DatasetPlaces>();
  for (const [dataset, those] of byDataset) {
    // Lost files are told of in one dataset: a block that others share holds the same ones there.
    const first = those.filter((failure) => (shared.get(failure)?.[0] ?? failure.dataset) === dataset);
    places.set(dataset, await locateInDataset(pool, dataset, those, first, budget, signal));
  }
  const roles = failures.some(({ dataset }) => dataset === 0n) ? await rolesIn(pool, failures, signal) : NO_ROLES;
  const located: LocatedFailure[] = [];
  for (const failure of failures) {
    const others = shared.get(failure) ?? [];
    const own = places.get(failure.dataset);
    const first = places.get(others[0] ?? failure.dataset);
    const alsoIn: BlockPlace[] = [];
    for (const id of others) alsoIn.push(await placeOf(id, failure, places.get(id), nameOf));
    const place = await placeOf(failure.dataset, failure, own, nameOf);
    const objects = own === undefined ? null : objectsLost(failure, own.dnodes);
    located.push({
      ...place,
      failure,
      path: place.paths[0] ?? null,
      objectType: own?.types.get(failure.object) ?? null,
      role: failure.dataset === 0n ? roles.of(failure.object) : (own?.roles.get(failure.object) ?? null),
      range: own?.rangeOf(failure) ?? null,
      objects,
      lost: first?.lostWith(failure) ?? [],
      lostAll: first?.complete ?? true,
      lostRoles: failure.dataset === 0n && objects !== null ? roles.within(objects) : [],
      alsoIn,
    });
  }
  return located;
}

async function placeOf(
  datasetObject: bigint,
  { object }: BlockFailure,
  places: DatasetPlaces | undefined,
  nameOf: (id: bigint) => Promise<string | null>,
): Promise<BlockPlace> {
  const paths = places?.paths.get(object) ?? [];
  return {
    datasetObject,
    dataset: datasetObject === 0n ? 'mos' : await nameOf(datasetObject),
    paths,
    nameless: paths.length > 0 ? null : (places?.nameless.get(object) ?? null),
  };
}

/** Without the pool's own objects only the numbers are known. */
function nowhere(failure: BlockFailure, names: ReadonlyMap<bigint, string>): LocatedFailure {
  const { dataset } = failure;
  return {
    failure,
    datasetObject: dataset,
    dataset: dataset === 0n ? 'mos' : (names.get(dataset) ?? null),
    paths: [],
    nameless: null,
    path: null,
    objectType: null,
    role: null,
    range: null,
    objects: null,
    lost: [],
    lostRoles: [],
    lostAll: true,
    alsoIn: [],
  };
}

/** The other datasets of each failure: that of the snapshot first, clones, then their snapshots. */
async function sharersOf(
  failures: readonly BlockFailure[],
  pool: PoolAt,
  nameOf: (id: bigint) => Promise<string | null>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<BlockFailure, readonly bigint[]>> {
  const blocks = new SharedBlocks(pool, signal);
  const shared = new Map<BlockFailure, readonly bigint[]>();
  for (const failure of failures) {
    const { dataset, what } = failure;
    if (dataset === 0n || what === 'intent log' || what === 'dataset') continue;
    const position: BlockPosition = failure;
    const own = (await nameOf(dataset))?.split('@')[0];
    const ranked: { readonly id: bigint; readonly rank: number }[] = [];
    for (const id of await blocks.others(position)) {
      const name = await nameOf(id);
      ranked.push({ id, rank: name === own ? 0 : name?.includes('@') === true ? 2 : 1 });
    }
    ranked.sort((a, b) => a.rank - b.rank);
    shared.set(
      failure,
      ranked.map(({ id }) => id),
    );
  }
  return shared;
}

interface Roles {
  of(object: bigint): string | null;
  /** Of a range of lost objects; nothing for one within another, of which it is told. */
  within(range: ObjectRange): readonly ObjectRole[];
}

const NO_ROLES: Roles = { of: () => null, within: () => [] };
/** Roles that are told for one block of lost objects. */
const MAX_TOLD = 10_000;

async function rolesIn(
  pool: PoolAt,
  failures: readonly BlockFailure[],
  signal: AbortSignal | undefined,
): Promise<Roles> {
  const own = failures.filter(({ dataset }) => dataset === 0n);
  const wanted = new Set(own.map(({ object }) => object));
  const { dnode } = pool.mos.objset.metaObject;
  const ranges = new ObjectRanges(own.flatMap((failure) => objectsLost(failure, dnode) ?? []));
  const roles = new Map<bigint, string>();
  const inside = new Map<bigint, ObjectRole[]>();
  for await (const { object, role } of mosRoles(pool.mos, pool.dsl.poolName, pool.vdevTree, signal)) {
    const range = ranges.find(object);
    if ((range === null && !wanted.has(object)) || roles.has(object)) continue;
    roles.set(object, role);
    if (range === null) continue;
    const those = inside.get(range.first);
    if (those === undefined) inside.set(range.first, [{ object, role }]);
    else those.push({ object, role });
  }
  for (const those of inside.values()) those.sort((a, b) => (a.object < b.object ? -1 : 1)).splice(MAX_TOLD);
  return {
    of: (object) => roles.get(object) ?? null,
    within: ({ first }) => inside.get(first) ?? [],
  };
}

function memo(work: (id: bigint) => Promise<string | null>): (id: bigint) => Promise<string | null> {
  const known = new Map<bigint, Promise<string | null>>();
  return (id) => {
    const before = known.get(id) ?? work(id);
    known.set(id, before);
    return before;
  };
}
