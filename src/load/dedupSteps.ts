import { FormatError, ZfsUberError } from '../bytes/errors.ts';
import type { Zap } from '../dataset/zap.ts';
import { BRT_KEY_PREFIX } from '../format/brt.layout.ts';
import { decodeBrtVdev } from '../format/brt.ts';
import { DDT_KEY_PREFIX, DDT_STATISTICS_KEY } from '../format/ddt.layout.ts';
import { decodeDdtLog } from '../format/ddt.ts';
import { CLONES_ASSERTED, CLONES_HELD } from './hazard.ts';
import type { LoadState } from './loadState.ts';
import { type At, step } from './step.ts';
import { optional, viewOf } from './viewOf.ts';

/** What is known of blocks that are there more than once. */
export const LOAD_DEDUP_TABLES = step('spa_ld_load_dedup_tables', 'always', loadDedupTables);
export const LOAD_BRT = step('spa_ld_load_brt', 'always', loadBlockCloning);

const LOG_PREFIX = 'DDT-log-';
/** Bytes of one of the array's counters. Source: include/sys/brt_impl.h, bv_entcount */
const ENTRY_COUNT_SIZE = 2n;

/** Source: module/zfs/ddt.c, ddt_load; module/zfs/ddt_log.c, ddt_log_load_one */
async function loadDedupTables(state: LoadState, at: At): Promise<undefined> {
  const { mos } = viewOf(state);
  at({ role: 'dedup statistics' });
  const id = await optional(viewOf(state), DDT_STATISTICS_KEY, state.signal);
  if (id === null) return;
  const statistics = await mos.zap(id, state.signal);
  at({ role: 'dedup names' });
  for await (const entry of mos.directory.entries({ signal: state.signal })) {
    const { name } = entry;
    if (!name.startsWith(DDT_KEY_PREFIX) || name === DDT_STATISTICS_KEY) continue;
    if (name.split('-').length > 2) {
      await loadTable(state, name, entry.integer, statistics, at);
      continue;
    }
    at({ role: 'directory', directory: { name } });
    for await (const inner of (await mos.zap(entry.integer, state.signal)).entries({ signal: state.signal })) {
      if (inner.name.startsWith(LOG_PREFIX)) await loadLog(state, inner.name, inner.integer, at);
      else if (inner.name.startsWith(DDT_KEY_PREFIX)) await loadTable(state, inner.name, inner.integer, statistics, at);
    }
    at({ role: 'dedup names' });
  }
}

/** The table's head and its histogram; its entries are read when they are looked for. */
async function loadTable(state: LoadState, name: string, id: bigint, statistics: Zap, at: At): Promise<void> {
  at({ role: 'table statistics', key: name });
  const counted = await statistics.get(name, state.signal);
  // OpenZFS takes a table without statistics for one that is not there.
  if (counted === null) return;
  at({ role: 'dedup table', key: name });
  await viewOf(state).mos.zap(id, state.signal);
}

async function loadLog(state: LoadState, name: string, id: bigint, at: At): Promise<void> {
  at({ role: 'dedup log', key: name });
  const object = await viewOf(state).mos.object(id, state.signal);
  const { bonus, littleEndian, bonusPlace } = object.dnode;
  const { version, length } = decodeDdtLog(bonus, littleEndian, bonusPlace);
  if (version !== 1) throw new FormatError('format-value', 'version of a dedup log', '1', `${version}`, bonusPlace);
  await state.memo.readWhole(object, length);
}

/** Source: module/zfs/brt.c, brt_load and brt_vdev_load */
async function loadBlockCloning(state: LoadState, at: At): Promise<undefined> {
  const { root } = viewOf(state);
  for (let vdev = 0; vdev < root.children.length; vdev++) {
    const vdevId = BigInt(vdev);
    at({ role: 'cloned blocks', vdevId });
    const id = await optional(viewOf(state), `${BRT_KEY_PREFIX}${vdev}`, state.signal);
    if (id === null) continue;
    try {
      await loadClonesOf(state, vdevId, id, at);
    } catch (error) {
      if (!(error instanceof ZfsUberError) || state.openZfs.does('clones-fail')) throw error;
    }
  }
}

/** @param id of the object of counts */
async function loadClonesOf(state: LoadState, vdevId: bigint, id: bigint, at: At): Promise<void> {
  const { mos } = viewOf(state);
  const object = await mos.object(id, state.signal);
  const { bonus, littleEndian, bonusPlace } = object.dnode;
  const { size, entries } = decodeBrtVdev(bonus, littleEndian, bonusPlace);
  state.clones = true;
  at({ role: 'clone counts', vdevId }, CLONES_HELD);
  await state.memo.readWhole(object, size * ENTRY_COUNT_SIZE);
  at({ role: 'clone entries', vdevId }, CLONES_ASSERTED);
  await mos.object(entries, state.signal);
}
