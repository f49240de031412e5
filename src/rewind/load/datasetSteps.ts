import { ZfsUberError } from '../../bytes/errors.ts';
import { BONUS, decodeBonus } from '../../dataset/bonus.ts';
import type { DslDirectory } from '../../dataset/dsl.ts';
import { Objset } from '../../dataset/objset.ts';
import { walkZil } from '../../dataset/zil.ts';
import { DSL_DATASET_FIELD } from '../../format/dslDataset.layout.ts';
import { type DslDataset, decodeDslDataset } from '../../format/dslDataset.ts';
import { DSL_DIR_FIELD } from '../../format/dslDir.layout.ts';
import { decodeDslDir } from '../../format/dslDir.ts';
import { OBJECT_TYPE } from '../../format/objectTypes.ts';
import { UnavailableBlockError } from '../../pool/blockRead.ts';
import { vdevHealth } from '../../pool/vdevHealth.ts';
import type { Trouble } from '../predict.ts';
import type { LoadState } from './loadState.ts';
import { type At, explainError, step } from './step.ts';
import { required, viewOf } from './viewOf.ts';

/** What the load asks of the datasets: their intent logs, and that their heads open. */
export const DATASET_STEPS = [
  step('spa_ld_verify_logs', 'read-write-only', checkLogs),
  step('spa_load_verify names', 'always', walkNames),
];

/** Datasets nested deeper than a name of 255 bytes allows are not followed. */
const MAX_DEPTH = 128;

/** A head that the walk came to. */
interface Head {
  readonly name: string;
  readonly id: bigint;
}

/** Source: module/zfs/spa.c, spa_load_verify; module/zfs/dmu_objset.c, dmu_objset_find_dp_impl */
async function walkNames(state: LoadState, at: At): Promise<undefined> {
  for await (const { name, id } of heads(state, at)) {
    state.names.set(id, name);
    await holdDataset(state, name, id, at);
  }
}

/**
 * All directories but the pool's own, each with its head. A child map that breaks off ends its list without a word.
 *
 * Source: module/zfs/dsl_dir.c, dsl_dir_hold_obj
 */
async function* heads(state: LoadState, at: At): AsyncGenerator<Head> {
  const view = viewOf(state);
  const { mos } = view;
  const { signal } = state;
  at('the root directory');
  const waiting = [{ name: state.pool.name ?? '', id: await required(view, 'root_dataset', signal), depth: 0 }];
  const seen = new Set<bigint>();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    signal?.throwIfAborted();
    const { name, id, depth } = next;
    if (seen.has(id) || depth > MAX_DEPTH) continue;
    seen.add(id);
    at(`the directory ${name}`);
    const object = await mos.object(id, signal);
    const directory = decodeBonus(object, BONUS.dslDir, decodeDslDir);
    const zap = object.dnode.type === OBJECT_TYPE.dslDir ? null : await mos.zap(id, signal);
    await zap?.integer(DSL_DIR_FIELD.cryptoKey, signal);
    if (directory.origin !== null) {
      at(`the origin of ${name}`);
      await mos.object(directory.origin, signal);
      at(`the list of blocks of clone ${name}`);
      const livelist = (await zap?.integer(DSL_DIR_FIELD.livelist, signal)) ?? null;
      if (livelist !== null) await mos.object(livelist, signal);
    }
    for (const [child, below] of await childrenOf(state, directory.children)) {
      if (!child.startsWith('$')) waiting.push({ name: `${name}/${child}`, id: below, depth: depth + 1 });
    }
    if (directory.headDataset !== null) yield { name, id: directory.headDataset };
  }
}

async function childrenOf(state: LoadState, children: DslDirectory['phys']['children']): Promise<[string, bigint][]> {
  const found: [string, bigint][] = [];
  if (children === null) return found;
  try {
    const zap = await viewOf(state).mos.zap(children, state.signal);
    for await (const entry of zap.entries({ signal: state.signal })) found.push([entry.name, entry.integer]);
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
  }
  return found;
}

/** Source: module/zfs/dsl_dataset.c, dsl_dataset_hold_obj */
async function holdDataset(state: LoadState, name: string, id: bigint, at: At): Promise<void> {
  const { mos } = viewOf(state);
  const { signal } = state;
  const dataset = await datasetAt(state, name, id, at);
  if (dataset.previousSnapshot !== null) {
    const snapshot = await datasetAt(state, `the last snapshot of ${name}`, dataset.previousSnapshot, at);
    at(`the holds on the last snapshot of ${name}`);
    if (snapshot.userReferences !== null) await mos.zap(snapshot.userReferences, signal);
  }
  const object = await mos.object(id, signal);
  if (object.dnode.type !== OBJECT_TYPE.dslDataset) {
    at(`the bookmarks of ${name}`);
    const zap = await mos.zap(id, signal);
    const bookmarks = await zap.integer(DSL_DATASET_FIELD.bookmarks, signal);
    if (bookmarks !== null) await (await mos.zap(bookmarks, signal)).all({ signal });
    at(`the remapped blocks of ${name}`);
    const remap = await zap.integer(DSL_DATASET_FIELD.remapDeadlist, signal);
    if (remap !== null) await mos.object(remap, signal);
  }
  at(`the deadlist of ${name}`);
  if (dataset.deadlist !== null) await mos.object(dataset.deadlist, signal);
}

async function datasetAt(state: LoadState, name: string, id: bigint, at: At): Promise<DslDataset> {
  at(`the dataset ${name}`);
  return decodeBonus(await viewOf(state).mos.object(id, state.signal), BONUS.dslDataset, decodeDslDataset);
}

/**
 * Every intent log is followed to its end. A checksum that fails is an end; a device that gives an error is not. A pool
 * whose log device is missing, and that is imported without it, drops its logs unseen.
 *
 * Source: module/zfs/spa.c, spa_check_logs; module/zfs/zil.c, zil_check_log_chain
 */
async function checkLogs(state: LoadState, at: At): Promise<Trouble | undefined> {
  const { logMissing, blocks, root } = viewOf(state);
  const { cache, reader } = blocks;
  if (logMissing) return undefined;
  for await (const { name, id } of heads(state, at)) {
    const dataset = await datasetAt(state, name, id, at);
    if (dataset.bp.hole) continue;
    const trouble = await logTrouble(state, name, dataset.bp, at);
    if (trouble !== undefined) return trouble;
  }
  return undefined;

  async function logTrouble(
    { signal }: LoadState,
    name: string,
    bp: DslDataset['bp'],
    say: At,
  ): Promise<Trouble | undefined> {
    let objset: Objset;
    try {
      objset = await Objset.open(cache, bp, name, signal);
    } catch (error) {
      // OpenZFS passes over datasets that do not open here; the traversal meets them later.
      if (error instanceof ZfsUberError) return undefined;
      throw error;
    }
    const { zil } = objset.phys;
    const [first] = zil.log.dvas;
    const top = first === undefined ? undefined : root.children[first.vdev];
    if (zil.log.hole || (top?.role === 'log' && vdevHealth(top) === 'missing')) return undefined;
    say(`the intent log of ${name}`);
    for await (const { bp: log, records } of walkZil(reader, zil, signal)) {
      if (records !== null) continue;
      const error = await deviceError(() => reader.read(log, signal));
      if (error !== null) return { message: `the intent log of ${name}: ${explainError(error)}`, because: 'damage' };
    }
    return undefined;
  }
}

/** The error when a device could not be read; null when it could, whatever its bytes are. */
async function deviceError(read: () => Promise<unknown>): Promise<UnavailableBlockError | null> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    const failed = error instanceof UnavailableBlockError ? error.attempts : [];
    if (error instanceof UnavailableBlockError && failed.some(({ outcome }) => outcome === 'unreadable')) return error;
  }
  return null;
}
