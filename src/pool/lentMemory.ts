/** Memory is made in pieces of it, or of a multiple of it for what is longer, so that each fits the next borrower. */
const PIECE = 2 * 1024 * 1024;
/** Bytes that wait to be lent again. */
const SPARE = 16 * 1024 * 1024;
/** What is lent begins at a multiple of it: a line of the processor's cache. */
const LINE = 64;

/** Memory that is used again: new memory for each read costs more than reading from the page cache. */
export class LentMemory {
  /** Given back last at the end. */
  readonly #spare: Uint8Array[] = [];
  #size = 0;

  /** For who borrows much and gives all of it back at once. */
  borrow(): Loan {
    return new Loan(this);
  }

  /** A piece of `size` bytes or more, with anything in it, for the borrower alone until it is given back. */
  piece(size: number): Uint8Array {
    const wanted = Math.max(1, Math.ceil(size / PIECE)) * PIECE;
    let best = -1;
    for (const [index, { length }] of this.#spare.entries()) {
      if (length < wanted || length > wanted * 2) continue;
      if (best < 0 || length < (this.#spare[best]?.length ?? 0)) best = index;
      if (length === wanted) break;
    }
    const [found] = best < 0 ? [] : this.#spare.splice(best, 1);
    if (found === undefined) return new Uint8Array(wanted);
    this.#size -= found.length;
    return found;
  }

  /** Takes back pieces that nobody looks at any more. */
  giveBack(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      this.#spare.push(piece);
      this.#size += piece.length;
    }
    while (this.#size > SPARE) this.#size -= this.#spare.shift()?.length ?? this.#size;
  }
}

/** For all batches of the process: what waits to be lent is as much as one of them needs, however many there are. */
export const sharedMemory = new LentMemory();

/** What one borrower has: parts of pieces, none of which is given back before the others. */
export class Loan {
  readonly #memory: LentMemory;
  readonly #pieces: Uint8Array[] = [];
  /** Bytes used of each. */
  readonly #used: number[] = [];

  constructor(memory: LentMemory) {
    this.#memory = memory;
  }

  /** `size` bytes, with anything in them, for the borrower alone until all is given back. */
  lend(size: number): Uint8Array {
    let at = this.#pieces.findIndex(({ length }, i) => length - (this.#used[i] ?? 0) >= size);
    if (at < 0) at = this.#pieces.push(this.#memory.piece(size)) - 1;
    const from = this.#used[at] ?? 0;
    this.#used[at] = Math.ceil((from + size) / LINE) * LINE;
    return this.#pieces[at]?.subarray(from, from + size) ?? new Uint8Array(size);
  }

  /** Nobody looks at any of it any more, and nobody writes to it. */
  giveBack(): void {
    this.#memory.giveBack(this.#pieces);
    this.#pieces.length = 0;
    this.#used.length = 0;
  }
}
