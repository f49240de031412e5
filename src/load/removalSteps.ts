import { FormatError, LimitError } from '../bytes/errors.ts';
import { readIndirectMapping } from '../dataset/indirectVdevs.ts';
import type { DmuObject } from '../dataset/object.ts';
import { openMosThrough } from '../dataset/openMos.ts';
import { INDIRECT_BIRTH } from '../format/indirectMapping.layout.ts';
import { decodeIndirectBirths } from '../format/indirectMapping.ts';
import type { IndirectMapping } from '../pool/indirect.ts';
import { ASSERTED } from './hazard.ts';
import type { LoadState, MosView } from './loadState.ts';
import { type At, step } from './step.ts';
import { entryOf, viewOf } from './viewOf.ts';

/** The checkpoint, and the vdevs that were removed: what addresses of blocks mean depends on their mappings. */
export const READ_CHECKPOINT_TXG = step('spa_ld_read_checkpoint_txg', 'always', readCheckpoint);
export const INDIRECT_VDEVS = step('spa_ld_open_indirect_vdev_metadata', 'always', openRemovedVdevs);

/** Removed vdevs that are followed; a pool of as many has none left. */
const MAX_REMOVED = 4096;
/** The end of the chain of removed vdevs. */
const NO_VDEV = 2n ** 64n - 1n;
const WORDS = 8;

/** Source: module/zfs/spa.c, spa_ld_read_checkpoint_txg */
async function readCheckpoint(state: LoadState, at: At): Promise<undefined> {
  at({ role: 'checkpoint' });
  await entryOf(viewOf(state), 'com.delphix:zpool_checkpoint', WORDS, state.signal);
}

/**
 * The mapping of every removed vdev is read whole, the youngest removal first: those that were removed later may hold
 * the mapping of one that was removed before.
 *
 * Source: module/zfs/vdev_removal.c, spa_remove_init; module/zfs/vdev_indirect_mapping.c, vdev_indirect_mapping_open
 */
async function openRemovedVdevs(state: LoadState, at: At): Promise<undefined> {
  at({ role: 'device removal' });
  const entry = await entryOf(viewOf(state), 'com.delphix:removing', WORDS, state.signal);
  const removal = entry === null ? null : await viewOf(state).mos.removal(state.signal);
  if (removal !== null) {
    if (removal.state === 'scanning' && removal.vdev !== null) await openRemoval(state, removal.vdev, at);
    const seen = new Set<bigint>();
    for (let id = removal.previousIndirect ?? NO_VDEV; id !== NO_VDEV; ) {
      if (seen.has(id) || seen.size >= MAX_REMOVED) throw new LimitError('removed vdevs point in a circle', null);
      seen.add(id);
      id = await openRemovedVdev(state, id, at);
    }
  }
  at({ role: 'condensing' });
  await entryOf(viewOf(state), 'com.delphix:condensing_indirect', WORDS, state.signal);
}

/** A removal under way has a mapping of what was copied so far; its vdev is still read from directly. */
async function openRemoval(state: LoadState, vdev: bigint, at: At): Promise<void> {
  const { root, mos } = viewOf(state);
  const indirect = root.children[Number(vdev)]?.config.indirect;
  if (indirect == null) return;
  at({ role: 'removal mapping', vdevId: vdev }, ASSERTED);
  await readIndirectMapping(await mos.object(indirect.object, state.signal), { signal: state.signal });
  await readBirths(state, viewOf(state), indirect.births);
}

/** @returns the vdev that was removed before */
async function openRemovedVdev(state: LoadState, id: bigint, at: At): Promise<bigint> {
  const view = viewOf(state);
  const top = id < BigInt(view.root.children.length) ? view.root.children[Number(id)] : undefined;
  at({ role: 'indirect mapping', vdevId: id }, ASSERTED);
  if (top === undefined || top.config.indirect === null || top.config.type !== 'indirect') {
    const place = view.mos.directory.object.place;
    throw new FormatError('format-value', `vdev ${id}`, 'a removed one', top?.config.type ?? 'none', place);
  }
  const { object, births, previous } = top.config.indirect;
  const dnode = await view.mos.object(object, state.signal);
  const mapping = await state.memo.of('mapping', dnode, mappingSize(dnode), () => readIndirectMapping(dnode));
  at({ role: 'indirect births', vdevId: id }, ASSERTED);
  await readBirths(state, view, births);
  await useMapping(state, view, Number(id), mapping);
  return previous ?? NO_VDEV;
}

/** Bytes that the mapping takes here: an entry of 24 on disk becomes four numbers. */
const mappingSize = ({ dnode }: DmuObject): number => Math.min(Number(dnode.length) * 2, Number.MAX_SAFE_INTEGER);

/** From here on addresses on vdev `id` are found. */
async function useMapping(state: LoadState, view: MosView, id: number, mapping: IndirectMapping): Promise<void> {
  const readerState = { ...view.readerState, mappings: new Map([...view.readerState.mappings, [id, mapping]]) };
  if (state.readers === null) return;
  const { blocks, mos } = await openMosThrough(
    state.readers,
    readerState,
    state.candidate.uberblock.rootbp,
    state.signal,
  );
  state.view = { ...view, readerState, blocks, mos };
}

/** Source: module/zfs/vdev_indirect_births.c, vdev_indirect_births_open */
async function readBirths(state: LoadState, { mos }: MosView, id: bigint): Promise<void> {
  const object = await mos.object(id, state.signal);
  const { bonus, littleEndian, bonusPlace } = object.dnode;
  const { count } = decodeIndirectBirths(bonus, littleEndian, bonusPlace);
  await state.memo.readWhole(object, count * BigInt(INDIRECT_BIRTH.size));
}
