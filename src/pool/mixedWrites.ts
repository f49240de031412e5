import { type EmbeddedUnit, labelVerifier, verifyEmbedded } from '../block/embeddedChecksum.ts';
import type { Engine } from '../block/engine.ts';
import { TRAILER } from '../format/label.layout.ts';
import { UBERBLOCK } from '../format/uberblock.layout.ts';
import type { RawSlot } from './ringSlots.ts';

/**
 * Marks the slots that hold parts of two writes: the trailer of a slot that fails is that of the uberblock which another
 * label of the device still has in the same slot. The labels are written in two rounds, so a power cut in the first
 * leaves the older uberblock whole in two of them.
 *
 * @param rings verified, one a label; only those cut to the same slot size are compared
 * Source: module/zfs/vdev_label.c, vdev_config_sync and vdev_uberblock_sync
 */
export async function markMixedWrites(rings: readonly (readonly RawSlot[])[], engine: Engine): Promise<void> {
  const units: EmbeddedUnit[] = [];
  const suspects: RawSlot[] = [];
  for (const ring of rings) {
    for (const slot of ring) {
      if (slot.bytes === null || slot.check?.state !== 'wrong') continue;
      for (const other of rings) {
        const twin = other.length === ring.length ? other[slot.index] : undefined;
        if (twin === undefined || twin.bytes === null || twin.check?.state !== 'good') continue;
        if (!isAnotherWrite(slot.bytes, twin.bytes)) continue;
        const bytes = twin.bytes.slice();
        bytes.set(slot.bytes.subarray(-TRAILER.size), bytes.length - TRAILER.size);
        units.push({ bytes, verifier: labelVerifier(slot.offset) });
        suspects.push(slot);
      }
    }
  }
  const checks = await verifyEmbedded(engine, units);
  for (const [i, slot] of suspects.entries()) if (checks[i]?.state === 'good') slot.mixed = true;
}

/**
 * Two writes differ in nearly every field; a byte that rotted in a copy of the same write changes one.
 */
function isAnotherWrite(a: Uint8Array, b: Uint8Array): boolean {
  const { txg, timestamp, rootbp } = UBERBLOCK.fields;
  const changed = [txg, timestamp, rootbp].filter(({ offset, size }) => {
    const end = offset + size;
    for (let i = offset; i < end; i++) if (a[i] !== b[i]) return true;
    return false;
  });
  return changed.length > 1;
}
