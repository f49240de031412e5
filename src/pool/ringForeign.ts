import type { LabelConfig } from '../format/labelConfig.ts';
import type { Uberblock } from '../format/uberblock.ts';
import type { VdevConfig } from '../format/vdevConfig.ts';

/**
 * Guid sum of the pool as a label tells it; null where the label knows but a part of the pool: it names the vdevs below
 * one top-level vdev only.
 */
export function guidSumByLabel({ poolGuid, vdevTree, vdevChildren, holeArray, role }: LabelConfig): bigint | null {
  if (poolGuid === null || vdevTree === null || vdevChildren !== 1 || holeArray.length > 0) return null;
  if (role !== 'member' && role !== 'split') return null;
  let sum: bigint = poolGuid;
  const open: VdevConfig[] = [vdevTree];
  for (let vdev = open.pop(); vdev !== undefined; vdev = open.pop()) {
    sum += vdev.guid;
    open.push(...vdev.children);
  }
  return BigInt.asUintN(64, sum);
}

/**
 * Which of a ring's verified uberblocks are those of another pool than `guidSum` stands for.
 *
 * A differing guid sum alone says nothing: adding, attaching, detaching and reguid change it, and after a rewind the
 * newer uberblocks of the abandoned line stay. So all of this must hold: the pool has uberblocks of lower and of higher
 * txg, and one of the higher is older by the clock. One pool would have had to change its vdevs and change them back
 * while its clock was set back; where it is not sure, the uberblock is taken for the pool's own.
 *
 * @returns one answer an uberblock
 */
export function foreignUberblocks(uberblocks: readonly Uberblock[], guidSum: bigint): boolean[] {
  const own = uberblocks.filter((uberblock) => uberblock.guidSum === guidSum);
  return uberblocks.map((uberblock) => {
    if (uberblock.guidSum === guidSum) return false;
    const followed = own.some(({ txg, timestamp }) => txg > uberblock.txg && timestamp < uberblock.timestamp);
    return followed && own.some(({ txg }) => txg < uberblock.txg);
  });
}
