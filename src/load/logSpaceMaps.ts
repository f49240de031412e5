import { FormatError } from '../bytes/errors.ts';
import type { DmuObject } from '../dataset/object.ts';
import { SpaceMap } from '../dataset/spaceMap.ts';
import { readWords } from '../dataset/wordArray.ts';
import { Zap } from '../dataset/zap.ts';
import type { LoadState } from './loadState.ts';
import type { At } from './step.ts';
import { optional, viewOf } from './viewOf.ts';

/**
 * Of each metaslab of a top-level vdev the txg since which its changes stand in the logs alone; 0 where there are none.
 *
 * @param zapTop of the vdev's config
 * @param count of metaslabs
 * @returns null where the vdev has no such list
 */
export async function readUnflushedTxgs(
  state: LoadState,
  zapTop: bigint | null,
  count: number,
): Promise<BigUint64Array | null> {
  const { mos } = viewOf(state);
  if (!zapTop || count === 0) return null;
  const zap = await mos.zap(zapTop, state.signal);
  const id = await zap.integer('com.delphix:ms_unflushed_phys_txgs', state.signal);
  return id === null ? null : readMetaslabWords(state, id, count);
}

/** An object that has a 64-bit word for each metaslab of a vdev. Shared, so never changed. */
export function readMetaslabWords(
  state: LoadState,
  id: bigint,
  count: number,
): Promise<BigUint64Array> | BigUint64Array {
  const object = viewOf(state).mos.object(id, state.signal);
  const read = (array: DmuObject) => state.memo.of(`words ${count}`, array, count * 8, () => readWords(array, count));
  return object instanceof Promise ? object.then(read) : read(object);
}

/** Log by txg; null in a pool that has no such list yet. */
export async function readLogSpaceMapList(state: LoadState): Promise<ReadonlyMap<bigint, bigint> | null> {
  const id = await optional(viewOf(state), 'com.delphix:log_spacemap_zap', state.signal);
  if (id === null) return null;
  const object = await viewOf(state).mos.object(id, state.signal);
  const size = Math.min(Number(object.dnode.length), Number.MAX_SAFE_INTEGER);
  return state.memo.of('space map logs', object, size, () => logsIn(object));
}

async function logsIn(object: DmuObject): Promise<ReadonlyMap<bigint, bigint>> {
  const logs = new Map<bigint, bigint>();
  for (const [name, entry] of await (await Zap.open(object)).all()) {
    if (!/^[0-9a-f]{1,16}$/.test(name)) {
      throw new FormatError('format-value', 'space map log', 'a txg in hexadecimal', name, entry.place);
    }
    logs.set(BigInt(`0x${name}`), entry.integer);
  }
  return logs;
}

/** Source: module/zfs/spa_log_spacemap.c, spa_ld_log_sm_data */
export async function readLogSpaceMapData(state: LoadState, at: At): Promise<undefined> {
  at({ role: 'space map logs' });
  for (const [txg, id] of (await readLogSpaceMapList(state)) ?? []) {
    at({ role: 'space map log', txg });
    const object = await viewOf(state).mos.object(id, state.signal);
    const reading = state.memo.readWhole(object, new SpaceMap(object).header.length);
    if (reading !== undefined) await reading;
  }
}
