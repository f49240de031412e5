import { SoundBlocks } from './soundBlocks.ts';
import type { Failure, Summary } from './summary.ts';

/** A dataset or snapshot as the MOS at one txg has it. */
export interface DatasetRef {
  /** Number of its object in the MOS. */
  readonly id: number;
  readonly view: DataView;
  /** Of its block pointer, in `view`. */
  readonly at: number;
  readonly littleEndian: boolean;
  readonly snapshot: boolean;
  readonly previousSnapshotTxg: number;
  /** Bytes that it refers to and those before it do not: for the estimate. */
  readonly weight: number;
  /** The bonus is no dataset. */
  readonly broken: Failure | null;
}

/** What lies below a pointer of the tree of the MOS' dnodes. */
export interface MosEntry {
  readonly summary: Summary | null;
  readonly datasets: readonly DatasetRef[];
}

/** Subtrees and blocks with something wrong, of which each costs an object; and how many have their particulars. */
const MAX_SUMMARIES = 100_000;
const MAX_DETAILS = 10_000;
const MAX_MOS_ENTRIES = 100_000;

interface Wrong {
  readonly low: number;
  readonly summary: Summary;
}

/** All that is remembered of the blocks that were judged: {@link SoundBlocks} for what is sound, objects for the rest. */
export class VerifyMemo {
  readonly sound: SoundBlocks;
  readonly #wrong = new Map<number, Wrong>();
  readonly #mos = new Map<number, MosEntry & { readonly low: number }>();
  #details = 0;

  constructor(limit: number) {
    this.sound = new SoundBlocks(limit);
  }

  wrong(slot: number, high: number, low: number): Summary | null {
    if (this.#wrong.size === 0) return null;
    const found = this.#wrong.get(keyOf(slot, high));
    return found !== undefined && found.low === low ? found.summary : null;
  }

  addWrong(slot: number, high: number, low: number, summary: Summary): void {
    if (this.#wrong.size < MAX_SUMMARIES) this.#wrong.set(keyOf(slot, high), { low, summary });
  }

  mos(slot: number, high: number, low: number): MosEntry | null {
    const found = this.#mos.get(keyOf(slot, high));
    return found !== undefined && found.low === low ? found : null;
  }

  addMos(slot: number, high: number, low: number, summary: Summary | null, datasets: readonly DatasetRef[]): void {
    if (this.#mos.size < MAX_MOS_ENTRIES) this.#mos.set(keyOf(slot, high), { low, summary, datasets });
  }

  /** Whether there is room for one more failure with its particulars. */
  takeDetail(): boolean {
    return ++this.#details <= MAX_DETAILS;
  }
}

/** 53 bits of a mark, which a Map keeps without an object; the rest is compared. */
const keyOf = (slot: number, high: number): number => high * 2 ** 21 + (slot >>> 11);
