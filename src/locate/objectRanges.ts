/** Objects by number, first and last. */
export interface ObjectRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** Finds the range that an object is in; a range within another one counts as the other. */
export class ObjectRanges<T extends ObjectRange> {
  /** First and last of each are above those of the one before. */
  readonly #ascending: T[] = [];

  constructor(ranges: readonly T[]) {
    const order = (a: T, b: T): number => compare(a.first, b.first) || compare(b.last, a.last);
    for (const range of [...ranges].sort(order)) {
      const last = this.#ascending.at(-1)?.last;
      if (last === undefined || range.last > last) this.#ascending.push(range);
    }
  }

  find(id: bigint): T | null {
    let [low, high] = [0, this.#ascending.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const range = this.#ascending[middle];
      if (range === undefined) return null;
      if (id < range.first) high = middle - 1;
      else if (id > range.last) low = middle + 1;
      else return range;
    }
    return null;
  }
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
