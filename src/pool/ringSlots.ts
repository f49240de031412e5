import {
  type EmbeddedChecksum,
  type EmbeddedUnit,
  labelVerifier,
  trailerByteOrder,
  verifyEmbedded,
} from '../block/embeddedChecksum.ts';
import type { Engine } from '../block/engine.ts';
import type { ZfsUberError } from '../bytes/errors.ts';
import { LABEL_REGIONS, SLOT_SHIFT } from '../format/label.layout.ts';
import { areZero, type LabelWindow, unreadableIn, wordsOf } from './labelWindow.ts';

/** One slot of a ring before it is judged. */
export interface RawSlot {
  readonly index: number;
  /** Byte offset in the source. */
  readonly offset: number;
  /** A view of the label; null when all zeros. */
  readonly bytes: Uint8Array | null;
  readonly unreadable: ZfsUberError | null;
  /** Null when empty. */
  check: EmbeddedChecksum | null;
  /** Its parts are known to be of two writes. */
  mixed: boolean;
}

/** The slots of a ring cut to one size, of which the source may have but a part; those it has in whole. */
export function cutRing(window: LabelWindow, slotSize: number): RawSlot[] {
  const ring = LABEL_REGIONS.ring;
  const present = Math.max(Math.min(window.bytes.length - ring.offset, ring.size), 0);
  const words = wordsOf(window.bytes);
  return Array.from({ length: Math.floor(present / slotSize) }, (_, index) => {
    const at = ring.offset + index * slotSize;
    return {
      index,
      offset: window.place.offset + at,
      bytes: areZero(words, at >> 2, (at + slotSize) >> 2) ? null : window.bytes.subarray(at, at + slotSize),
      unreadable: window.unreadable.length === 0 ? null : unreadableIn(window, at, slotSize),
      check: null,
      mixed: false,
    };
  });
}

/** Sizes a slot can have, smallest first. */
const SLOT_SIZES: readonly number[] = Array.from(
  { length: SLOT_SHIFT.max - SLOT_SHIFT.min + 1 },
  (_, i) => 1 << (SLOT_SHIFT.min + i),
);

/** What is to be verified of the slots: all that is not empty. */
export const slotUnits = (slots: readonly RawSlot[]): EmbeddedUnit[] =>
  slots.flatMap(({ bytes, offset }) => (bytes === null ? [] : [{ bytes, verifier: labelVerifier(offset) }]));

/** Gives the slots the answers to their `slotUnits`, taken from `checks` in order. */
export function takeChecks(slots: readonly RawSlot[], checks: Iterator<EmbeddedChecksum>): void {
  for (const slot of slots) if (slot.bytes !== null) slot.check = checks.next().value ?? null;
}

export const verifiedSlots = (slots: readonly RawSlot[]): number =>
  slots.reduce((count, slot) => count + (slot.check?.state === 'good' ? 1 : 0), 0);

/**
 * The size under which most slots of a ring verify, for a device whose labels do not say it (or say it wrongly).
 *
 * @returns the slots in that size, verified; null when none verifies in any
 */
export async function inferSlots(
  window: LabelWindow,
  engine: Engine,
): Promise<{ slotSize: number; slots: RawSlot[] } | null> {
  const rings = SLOT_SIZES.map((slotSize) => ({ slotSize, slots: cutRing(window, slotSize) }));
  const checks = (
    await verifyEmbedded(
      engine,
      rings.flatMap(({ slots }) => slotUnits(slots)),
    )
  ).values();
  for (const { slots } of rings) takeChecks(slots, checks);
  let best: { slotSize: number; slots: RawSlot[] } | null = null;
  let most = 0;
  for (const ring of rings) {
    const verified = verifiedSlots(ring.slots);
    if (verified > most) best = ring;
    most = Math.max(most, verified);
  }
  return best;
}

/**
 * A size for a ring in which nothing verifies: the one under which most slots end in a trailer, and the larger one of
 * those that tie, because each trailer of a large slot also ends a smaller one.
 */
export function assumeSlotSize(window: LabelWindow): number {
  let best = 1 << SLOT_SHIFT.min;
  let most = 0;
  for (const slotSize of SLOT_SIZES) {
    const slots = cutRing(window, slotSize);
    const trailers = slots.filter(({ bytes }) => bytes !== null && trailerByteOrder(bytes) !== null).length;
    if (trailers >= most && trailers > 0) best = slotSize;
    most = Math.max(most, trailers);
  }
  return best;
}
