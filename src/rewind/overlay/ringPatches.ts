import { trailerByteOrder } from '../../block/embeddedChecksum.ts';
import type { Engine } from '../../block/engine.ts';
import { sealUnit } from '../../block/sealUnit.ts';
import { orNull } from '../../dataset/orNull.ts';
import { LABEL_REGIONS, TRAILER } from '../../format/label.layout.ts';
import type { Uberblock } from '../../format/uberblock.ts';
import type { DeviceSurvey, LabelSurvey, RingSurvey, SlotSurvey } from '../../pool/survey.ts';
import { compareUberblocks, contentKey } from '../../pool/uberblockCopies.ts';
import type { Patch } from './plan.ts';

const { ring: RING } = LABEL_REGIONS;

/** Slots that OpenZFS takes for uberblocks: their checksums hold, whatever pool they are of. */
export const isTaken = ({ state }: SlotSurvey): boolean => state === 'valid' || state === 'mmp' || state === 'foreign';

/**
 * Blanks every slot of the device that an import would take before `chosen`, whole. Only slots that the ring reader has
 * told are touched, and only rings of the slot size that OpenZFS reads them with: with another none verifies.
 *
 * @param slotSize of the leaf's top-level vdev
 * @param chosen its heartbeats stay: they are the same state of the pool
 * Source: module/zfs/vdev_label.c, vdev_uberblock_load
 */
export function hiddenSlots(device: DeviceSurvey, slotSize: number, chosen: Uberblock): Patch[] {
  const key = contentKey(chosen);
  return device.labels.flatMap(({ ring }) => {
    if (ring === null || ring.slotSize !== slotSize) return [];
    return ring.slots.flatMap((slot): Patch[] => {
      const blank = (why: Patch['why']): Patch[] => [{ offset: slot.offset, bytes: new Uint8Array(slotSize), why }];
      if (slot.state === 'unreadable') return blank('unreadable-slot');
      if (slot.uberblock === null || !isTaken(slot) || contentKey(slot.uberblock) === key) return [];
      return compareUberblocks(slot.uberblock, chosen) >= 0 ? blank('newer-uberblock') : [];
    });
  });
}

/** The bytes of a slot that holds the uberblock, and their byte order; null where none of the devices has one. */
export async function uberblockBytes(
  devices: readonly DeviceSurvey[],
  chosen: Uberblock,
  signal?: AbortSignal,
): Promise<Uint8Array | null> {
  const key = contentKey(chosen);
  for (const { labels, source } of devices) {
    for (const { ring } of labels) {
      for (const slot of ring?.slots ?? []) {
        if (ring === null || slot.uberblock === null || !isTaken(slot) || contentKey(slot.uberblock) !== key) continue;
        const bytes = await orNull(() => source.read(slot.offset, ring.slotSize, signal));
        if (bytes !== null) return bytes;
      }
    }
  }
  return null;
}

/**
 * Puts an uberblock into the slot of its txg in all four rings of a device.
 *
 * @param uberblock as it stands in a slot, of any slot size
 */
export function placedUberblock(
  device: DeviceSurvey,
  slotSize: number,
  uberblock: Uint8Array,
  txg: bigint,
  why: Patch['why'],
  engine: Engine,
): Patch[] {
  const littleEndian = trailerByteOrder(uberblock) !== 'big';
  return device.labels.flatMap(({ ring, offset }): Patch[] => {
    if (ring === null) return [];
    const count = RING.size / slotSize;
    const at = offset + RING.offset + Number(txg % BigInt(count)) * slotSize;
    const bytes = new Uint8Array(slotSize);
    bytes.set(uberblock.subarray(0, Math.min(slotSize, uberblock.length) - TRAILER.size));
    sealUnit(bytes, at, littleEndian, engine);
    return [{ offset: at, bytes, why }];
  });
}

/**
 * Fills the rings of labels that were lost from the label of the device that has most: each slot up to `chosen`, sealed
 * for its new place.
 */
export async function restoredRings(
  device: DeviceSurvey,
  slotSize: number,
  chosen: Uberblock,
  engine: Engine,
  signal?: AbortSignal,
): Promise<Patch[]> {
  const lost = device.labels.filter(isLost);
  const fullest = [...device.labels].sort((a, b) => taken(b.ring).length - taken(a.ring).length)[0];
  if (lost.length === 0 || fullest?.ring == null || fullest.ring.slotSize !== slotSize) return [];
  const patches: Patch[] = [];
  for (const slot of taken(fullest.ring)) {
    if (slot.uberblock === null || compareUberblocks(slot.uberblock, chosen) > 0) continue;
    const bytes = await orNull(() => device.source.read(slot.offset, slotSize, signal));
    if (bytes === null) continue;
    for (const label of lost) {
      const copy = bytes.slice();
      const offset = slot.offset - fullest.offset + label.offset;
      sealUnit(copy, offset, trailerByteOrder(bytes) !== 'big', engine);
      patches.push({ offset, bytes: copy, why: 'uberblock-restored' });
    }
  }
  return patches;
}

const taken = (ring: RingSurvey | null): readonly SlotSurvey[] => ring?.slots.filter(isTaken) ?? [];

/** Config and ring went together. */
const isLost = ({ status, ring }: LabelSurvey): boolean =>
  status !== 'ok' && status !== 'absent' && ring !== null && taken(ring).length === 0;
