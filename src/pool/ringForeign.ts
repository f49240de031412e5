import type { LabelConfig } from '../format/labelConfig.ts';
import type { Uberblock } from '../format/uberblock.ts';
import type { VdevConfig } from '../format/vdevConfig.ts';
import { decidingConfig } from './deviceOrder.ts';
import type { LabelSurvey, SlotSurvey } from './survey.ts';

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

/**
 * The labels of one device, with the uberblocks of other pools marked as foreign.
 *
 * A whole label is another pool's where it names another one and another vdev than the label that speaks for the device:
 * an older pool's labels 2 and 3 stay behind where the newer vdev ends before the device does. What `zpool reguid` has
 * done to some of the labels only leaves the vdev's guid as it is.
 *
 * Single slots are where labels 2 and 3 came to lie on older ones because the device grew: their ring gets what is
 * written from then on, and keeps the rest. OpenZFS writes an uberblock to all four labels in one go, so a slot there
 * that says a guid sum which labels 0 and 1 do not know is not the pool's, where the same slot in front holds an
 * uberblock that the ring behind, written later as well, would have got too.
 *
 * Source: module/zfs/vdev_label.c, vdev_label_offset and vdev_uberblock_sync
 */
export function markForeignLabels(labels: readonly LabelSurvey[]): readonly LabelSurvey[] {
  const deciding = decidingConfig({ labels });
  if (deciding === null || deciding.poolGuid === null) return labels;
  const isOther = ({ config }: LabelSurvey): boolean =>
    config !== null &&
    config.poolGuid !== null &&
    config.poolGuid !== deciding.poolGuid &&
    (config.guid === null || config.guid !== deciding.guid);
  const front = labels.find((label) => label.index < 2 && label.status === 'ok' && !isOther(label));
  return labels.map((label) => {
    if (isOther(label)) return withForeign(label, isSound);
    return label.index < 2 || front === undefined ? label : withForeign(label, mixedIn(label, front));
  });
}

const isSound = ({ state }: SlotSurvey): boolean => state === 'valid' || state === 'mmp';

function withForeign(label: LabelSurvey, isForeign: (slot: SlotSurvey) => boolean): LabelSurvey {
  const { ring } = label;
  if (ring === null || !ring.slots.some((slot) => isSound(slot) && isForeign(slot))) return label;
  const slots = ring.slots.map((slot) =>
    isSound(slot) && isForeign(slot) ? { ...slot, state: 'foreign' as const } : slot,
  );
  return { ...label, ring: { ...ring, slots } };
}

/** Which slots of a ring behind were there before the pool wrote to it, going by the ring in front. */
function mixedIn({ ring }: LabelSurvey, front: LabelSurvey): (slot: SlotSurvey) => boolean {
  const before = front.ring;
  if (ring === null || before === null || ring.slotSize !== before.slotSize) return () => false;
  const sums = new Set(before.slots.flatMap((slot) => (isSound(slot) ? [slot.uberblock?.guidSum] : [])));
  let newest: Uberblock | null = null;
  for (const [i, { uberblock }] of ring.slots.entries()) {
    // Copies of one uberblock in the labels of a device are one object.
    if (uberblock === null || uberblock !== before.slots[i]?.uberblock) continue;
    if (newest === null || uberblock.txg > newest.txg) newest = uberblock;
  }
  return ({ index, uberblock }) => {
    const counterpart = before.slots[index];
    if (newest === null || uberblock === null || sums.has(uberblock.guidSum) || counterpart === undefined) return false;
    // Later than all that both ends have: the end of a copy that was made while the pool was written to.
    if (uberblock.txg > newest.txg && uberblock.timestamp > newest.timestamp) return false;
    if (counterpart.state === 'empty' || counterpart.state === 'template') return true;
    return isSound(counterpart) && counterpart.uberblock !== null && counterpart.uberblock.txg < newest.txg;
  };
}
