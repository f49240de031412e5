import type { Engine } from '../../block/engine.ts';
import { asTxg, type Txg } from '../../bytes/units.ts';
import { openPoolAt } from '../../dataset/openAt.ts';
import type { OpenBlocks } from '../../dataset/poolReaders.ts';
import { UBERBLOCK } from '../../format/uberblock.layout.ts';
import { hasUberblockMagic } from '../../format/uberblock.ts';
import type { Candidate } from '../../load/candidates.ts';
import type { Pool, VdevNode } from '../../pool/pool.ts';
import { isTaken, uberblockBytes } from './ringPatches.ts';

/** How a plan reads the pool. */
export interface OverlayBlocks {
  readonly open: OpenBlocks;
  readonly engine: Engine;
}

/**
 * The chosen uberblock as it stands in a slot; that of a checkpoint as the meta-object set keeps it.
 *
 * @param all candidates of the rings
 * @returns null where no copy reads
 */
export async function chosenBytes(
  pool: Pool,
  root: VdevNode,
  all: readonly Candidate[],
  { uberblock, copies, heartbeats, checkpoint }: Candidate,
  blocks: OverlayBlocks,
  signal?: AbortSignal,
): Promise<Uint8Array | null> {
  if (checkpoint === null) {
    const devices = new Set([...copies, ...heartbeats].map(({ device }) => device));
    return uberblockBytes([...devices], uberblock, signal);
  }
  const holder = all.find(({ taken, txg }) => taken && txg === checkpoint.heldBy);
  if (holder === undefined) return null;
  const { view } = await openPoolAt(pool, root, holder.uberblock, blocks.open, { signal });
  const words = await view.mos.checkpointWords(signal);
  if (words === null) return null;
  const { littleEndian } = holder.uberblock;
  const bytes = new Uint8Array(SMALLEST_SLOT);
  const viewOf = new DataView(bytes.buffer);
  for (const [i, word] of words.slice(0, UBERBLOCK.size / 8).entries()) viewOf.setBigUint64(i * 8, word, littleEndian);
  return bytes;
}

/** An uberblock fits into the smallest slot there is. */
const SMALLEST_SLOT = 1024;

/** The newest txg of any uberblock that an import can see, whatever pool it is of. */
export function newestTxg({ devices }: Pool): Txg {
  let newest = 0n;
  for (const { labels } of devices) {
    for (const { ring } of labels) {
      for (const slot of ring?.slots ?? []) {
        if (isTaken(slot) && slot.uberblock !== null && slot.uberblock.txg > newest) newest = slot.uberblock.txg;
      }
    }
  }
  return asTxg(newest);
}

/**
 * The uberblock as another txg and time: nothing else of it changes, as where OpenZFS goes back to a checkpoint.
 *
 * @param bytes of a slot; not changed
 * @param timestamp seconds since 1970
 * @returns null where it is no uberblock
 * Source: module/zfs/spa.c, spa_ld_checkpoint_rewind
 */
export function raised(bytes: Uint8Array, txg: Txg, timestamp: bigint, littleEndian: boolean): Uint8Array | null {
  if (!hasUberblockMagic(bytes)) return null;
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  view.setBigUint64(UBERBLOCK.fields.txg.offset, txg, littleEndian);
  view.setBigUint64(UBERBLOCK.fields.timestamp.offset, timestamp, littleEndian);
  return copy;
}
