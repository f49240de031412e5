import { DNODE, DNODE_SLOT } from '../format/dnode.layout.ts';
import { isSameRange, wordsOf } from './indirectBlock.ts';

const EXTRA_SLOTS = DNODE.fields.extraSlots.offset;
const SLOT_WORDS = DNODE_SLOT / 4;

/** 1 for each slot in which the same dnode begins in both blocks, or none in either. */
export function sameDnodes(a: Uint8Array, b: Uint8Array): Uint8Array {
  const slots = Math.floor(Math.min(a.length, b.length) / DNODE_SLOT);
  const same = new Uint8Array(slots);
  const [begin, other] = [dnodesIn(a, slots), dnodesIn(b, slots)];
  const [one, two] = [wordsOf(a), wordsOf(b)];
  for (let slot = 0; slot < slots; slot++) {
    const length = begin[slot] ?? 0;
    if (length !== other[slot]) continue;
    if (isSameRange(one, two, slot * SLOT_WORDS, length * SLOT_WORDS)) same[slot] = 1;
  }
  return same;
}

/** Slots that each dnode takes, at the one where it begins: a free one takes one, the inside of a dnode none. */
function dnodesIn(bytes: Uint8Array, slots: number): Uint16Array {
  const lengths = new Uint16Array(slots);
  for (let slot = 0; slot < slots; ) {
    const at = slot * DNODE_SLOT;
    const length = bytes[at] === 0 ? 1 : Math.min((bytes[at + EXTRA_SLOTS] ?? 0) + 1, slots - slot);
    lengths[slot] = length;
    slot += length;
  }
  return lengths;
}
