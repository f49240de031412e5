import { LimitError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { SoundBlocks } from './soundBlocks.ts';
import type { Remembered, SpentBound } from './spentBound.ts';
import type { Failure, Ordered, Summary } from './summary.ts';

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
  /** What a traversal found in all of it, null when nothing: whoever comes to the same ref need not go through it. */
  found?: Ordered['part'] | null;
}

/** Datasets in order; a list within it is that of a block below, which all have that lead to the block. */
export type DatasetList = readonly (DatasetRef | DatasetList)[];

/** What lies below a pointer of the tree of the MOS' dnodes. */
export interface MosEntry {
  readonly summary: Summary | null;
  readonly datasets: DatasetList;
}

/** Subtrees and blocks with something wrong, of which each costs an object; and how many have their particulars. */
const MAX_SUMMARIES = 100_000;
const MAX_DETAILS = 10_000;
const MAX_MOS_ENTRIES = 100_000;
/** Places in the lists of datasets of those entries. */
const MAX_LISTED = 2 ** 20;

/** The parts of a mark that are not its key. */
interface Marked {
  readonly slot: number;
  readonly low: number;
}

interface Wrong extends Marked {
  readonly summary: Summary;
}

/** All that is remembered of the blocks that were judged: {@link SoundBlocks} for what is sound, objects for the rest. */
export class VerifyMemo {
  readonly sound: SoundBlocks;
  readonly #wrong = new Map<number, Wrong>();
  readonly #mos = new Map<number, MosEntry & Marked>();
  readonly #spent = new Map<Remembered, number>();
  readonly #limit: number;
  #listed = 0;
  #details = 0;

  /** @param more of a traversal that looks at all that this one does, and more; null without */
  constructor(limit: number, more: VerifyMemo | null = null) {
    this.#limit = limit;
    this.sound = new SoundBlocks(limit, Math.random, more?.sound ?? null);
  }

  /** Bounds that something was not remembered for. */
  get spent(): readonly SpentBound[] {
    const blocks = this.sound.full ? [{ what: 'blocks', most: this.#limit } as const] : [];
    return [...blocks, ...[...this.#spent].map(([what, most]) => ({ what, most }))];
  }

  wrong(slot: number, high: number, low: number): Summary | null {
    if (this.#wrong.size === 0) return null;
    const found = this.#wrong.get(keyOf(high));
    return found !== undefined && found.low === low && found.slot === slot ? found.summary : null;
  }

  addWrong(slot: number, high: number, low: number, summary: Summary): void {
    if (this.#wrong.size < MAX_SUMMARIES) this.#wrong.set(keyOf(high), { slot, low, summary });
    else this.#spent.set('fail', MAX_SUMMARIES);
  }

  mos(slot: number, high: number, low: number): MosEntry | null {
    const found = this.#mos.get(keyOf(high));
    return found !== undefined && found.low === low && found.slot === slot ? found : null;
  }

  addMos(slot: number, high: number, low: number, summary: Summary | null, datasets: DatasetList): void {
    const listed = listedSize(datasets);
    if (this.#mos.size >= MAX_MOS_ENTRIES || this.#listed + listed > MAX_LISTED) {
      this.#spent.set('lists', MAX_LISTED);
      return;
    }
    this.#listed += listed;
    this.#mos.set(keyOf(high), { slot, low, summary, datasets });
  }

  /** Whether there is room for one more failure with its particulars. */
  takeDetail(): boolean {
    if (++this.#details <= MAX_DETAILS) return true;
    this.#spent.set('particulars', MAX_DETAILS);
    return false;
  }
}

/** As an integer that a Map finds without a number object; of marks that share it the last is kept, and told apart. */
const keyOf = (high: number): number => high | 0;

/** As many sound datasets take the memory of one that is none, with what is wrong with it. */
const BROKEN_DATASET = 8;

/** How many sound datasets take the memory that these take, without those of lists within. */
export function listedSize(datasets: DatasetList): number {
  let size = 0;
  for (const each of datasets) size += isList(each) || each.broken === null ? 1 : BROKEN_DATASET;
  return size;
}

const isList = (each: DatasetRef | DatasetList): each is DatasetList => Array.isArray(each);

/** Datasets and snapshots of a pool; more are made to exhaust memory. */
export const MAX_DATASETS = 2 ** 20;

/**
 * All datasets of a list, in order: a forged tree may lead to one block by many ways.
 *
 * @throws LimitError when there are more than a pool has
 */
export function allDatasets(list: DatasetList, place: Place): readonly DatasetRef[] {
  const all: DatasetRef[] = [];
  const open = [list.values()];
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    const { value, done } = last.next();
    if (done) open.pop();
    else if (isList(value)) open.push(value.values());
    else if (all.push(value) > MAX_DATASETS) throw new LimitError(`more than ${MAX_DATASETS} datasets`, place);
  }
  return all;
}
