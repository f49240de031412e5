/** Pieces are made in powers of two from here on, so that few sizes serve all. */
const SMALLEST = 64 * 1024;
/** Bytes that wait to be lent again. */
const SPARE = 24 * 1024 * 1024;

/** Memory that is used again: new memory for each read costs more than reading from the page cache. */
export class LentMemory {
  /** Given back last at the end. */
  readonly #spare: Uint8Array[] = [];
  #size = 0;

  /** Memory of `size` bytes or more, with anything in it, for the borrower alone until it is given back. */
  lend(size: number): Uint8Array {
    const index = this.#spare.findIndex(({ length }) => length >= size && length < Math.max(size, SMALLEST) * 4);
    const [found] = index < 0 ? [] : this.#spare.splice(index, 1);
    if (found === undefined) return new Uint8Array(Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(Math.max(size, 1)))));
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
