import { SALT_SIZE } from '../block/saltedChecksum.ts';
import { FormatError } from '../bytes/errors.ts';
import { BONUS, decodeBonus } from '../dataset/bonus.ts';
import { openBpobj } from '../dataset/bpobj.ts';
import { type DslDir, decodeDslDir } from '../format/dslDir.ts';
import { isActive } from './featureSteps.ts';
import { ASSERTED } from './hazard.ts';
import { datasetAt, holdHead } from './holdDataset.ts';
import type { LoadState } from './loadState.ts';
import { type At, step } from './step.ts';
import { entryOf, optional, required, viewOf } from './viewOf.ts';

/** Objects of the pool itself: directories, lists of what is to be freed, properties, spares and caches. */
export const SPECIAL_DIRECTORIES = step('spa_ld_load_special_directories', 'always', openDslPool);
export const GET_PROPS = step('spa_ld_get_props', 'always', readProperties);
export const OPEN_AUX_VDEVS = step('spa_ld_open_aux_vdevs', 'always', openAuxiliaryVdevs);

/** Versions from which on a pool has these. Source: include/sys/fs/zfs.h, SPA_VERSION_ORIGIN, SPA_VERSION_DEADLISTS */
const ORIGIN_VERSION = 11n;
const DEADLISTS_VERSION = 26n;
const INTEGER = 8;

/** Source: module/zfs/dsl_pool.c, dsl_pool_open */
async function openDslPool(state: LoadState, at: At): Promise<undefined> {
  const { signal } = state;
  const { version } = state.candidate.uberblock;
  const view = viewOf(state);
  at({ role: 'root directory' });
  const rootDir = await dslDir(state, await required(view, 'root_dataset', signal));
  await specialDir(state, rootDir, '$MOS', at);
  if (version >= ORIGIN_VERSION) {
    const origin = await specialDir(state, rootDir, '$ORIGIN', at);
    const id = origin.headDataset ?? 0n;
    const { previousSnapshot } = (await holdHead(state, '$ORIGIN', id, origin, at)).dataset;
    await datasetAt(state, { dataset: '$ORIGIN', snapshot: 'origin' }, previousSnapshot ?? 0n, at);
    // Open from here on: the snapshot that every dataset without an older one comes after.
    state.names.set(id, '$ORIGIN').set(previousSnapshot ?? 0n, '$ORIGIN@$ORIGIN');
  }
  if (version >= DEADLISTS_VERSION) {
    await specialDir(state, rootDir, '$FREE', at);
    at({ role: 'list', key: 'free_bpobj' });
    const free = await required(view, 'free_bpobj', signal);
    at({ role: 'list', key: 'free_bpobj' }, ASSERTED);
    openBpobj(await view.mos.object(free, signal));
  }
  if (isActive(state, 'com.delphix:obsolete_counts')) {
    at({ role: 'obsolete blocks' });
    const obsolete = await optional(view, 'com.delphix:obsolete_bpobj', signal);
    at({ role: 'obsolete blocks' }, ASSERTED);
    if (obsolete !== null) openBpobj(await view.mos.object(obsolete, signal));
  }
  if (isActive(state, 'com.delphix:async_destroy')) {
    at({ role: 'destroyed trees' });
    await required(view, 'bptree_obj', signal);
  }
  if (isActive(state, 'com.delphix:empty_bpobj')) {
    at({ role: 'empty list' });
    await required(view, 'empty_bpobj', signal);
  }
  at({ role: 'temporary holds' });
  await optional(view, 'tmp_userrefs', signal);
  at({ role: 'last scrub' });
  if ((await optional(view, 'scrub_func', signal)) !== null) return;
  await entryOf(view, 'error_scrub', INTEGER, signal);
  await entryOf(view, 'scan', INTEGER, signal);
}

/** Source: module/zfs/dsl_pool.c, dsl_pool_open_special_dir */
async function specialDir(state: LoadState, rootDir: DslDir, name: string, at: At): Promise<DslDir> {
  const { mos } = viewOf(state);
  at({ role: 'directory', directory: { name } });
  const children = await mos.zap(rootDir.children ?? 0n, state.signal);
  const id = await children.integer(name, state.signal);
  if (id === null) throw new FormatError('format-value', `entry ${name}`, 'an object', 'none', children.object.place);
  return dslDir(state, id);
}

async function dslDir(state: LoadState, id: bigint): Promise<DslDir> {
  return decodeBonus(await viewOf(state).mos.object(id, state.signal), BONUS.dslDir, decodeDslDir);
}

/** Entries that are only noted, but have to read. Source: module/zfs/spa.c, spa_ld_get_props */
const NOTED = [
  'deflate',
  'creation_version',
  'errlog_last',
  'errlog_scrub',
  'last_scrubbed_txg',
  'com.delphix:deleted_clones',
  'history',
  'com.delphix:vdev_zap_map',
];

async function readProperties(state: LoadState, at: At): Promise<undefined> {
  const { signal } = state;
  const view = viewOf(state);
  at({ role: 'checksum salt' });
  const salt = await entryOf(view, 'org.illumos:checksum_salt', 1, signal);
  if (salt !== null && salt.valueBytes.length > SALT_SIZE) {
    const found = `${salt.valueBytes.length} bytes`;
    throw new FormatError('format-bounds', 'checksum salt', `at most ${SALT_SIZE} bytes`, found, salt.place);
  }
  at({ role: 'list', key: 'sync_bplist' });
  openBpobj(await view.mos.object(await required(view, 'sync_bplist', signal), signal));
  for (const key of NOTED) {
    at({ role: 'entry', key });
    const entry = optional(view, key, signal);
    // Most are at hand.
    if (entry instanceof Promise) await entry;
  }
  at({ role: 'pool properties' });
  await optional(view, 'pool_props', signal);
}

/** Source: module/zfs/spa.c, spa_ld_open_aux_vdevs */
async function openAuxiliaryVdevs(state: LoadState, at: At): Promise<undefined> {
  const view = viewOf(state);
  for (const key of ['spares', 'l2cache']) {
    at({ role: 'auxiliary vdevs', key });
    const id = await optional(view, key, state.signal);
    if (id !== null) await view.mos.nvlist(id, state.signal);
  }
}
