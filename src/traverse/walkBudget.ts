import { LimitError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { UnavailableBlockError } from '../pool/blockRead.ts';
import type { VdevNode } from '../pool/pool.ts';
import { deviceBytes } from '../pool/vdevHealth.ts';

/** What all traversals together may cost as a multiple of the devices' size: only forged trees cost more. */
const MAX_COST = 16;
const MIN_COST = 2 ** 28;
/** The same once more for each traversal, where there are more blocks than are remembered. */
const FORGETFUL_COST = 4;
/** Readers with which a pool is read anew, at most: they differ where devices came and went between txgs. */
export const MAX_READERS = 4;
/** What a block costs beside its bytes. */
export const BLOCK_COST = 4096;
const SMALLEST_BLOCK = 512;

/** What reading anything again and again may cost, on devices of so many bytes together. */
export const costLimit = (bytes: number): number => bytes * MAX_COST + MIN_COST;

/**
 * Ends what would not end: the levels of a tree fall, but each block of a forged one can lead to a thousand others, all
 * of them few blocks that pointers call by many names.
 *
 * What was read lies on the devices that are there, every block once, and was remembered; so the cost of all txgs has a
 * bound that does not depend on what the pool says of itself.
 */
export class WalkBudget {
  readonly #readers = new WeakSet<object>();
  #readerCount = 0;
  #size = 0;
  #extra = 0;
  #spent = 0;

  /**
   * A traversal begins.
   *
   * @param memory blocks that can be remembered
   * @param full no more are remembered: what else there is will be read again for each txg
   */
  begin(root: VdevNode, reader: object, memory: number, full: boolean): void {
    if (!this.#readers.has(reader)) {
      this.#readers.add(reader);
      this.#readerCount++;
    }
    this.#size = Math.max(this.#size, deviceBytes(root));
    // So many blocks there are only where there is room for them.
    if (full && this.#size >= memory * SMALLEST_BLOCK) this.#extra += this.#size * FORGETFUL_COST;
  }

  /**
   * @param content it was unpacked, and what it holds looked at
   * @param error with which reading ended
   */
  spend(bp: Blkptr, content: boolean, error: unknown): void {
    const absent = error instanceof UnavailableBlockError && error.becauseMissing;
    this.#spent += BLOCK_COST + (absent || bp.embedded ? 0 : bp.psize) + (content ? bp.lsize / 4 : 0);
  }

  /** @throws LimitError when all is spent */
  check(place: Place): void {
    if (this.#spent <= costLimit(this.#size) * Math.min(this.#readerCount, MAX_READERS) + this.#extra) return;
    throw new LimitError(`the trees of blocks are more than ${MAX_COST} times as large as the devices`, place);
  }
}
