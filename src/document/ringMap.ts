import type { SlotState } from '../pool/survey.ts';

/** The letter of each slot state in a ring map: see docs/ring-map.md. Letters keep their meaning. */
export const RING_LETTERS: Readonly<Record<SlotState, string>> = {
  valid: 'v',
  mmp: 'm',
  empty: 'e',
  template: 't',
  checksum: 'c',
  torn: 'x',
  unreadable: 'u',
  foreign: 'f',
  garbage: 'g',
};

/** The ring as a string: one letter a slot, slot 0 first. */
export const ringMap = (slots: readonly { readonly state: SlotState }[]): string =>
  slots.map((slot) => RING_LETTERS[slot.state]).join('');
