import type { Txg } from '../../../bytes/units.ts';

/** A slot of an uberblock ring that is of no use. */
export interface DamagedSlot {
  readonly label: number;
  readonly slot: number;
  /** What is left in it; null where nothing that looks like an uberblock is. */
  readonly txg: Txg | null;
}

/** What findings about uberblock rings know. */
export interface RingValues {
  'uberblock-checksum': {
    readonly devices: readonly string[];
    /** On each of `devices`. */
    readonly slots: readonly DamagedSlot[];
    /** Those that are newer than any sound uberblock, ascending. */
    readonly lostTxgs: readonly bigint[];
  };
  'ring-sector-torn': { readonly device: string; readonly slots: readonly DamagedSlot[] };
  'ring-unreadable': { readonly device: string; readonly slots: readonly DamagedSlot[] };
  'ring-lost': {
    readonly device: string;
    /** The first label that has a ring, and where that begins. */
    readonly label: number;
    readonly offset: number;
    readonly rings: number;
    /** Slots that hold something which is no uberblock, of those that hold anything. */
    readonly garbage: number;
    readonly used: number;
  };
}
