import { RangeSet } from '../bytes/rangeSet.ts';
import { asTxg, type Txg } from '../bytes/units.ts';
import type { WalkOptions } from './block.ts';
import type { Mos } from './mos.ts';
import { SpaceMap } from './spaceMap.ts';

/** Txgs that a leaf missed: `from` to `to`, both included. */
export interface MissedTxgs {
  readonly from: Txg;
  readonly to: Txg;
}

/** Above this a txg is no number that doubles count exactly, and none that a pool has reached. */
const MAX_TXG = 2n ** 52n;

/**
 * The dirty time log of a leaf: the txgs whose blocks it lacks.
 *
 * @param id of the leaf's config
 * @throws FormatError when it is no space map; what SpaceMap.entries throws
 * Source: module/zfs/vdev.c, vdev_dtl_load
 */
export async function readDtl(mos: Mos, id: bigint, options: WalkOptions = {}): Promise<MissedTxgs[]> {
  const missed = new RangeSet();
  for await (const { kind, offset, run } of new SpaceMap(await mos.object(id, options.signal)).entries(options)) {
    const [from, to] = [clip(offset), clip(offset + run)];
    if (kind === 'alloc') missed.add(from, to);
    else missed.remove(from, to);
  }
  return [...missed.ranges()].map(({ start, end }) => ({ from: asTxg(BigInt(start)), to: asTxg(BigInt(end) - 1n) }));
}

const clip = (txg: bigint): number => Number(txg < MAX_TXG ? txg : MAX_TXG);
