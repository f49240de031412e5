import { ZfsUberError } from '../bytes/errors.ts';
import { BONUS, decodeBonus } from '../dataset/bonus.ts';
import { DatasetNames } from '../dataset/datasetFacts.ts';
import { filePaths } from '../dataset/filePaths.ts';
import { Files } from '../dataset/files.ts';
import type { DmuObject } from '../dataset/object.ts';
import type { Objset } from '../dataset/objset.ts';
import { PoolAt } from '../dataset/poolAt.ts';
import { DNODE_SLOT } from '../format/dnode.layout.ts';
import type { Dnode } from '../format/dnode.ts';
import { decodeDslDataset } from '../format/dslDataset.ts';
import type { LoadState } from './load/loadState.ts';
import type { BlockFailure } from './verify/verifier.ts';

/** A block that fails, with what it belongs to. What cannot be told is null. */
export interface LocatedFailure {
  readonly failure: BlockFailure;
  /** `tank/home@monday`; `mos`. Raw text. */
  readonly dataset: string | null;
  /** Type of the object, as in its dnode. */
  readonly objectType: number | null;
  /** Bytes of the object's content that the block holds or leads to. Null for object sets, spill and log blocks. */
  readonly range: { readonly offset: bigint; readonly length: bigint } | null;
  /** Of a file, from the root of its filesystem. Raw text. */
  readonly path: string | null;
  /** Of a block of dnodes: the objects that are lost with it, first and last. */
  readonly objects: { readonly first: bigint; readonly last: bigint } | null;
}

/**
 * Says of each failure which dataset, object and file it belongs to, as far as what is left of the pool tells.
 *
 * @param state of a load that came as far as opening the pool; otherwise nothing is named
 * @returns in the order given
 */
export async function locateFailures(
  failures: readonly BlockFailure[],
  { view, candidate, names, signal }: Pick<LoadState, 'view' | 'candidate' | 'names' | 'signal'>,
): Promise<LocatedFailure[]> {
  const byDataset = new Map<bigint, BlockFailure[]>();
  for (const failure of failures) {
    const those = byDataset.get(failure.dataset);
    if (those === undefined) byDataset.set(failure.dataset, [failure]);
    else those.push(failure);
  }
  const located = new Map<BlockFailure, LocatedFailure>();
  const pool = view && (await orNull(() => PoolAt.open(view.blocks.reader, candidate.uberblock, signal)));
  const known = pool && new DatasetNames(pool, { signal });
  for (const [dataset, those] of byDataset) {
    const name = dataset === 0n ? 'mos' : (names.get(dataset) ?? (known && (await nameOf(pool, known, dataset))));
    const objset = pool && (await orNull(() => pool.objset(dataset, signal)));
    const objects = objset === null ? new Map<bigint, DmuObject>() : await objectsOf(objset, those, signal);
    const paths =
      objset === null || dataset === 0n ? new Map<bigint, string>() : await pathsIn(objset, objects, signal);
    for (const failure of those) {
      const object = objects.get(failure.object) ?? null;
      const dnodes = objset === null || failure.what !== 'dnodes' ? null : objset.metaObject.dnode;
      located.set(failure, {
        failure,
        dataset: name,
        objectType: object?.dnode.type ?? null,
        range: rangeOf(failure, object?.dnode ?? null),
        path: paths.get(failure.object) ?? null,
        objects: dnodes === null ? null : objectsIn(failure, dnodes),
      });
    }
  }
  return failures.flatMap((failure) => located.get(failure) ?? []);
}

async function nameOf(pool: PoolAt, names: DatasetNames, id: bigint): Promise<string | null> {
  return orNull(async () => {
    const { snapshot } = decodeBonus(await pool.mos.object(id), BONUS.dslDataset, decodeDslDataset);
    return snapshot ? names.ofSnapshot(id) : names.ofDataset(id);
  });
}

async function objectsOf(
  objset: Objset,
  failures: readonly BlockFailure[],
  signal: AbortSignal | undefined,
): Promise<Map<bigint, DmuObject>> {
  const objects = new Map<bigint, DmuObject>();
  for (const each of objset.accounting()) objects.set(each.object.id, each.object);
  for (const id of new Set(failures.map(({ object }) => object))) {
    const object = id > 0n ? await orNull(() => objset.find(id, signal)) : null;
    if (object !== null) objects.set(id, object);
  }
  return objects;
}

async function pathsIn(
  objset: Objset,
  objects: ReadonlyMap<bigint, DmuObject>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<bigint, string>> {
  if (objset.phys.type !== 'zfs') return new Map();
  const files = await orNull(() => Files.open(objset, signal));
  if (files === null) return new Map();
  const ids = [...objects.keys()].filter((id) => id > 0n);
  return filePaths(files, ids, { signal, onTrouble: () => {} });
}

function rangeOf({ what, level, blockId }: BlockFailure, dnode: Dnode | null): LocatedFailure['range'] {
  if (dnode === null || blockId < 0n || (what !== 'content' && what !== 'indirect')) return null;
  const span = BigInt(dnode.dataBlockSize) << (BigInt(Math.max(0, dnode.indirectShift - 7)) * BigInt(level));
  return { offset: blockId * span, length: span };
}

function objectsIn({ blockId, level }: BlockFailure, dnodes: Dnode): LocatedFailure['objects'] {
  if (blockId < 0n || level > 0) return null;
  const slots = BigInt(dnodes.dataBlockSize / DNODE_SLOT);
  return { first: blockId * slots, last: blockId * slots + slots - 1n };
}

async function orNull<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ZfsUberError) return null;
    throw error;
  }
}
