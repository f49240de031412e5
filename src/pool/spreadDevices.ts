import type { StoredBlock } from '../block/engine.ts';
import { ZfsUberError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import type { Txg } from '../bytes/units.ts';
import type { ByteSource } from '../source/source.ts';
import { type Placed, runsOf } from './blockRuns.ts';
import { draidSpreading } from './draid.ts';
import type { Loan } from './lentMemory.ts';
import type { VdevNode } from './pool.ts';
import { raidzSpreading, type Spreading } from './raidz.ts';
import { vdevName } from './vdevHealth.ts';
import { LABEL_START } from './vdevLeaf.ts';
import { bestLeg, type Leg, readFrom, wholeDevices } from './wholeDevices.ts';

/** A top-level vdev that spreads blocks over its children, of which each is on devices as a whole. */
export interface SpreadTop extends Spreading {
  readonly children: readonly (readonly Leg[])[];
}

/** A block of such a vdev that is to be read. */
export interface SpreadBlock {
  readonly index: number;
  readonly top: SpreadTop;
  /** In bytes, of the top-level vdev. */
  readonly offset: number;
  readonly size: number;
  readonly birth: Txg;
  readonly algorithm: StoredBlock['algorithm'];
}

/** Blocks that were put together from their columns, side by side in memory: `offset` of each counts from its start. */
export interface Gathered {
  readonly bytes: Uint8Array;
  readonly blocks: readonly Pick<Placed, 'index' | 'offset' | 'size' | 'algorithm'>[];
}

const NO_REFLOW = { offset: 0n, state: 0 } as const;
/** Bytes of blocks that are put together in one piece of memory. */
const TOGETHER = 512 * 1024;

/**
 * How `top` spreads blocks over devices; null for one that does not, and where the map of a block depends on how far an
 * expansion has come.
 */
export function spreadTop(top: VdevNode, legs: Map<ByteSource, Leg>): SpreadTop | null {
  const { config, children } = top;
  const place: Place = { source: vdevName(top), offset: 0, path: [] };
  try {
    const spreading =
      config.type === 'raidz' && !config.raidzExpanding
        ? raidzSpreading(config, config.ashift, children.length, NO_REFLOW, place)
        : config.type === 'draid'
          ? draidSpreading(config, config.ashift, children.length, place)
          : null;
    return spreading && { ...spreading, children: children.map((child) => wholeDevices(child, legs)) };
  } catch (error) {
    // The reader says what is wrong with it.
    if (error instanceof ZfsUberError) return null;
    throw error;
  }
}

/** Data of a block, as it stands on one child. */
interface Piece extends Placed {
  /** Number of the block among those that are read. */
  readonly block: number;
  /** Bytes into the block. */
  readonly at: number;
}

/**
 * Reads the data columns of many blocks, those that lie side by side on a child in one request, and puts the blocks
 * together. Parity is not looked at: a block of which a column does not read is left out, and one of which a column is
 * wrong is not sound.
 *
 * @param gap bytes between two columns that are read and thrown away
 * @param into memory for what is read, of no use when this is done, and for the blocks
 */
export async function gatherBlocks(
  blocks: readonly SpreadBlock[],
  gap: number,
  into: { readonly columns: Loan; readonly blocks: Loan },
  signal: AbortSignal | undefined,
): Promise<readonly Gathered[]> {
  const found = new Map<number, Uint8Array>();
  const pieces: Piece[] = [];
  const numbers = new Map<readonly Leg[], number>();
  const gathered: {
    readonly bytes: Uint8Array;
    readonly blocks: (Gathered['blocks'][number] & { block: number })[];
  }[] = [];
  let room: Uint8Array = new Uint8Array(0);
  let used = 0;
  for (const [block, { index, top, offset, size, birth, algorithm }] of blocks.entries()) {
    const padded = Math.ceil(size / top.sector) * top.sector;
    const columns = top.mapOf(offset, padded, birth).rows.flatMap((row) => row.columns.filter(({ at }) => at >= 0));
    const parts = columns.filter((column) => column.size > 0);
    if (parts.some(({ child }) => (top.children[child] ?? []).length === 0)) continue;
    if (room.length - used < padded) {
      [room, used] = [into.blocks.lend(Math.max(TOGETHER, padded)), 0];
      gathered.push({ bytes: room, blocks: [] });
    }
    found.set(block, room.subarray(used, used + padded));
    gathered.at(-1)?.blocks.push({ block, index, offset: used, size, algorithm });
    used += padded;
    for (const { child, offset: from, size: length, at } of parts) {
      const legs = top.children[child] ?? [];
      const number = numbers.get(legs) ?? numbers.size;
      numbers.set(legs, number);
      pieces.push({ block, index, legs, top: number, offset: from, size: length, at, algorithm: 'fletcher4' });
    }
  }
  pieces.sort((a, b) => a.top - b.top || a.offset - b.offset);
  const read = async (run: readonly Piece[]): Promise<void> => {
    if (await readPieces(run, found, into.columns, signal)) return;
    for (const { block } of run) found.delete(block);
  };
  await Promise.all(runsOf(pieces, gap).map(read));
  return gathered.map(({ bytes, blocks: all }) => ({ bytes, blocks: all.filter(({ block }) => found.has(block)) }));
}

/** @returns false where the device gives an error, or does not have them */
async function readPieces(
  run: readonly Piece[],
  found: ReadonlyMap<number, Uint8Array>,
  memory: Loan,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const [first] = run;
  if (first === undefined) return true;
  const start = first.offset;
  const end = run.reduce((most, { offset, size }) => Math.max(most, offset + size), 0);
  const leg = bestLeg(first.legs, start, end);
  if (leg === null) return false;
  const bytes = await readFrom(leg, start + LABEL_START, end - start, signal, memory.lend(end - start));
  if (!(bytes instanceof Uint8Array)) {
    leg.wrong++;
    return false;
  }
  for (const { block, offset, size, at } of run) {
    found.get(block)?.set(bytes.subarray(offset - start, offset - start + size), at);
  }
  return true;
}
