/** Pieces are made in multiples of it and of a fourth of the power of two below, so that few sizes serve all. */
const SMALLEST = 64 * 1024;
/** Bytes that wait to be lent again: as much as three batches hold. */
const SPARE = 40 * 1024 * 1024;

/** Memory that is used again: new memory for each read costs more than reading from the page cache. */
export class LentMemory {
  /** Given back last at the end. */
  readonly #spare: Uint8Array[] = [];
  #size = 0;

  /** Memory of `size` bytes or more, with anything in it, for the borrower alone until it is given back. */
  lend(size: number): Uint8Array {
    const wanted = rounded(size);
    let best = -1;
    for (const [index, { length }] of this.#spare.entries()) {
      if (length < wanted || length > wanted * 4) continue;
      if (best < 0 || length < (this.#spare[best]?.length ?? 0)) best = index;
      if (length === wanted) break;
    }
    const [found] = best < 0 ? [] : this.#spare.splice(best, 1);
    if (found === undefined) return new Uint8Array(wanted);
    this.#size -= found.length;
    return found;
  }

  /** Takes back what was lent, and nobody looks at any more. */
  giveBack(memory: Uint8Array): void {
    this.#spare.push(memory);
    this.#size += memory.length;
    while (this.#size > SPARE) this.#size -= this.#spare.shift()?.length ?? this.#size;
  }
}

function rounded(size: number): number {
  const step = Math.max(SMALLEST, 2 ** (Math.floor(Math.log2(Math.max(size, 1))) - 2));
  return Math.max(1, Math.ceil(size / step)) * step;
}
