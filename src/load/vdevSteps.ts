import { FormatError } from '../bytes/errors.ts';
import { readDtl } from '../dataset/dtl.ts';
import type { Zap } from '../dataset/zap.ts';
import type { VdevNode } from '../pool/pool.ts';
import { leavesOf, vdevName } from '../pool/vdevHealth.ts';
import type { LoadState } from './loadState.ts';
import { readLogSpaceMapData, readLogSpaceMapList, readMetaslabWords, readUnflushedTxgs } from './logSpaceMaps.ts';
import type { Reading } from './reading.ts';
import { type At, step } from './step.ts';
import { viewOf } from './viewOf.ts';

/** What the MOS keeps of each vdev: properties, metaslabs, what leaves missed, and the logs of space maps. */
export const LOAD_VDEVS = step('vdev_load', 'always', loadVdevs);
export const LOAD_VDEVS_TO_WRITE = step('vdev_load', 'read-write-only', loadVdevsToWrite);
export const LIST_LOG_SPACEMAPS = step('spa_ld_log_spacemaps', 'always', listLogSpaceMaps);
export const READ_LOG_SPACEMAPS = step('spa_ld_log_spacemaps', 'read-write-only', readLogSpaceMapData);

/** Metaslabs of one top-level vdev: some 200, at most 2^17 and what was added by growing. */
const MAX_METASLABS = 1048576n;
/** Bytes of one metaslab in the array of their space maps. */
const WORD = 8n;

/** Of a raidz alone. Source: module/zfs/vdev_raidz.c, vdev_raidz_load */
const EXPANSION_KEYS = [
  'org.openzfs:raidz_expand_state',
  'org.openzfs:raidz_expand_start_time',
  'org.openzfs:raidz_expand_end_time',
  'org.openzfs:raidz_expand_bytes_copied',
];
const BIAS_KEY = 'org.zfsonlinux:allocation_bias';
const CHECKPOINT_KEY = 'com.delphix:pool_checkpoint_sm';
const OBSOLETE_KEY = 'com.delphix:indirect_obsolete_sm';

/** Source: module/zfs/vdev.c, vdev_load and vdev_metaslab_init */
async function loadVdevs(state: LoadState, at: At): Promise<undefined> {
  const { mos, root } = viewOf(state);
  for (const top of root.children) {
    const { type, zapTop } = top.config;
    const vdev = vdevName(top);
    at({ role: 'vdev properties', vdev });
    const zap = zapTop ? await mos.zap(zapTop, state.signal) : null;
    if (zap !== null) {
      for (const key of type === 'raidz' ? [...EXPANSION_KEYS, BIAS_KEY] : [BIAS_KEY]) await zap.get(key, state.signal);
    }
    if (type !== 'indirect' && type !== 'hole' && type !== 'missing') await loadMetaslabs(state, top, at);
    if (zap === null) continue;
    await openNamedMap(state, zap, CHECKPOINT_KEY, { role: 'checkpoint space map', vdev }, at);
    await openNamedMap(state, zap, OBSOLETE_KEY, { role: 'obsolete space map', vdev }, at);
  }
}

async function openNamedMap(state: LoadState, zap: Zap, key: string, what: Reading, at: At): Promise<void> {
  at(what);
  const id = await zap.integer(key, state.signal);
  if (id) await viewOf(state).mos.object(id, state.signal);
}

async function loadMetaslabs(state: LoadState, top: VdevNode, at: At): Promise<void> {
  const { metaslabArray, metaslabShift, ashift, asize } = top.config;
  const { mos } = viewOf(state);
  at({ role: 'metaslabs', vdev: vdevName(top) });
  if (!ashift || !asize) {
    const place = mos.directory.object.place;
    throw new FormatError('format-value', 'vdev in the config', 'ashift and asize', `${ashift} and ${asize}`, place);
  }
  if (!metaslabArray || !metaslabShift) return;
  const array = await mos.object(metaslabArray, state.signal);
  await state.memo.readWhole(array, BigInt(metaslabCount(top)) * WORD);
  state.metaslabs = true;
}

/** Source: module/zfs/metaslab.c, metaslab_init; module/zfs/vdev.c, vdev_dtl_load */
async function loadVdevsToWrite(state: LoadState, at: At): Promise<undefined> {
  const { mos, root } = viewOf(state);
  for (const top of root.children) {
    const { metaslabArray } = top.config;
    const count = metaslabCount(top);
    if (metaslabArray && count > 0) {
      for (const [index, id] of (await readMetaslabWords(state, metaslabArray, count)).entries()) {
        at({ role: 'space map', vdev: vdevName(top), metaslab: index });
        // There are hundreds at each txg, and nearly all are at hand.
        if (id !== 0n && mos.objset.peek(id) == null) await mos.object(id, state.signal);
      }
    }
    for (const leaf of leavesOf(top)) {
      at({ role: 'missed txgs', vdev: vdevName(leaf) });
      if (!leaf.config.dtl) continue;
      const dtl = await mos.object(leaf.config.dtl, state.signal);
      await state.memo.of('dtl', dtl, 0, async () => void (await readDtl(mos, dtl.id)));
    }
  }
}

/** As many as the vdev's size gives; 0 when its numbers make no sense or it has none. */
export function metaslabCount({ config: { asize, metaslabShift, type } }: VdevNode): number {
  if (asize === null || metaslabShift === null || metaslabShift < 9 || metaslabShift > 63) return 0;
  if (type === 'indirect' || type === 'hole' || type === 'missing') return 0;
  const count = asize >> BigInt(metaslabShift);
  return count > MAX_METASLABS ? 0 : Number(count);
}

/** Source: module/zfs/spa_log_spacemap.c, spa_ld_unflushed_txgs and spa_ld_log_sm_metadata */
async function listLogSpaceMaps(state: LoadState, at: At): Promise<undefined> {
  const needed = new Set<bigint>();
  for (const top of viewOf(state).root.children) {
    const count = metaslabCount(top);
    at({ role: 'unflushed txgs', vdev: vdevName(top) });
    for (const txg of (await readUnflushedTxgs(state, top.config.zapTop, count)) ?? []) if (txg !== 0n) needed.add(txg);
  }
  at({ role: 'space map logs' });
  const logs = await readLogSpaceMapList(state);
  if (logs === null) return;
  for (const txg of needed) {
    if (logs.has(txg)) continue;
    const place = viewOf(state).mos.directory.object.place;
    throw new FormatError('format-value', 'space map logs', `one of txg ${txg}`, 'none', place);
  }
}
