import { embeddedTrouble, trailerByteOrder } from '../block/embeddedChecksum.ts';
import { FormatError, type ZfsUberError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { TRAILER } from '../format/label.layout.ts';
import { UBERBLOCK } from '../format/uberblock.layout.ts';
import { hasUberblockMagic, type Uberblock } from '../format/uberblock.ts';
import { isZero, type LabelWindow } from './labelWindow.ts';
import { foreignUberblocks } from './ringForeign.ts';
import type { RawSlot } from './ringSlots.ts';
import type { SlotState, SlotSurvey } from './survey.ts';
import type { UberblockReader } from './uberblockReader.ts';

/** Physical sectors of most disks, whatever sector size they claim. */
const PHYSICAL_SECTOR = 4096;
/** What a disk writes in one piece. */
const SECTOR = 512;

interface Judged {
  readonly slot: RawSlot;
  state: SlotState;
  uberblock: Uberblock | null;
  trouble: ZfsUberError | null;
}

/**
 * Names what each slot of a ring is.
 *
 * @param slots verified
 * @param slotSize bytes
 * @param guidSum of the label's pool; null when it is not known
 */
export function judgeSlots(
  window: LabelWindow,
  slots: readonly RawSlot[],
  slotSize: number,
  guidSum: bigint | null,
  reader: UberblockReader,
): SlotSurvey[] {
  const judged = slots.map((slot) => judgeAlone(window, slot, slots.length, reader));
  // Where no slot verifies, the whole ring lies elsewhere than it was written or its slots have another size: that
  // is no tear of one sector.
  if (judged.some(isSound)) {
    for (const each of judged) markTornInside(each);
    if (slotSize < PHYSICAL_SECTOR) markTornSectors(judged);
    if (guidSum !== null) markForeign(judged, guidSum);
  }
  return judged.map(({ slot, state, uberblock, trouble }) => ({
    index: slot.index,
    offset: slot.offset,
    state,
    uberblock,
    trouble,
  }));
}

const isSound = ({ state }: Judged): boolean => state === 'valid' || state === 'mmp';
const isBad = ({ state }: Judged): boolean => state === 'checksum' || state === 'garbage' || state === 'torn';

const placeOf = (window: LabelWindow, slot: RawSlot): Place => ({
  source: window.place.source,
  offset: slot.offset,
  path: [...window.place.path, `slot ${slot.index}`],
});

/** What a slot is by its own bytes. */
function judgeAlone(window: LabelWindow, slot: RawSlot, count: number, reader: UberblockReader): Judged {
  const { bytes, check, unreadable } = slot;
  const judged = (state: SlotState, uberblock: Uberblock | null, trouble: ZfsUberError | null): Judged => ({
    slot,
    state,
    uberblock,
    trouble,
  });
  if (bytes === null || check === null) return judged(unreadable === null ? 'empty' : 'unreadable', null, unreadable);
  const uberblock = hasUberblockMagic(bytes) ? reader.decode(window, slot.index, slot.offset, bytes) : null;
  if (unreadable !== null) return judged('unreadable', uberblock, unreadable);
  if (uberblock?.txg === 0n || (uberblock === null && isTemplate(slot, bytes, slot.index === count - 1))) {
    return judged('template', uberblock, null);
  }
  if (check.state === 'good' && uberblock !== null) {
    return judged(slot.index === count - 1 && uberblock.mmp !== null ? 'mmp' : 'valid', uberblock, null);
  }
  if (uberblock !== null) {
    return judged('checksum', uberblock, embeddedTrouble(check, placeOf(window, slot), bytes.length));
  }
  const found = `0x${new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true).toString(16)}`;
  const place = placeOf(window, slot);
  const noMagic = new FormatError('format-magic', 'uberblock magic', '0xbab10c in either byte order', found, place);
  return judged('garbage', null, noMagic);
}

/**
 * One slot of which a part of the write never arrived: what is there is of two writes, or one end of it is there and the
 * sector with the other end is zeros, as the ring is made.
 */
function markTornInside(judged: Judged): void {
  const { bytes } = judged.slot;
  if (bytes === null || !isBad(judged)) return;
  const headOnly = judged.state === 'checksum' && isZero(bytes.subarray(bytes.length - SECTOR));
  const tailOnly = judged.state === 'garbage' && trailerByteOrder(bytes) !== null && isZero(bytes.subarray(0, SECTOR));
  if (judged.slot.mixed || headOnly || tailOnly) judged.state = 'torn';
}

/**
 * Slots that fail together in one physical sector while the sectors beside it are whole. The disk rewrites the whole
 * sector for each of them, so a power cut takes all; damage that goes on over its ends has another cause.
 */
function markTornSectors(judged: readonly Judged[]): void {
  const sectors = new Map<number, Judged[]>();
  for (const each of judged) {
    if (!isBad(each)) continue;
    const sector = Math.floor(each.slot.offset / PHYSICAL_SECTOR);
    const sharing = sectors.get(sector);
    if (sharing === undefined) sectors.set(sector, [each]);
    else sharing.push(each);
  }
  for (const [sector, sharing] of sectors) {
    if (sharing.length < 2 || sectors.has(sector - 1) || sectors.has(sector + 1)) continue;
    for (const each of sharing) each.state = 'torn';
  }
}

function markForeign(judged: readonly Judged[], guidSum: bigint): void {
  const sound = judged.flatMap((each) =>
    isSound(each) && each.uberblock !== null ? [[each, each.uberblock] as const] : [],
  );
  if (sound.every(([, uberblock]) => uberblock.guidSum === guidSum)) return;
  const uberblocks = sound.map(([, uberblock]) => uberblock);
  for (const [i, foreign] of foreignUberblocks(uberblocks, guidSum).entries()) {
    const each = sound[i]?.[0];
    if (foreign && each !== undefined) each.state = 'foreign';
  }
}

/**
 * What a fresh label leaves where there is no magic: the uberblock in memory as it was, with txg 0; that of a pool in
 * the making has a version and nothing else. Today's writers put it in the first slot and one trailer for the whole ring
 * in the last; earlier ones wrote each slot, with its own trailer.
 *
 * Source: module/zfs/vdev_label.c, vdev_label_init
 */
function isTemplate(slot: RawSlot, bytes: Uint8Array, last: boolean): boolean {
  const { magic, txg } = UBERBLOCK.fields;
  const zero = (field: { offset: number; size: number }) =>
    isZero(bytes.subarray(field.offset, field.offset + field.size));
  if (!zero(magic) || !zero(txg)) return false;
  if (slot.check?.state === 'good') return true;
  if (slot.index === 0 && isZero(bytes.subarray(UBERBLOCK.size))) return true;
  return last && slot.check?.state === 'wrong' && isZero(bytes.subarray(0, bytes.length - TRAILER.size));
}
