/**
 * Memory is made in pieces of `most`, or of a multiple of it for what is longer, so that each fits the next borrower. Many
 * borrow for a few blocks at a time: what one has first is shorter, and each further piece `growth` times as long.
 */
const PIECE = { first: 128 * 1024, growth: 4, most: 2 * 1024 * 1024 };
/** Bytes that wait to be lent again: with less, batches of content on many disks make much of theirs new each time. */
const SPARE = 32 * 1024 * 1024;
/** Pieces that were lent since one was given back: that one is not needed any longer. */
const IDLE = 64;
/** What is lent begins at a multiple of it: a line of the processor's cache. */
const LINE = 64;

const NOTHING = new Uint8Array(0);

/** Memory that is used again: new memory for each read costs more than reading from the page cache. */
export class LentMemory {
  /** Given back last at the end. */
  readonly #spare: { readonly piece: Uint8Array; readonly since: number }[] = [];
  #size = 0;
  /** Pieces lent so far. */
  #lent = 0;

  /** For who borrows much and gives all of it back at once. */
  borrow(): Loan {
    return new Loan(this);
  }

  /**
   * A piece of `size` bytes or more, with anything in it, for the borrower alone until it is given back.
   *
   * @param before how many the borrower has
   */
  piece(size: number, before: number): Uint8Array {
    let unit = Math.min(PIECE.first * PIECE.growth ** before, PIECE.most);
    while (unit < size && unit < PIECE.most) unit *= 2;
    const wanted = Math.max(1, Math.ceil(size / unit)) * unit;
    this.#lent++;
    let [best, shortest] = [-1, Number.POSITIVE_INFINITY];
    // Those that were given back last are used again first, so that it shows which are not needed.
    for (let index = this.#spare.length - 1; index >= 0 && shortest > wanted; index--) {
      const { length } = this.#spare[index]?.piece ?? NOTHING;
      if (length >= wanted && length <= wanted * 2 && length < shortest) [best, shortest] = [index, length];
    }
    const [found] = best < 0 ? [] : this.#spare.splice(best, 1);
    if (found === undefined) return new Uint8Array(wanted);
    this.#size -= shortest;
    return found.piece;
  }

  /** Takes back pieces that nobody looks at any more. */
  giveBack(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      this.#spare.push({ piece, since: this.#lent });
      this.#size += piece.length;
    }
    for (let [oldest] = this.#spare; oldest !== undefined; [oldest] = this.#spare) {
      if (this.#size <= SPARE && this.#lent - oldest.since <= IDLE) break;
      this.#spare.shift();
      this.#size -= oldest.piece.length;
    }
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
    if (at < 0) at = this.#pieces.push(this.#memory.piece(size, this.#pieces.length)) - 1;
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
