import type { Place } from '../bytes/place.ts';
import type { BatchAnswer, BatchBlock, BlockBatches } from '../pool/blockBatch.ts';
import { inBatches } from './inBatches.ts';
import { UnderWay } from './underWay.ts';
import type { WalkBudget } from './walkBudget.ts';
import type { Wanted } from './walkNode.ts';

/** Blocks of one batch, and bytes of what is read and of what is unpacked. */
const BATCH_BLOCKS = 1024;
const BATCH_BYTES = 3 * 1024 * 1024;
/**
 * Object sets of one batch: what is below one lies beside it, and is read while that is at hand. For that no more of them
 * are begun while there is anything below others to be read.
 */
const BATCH_SETS = 24;
/** Batches under way: one is read while another is summed and a third is looked through. */
const BATCHES = 3;

/** A traversal, as those beside it see it. */
export interface WalkBeside {
  /** It has blocks to be read. */
  readonly asks: boolean;
  /**
   * A block to be read; null where there is none at present.
   *
   * @param sets an object set of a dataset will do
   */
  next(sets: boolean): Wanted | null;
  blockOf(wanted: Wanted): BatchBlock;
  answer(wanted: Wanted, block: BatchBlock, answer: BatchAnswer): void;
  /** Tells how far it has come. */
  tell(): void;
  /** Nothing is to be read any more. */
  drop(): void;
}

/** A block that a traversal waits for. */
interface Asked {
  readonly walk: WalkBeside;
  readonly wanted: Wanted;
  readonly block: BatchBlock;
}

/** A traversal that takes part, until what it asked for is there. */
interface Waiting {
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Traversals of several txgs that go on side by side: what they ask for is read by the same batches, and what two of
 * them ask for at a time is read once. What is above the blocks that a txg wrote is a dozen blocks, each found through
 * the one before; of many txgs they come by a dozen batches all the same.
 */
export class WalksInStep {
  readonly underWay = new UnderWay();
  /** Those that joined first are served first. */
  readonly #walks = new Map<WalkBeside, Waiting | null>();
  readonly #batches: BlockBatches;
  readonly #budget: WalkBudget;
  readonly #place: Place;
  readonly signal: AbortSignal | undefined;
  #shared = false;
  #running = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(batches: BlockBatches, budget: WalkBudget, place: Place, signal: AbortSignal | undefined) {
    this.#batches = batches;
    this.#budget = budget;
    this.#place = place;
    this.signal = signal;
  }

  /** Several took part at a time: what ended one may have been the trouble of another. */
  get shared(): boolean {
    return this.#shared;
  }

  /** Traversals take part, so that more of them can. */
  get inUse(): boolean {
    return this.#walks.size > 0;
  }

  join(walk: WalkBeside): void {
    this.#walks.set(walk, null);
    this.#shared ||= this.#walks.size > 1;
  }

  leave(walk: WalkBeside): void {
    this.#walks.delete(walk);
  }

  /**
   * Reads what `walk` asks for until nothing of it is left.
   *
   * @throws what ended the traversal of any that take part, for all of them: each may then be tried by itself
   */
  async work(walk: WalkBeside): Promise<void> {
    const ended = new Promise<void>((done, failed) => this.#walks.set(walk, { done, failed }));
    if (!this.#running) void this.#run();
    await ended;
  }

  /** Nothing that `walk` asked for is left. */
  settled(walk: WalkBeside): void {
    const waiting = this.#walks.get(walk);
    if (waiting == null) return;
    this.#walks.set(walk, null);
    waiting.done();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      do {
        await inBatches(
          BATCHES,
          () => this.#nextBatch(),
          (batch) => this.#read(batch),
        );
        // Those that joined while the last batch ended, and what waited for a block that nobody came to.
        this.underWay.giveUp();
      } while ([...this.#walks.keys()].some((walk) => walk.asks));
    } catch (error) {
      this.underWay.clear();
      for (const [walk, waiting] of this.#walks) {
        walk.drop();
        waiting?.failed(error);
      }
    } finally {
      this.#running = false;
    }
  }

  #nextBatch(): readonly Asked[] {
    const batch: Asked[] = [];
    let [size, sets] = [0, 0];
    for (const walk of this.#walks.keys()) {
      while (batch.length < BATCH_BLOCKS && size < BATCH_BYTES && sets < BATCH_SETS) {
        const wanted = walk.next(batch.length === sets);
        if (wanted === null) break;
        batch.push({ walk, wanted, block: walk.blockOf(wanted) });
        size += wanted.size;
        if (wanted.child.role === 'root') sets++;
      }
    }
    return batch;
  }

  async #read(batch: readonly Asked[]): Promise<void> {
    this.signal?.throwIfAborted();
    // In the order in which they began: what is counted for which txg must not depend on which read is faster.
    const before = this.#turn;
    let after = (): void => undefined;
    this.#turn = new Promise((resolve) => {
      after = resolve;
    });
    try {
      await this.#batches.read(
        batch.map(({ block }) => block),
        (answer, i) => {
          const asked = batch[i];
          asked?.walk.answer(asked.wanted, asked.block, answer);
        },
        this.signal,
        before,
      );
    } finally {
      after();
    }
    this.#budget.check(this.#place);
    for (const walk of new Set(batch.map(({ walk }) => walk))) walk.tell();
  }
}
