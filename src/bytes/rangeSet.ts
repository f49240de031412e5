/**
 * A set of whole numbers as ranges that neither overlap nor touch, ascending: txgs that a device missed, bytes of a disk
 * that are kept. Adding and removing look up by halves.
 */
export class RangeSet {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #total = 0;

  /** How many numbers are in the set. */
  get total(): number {
    return this.#total;
  }

  /** The ranges, ascending; `end` is exclusive. */
  *ranges(): Generator<{ readonly start: number; readonly end: number }> {
    for (const [i, start] of this.#starts.entries()) yield { start, end: this.#ends[i] ?? start };
  }

  /**
   * Adds `start` to below `end`.
   *
   * @returns how many were there already
   */
  add(start: number, end: number): number {
    const first = firstAbove(this.#ends, start - 1);
    let last = first;
    let [from, to, known] = [start, end, 0];
    for (; last < this.#starts.length; last++) {
      const [s = 0, e = 0] = [this.#starts[last], this.#ends[last]];
      if (s > end) break;
      known += Math.max(0, Math.min(e, end) - Math.max(s, start));
      from = Math.min(from, s);
      to = Math.max(to, e);
    }
    this.#starts.splice(first, last - first, from);
    this.#ends.splice(first, last - first, to);
    this.#total += end - start - known;
    return known;
  }

  /** What of `start` to below `end` is not in the set, ascending. */
  gaps(start: number, end: number): { readonly start: number; readonly end: number }[] {
    const found: { readonly start: number; readonly end: number }[] = [];
    let at = start;
    for (let i = firstAbove(this.#ends, start); i < this.#starts.length && at < end; i++) {
      const [s = 0, e = 0] = [this.#starts[i], this.#ends[i]];
      if (s >= end) break;
      if (s > at) found.push({ start: at, end: s });
      at = Math.max(at, e);
    }
    if (at < end) found.push({ start: at, end });
    return found;
  }

  /**
   * Removes `start` to below `end`.
   *
   * @returns how many were not there
   */
  remove(start: number, end: number): number {
    const first = firstAbove(this.#ends, start);
    let last = first;
    let removed = 0;
    const [starts, ends]: [number[], number[]] = [[], []];
    for (; last < this.#starts.length; last++) {
      const [s = 0, e = 0] = [this.#starts[last], this.#ends[last]];
      if (s >= end) break;
      removed += Math.min(e, end) - Math.max(s, start);
      if (s < start) {
        starts.push(s);
        ends.push(start);
      }
      if (e > end) {
        starts.push(end);
        ends.push(e);
      }
    }
    this.#starts.splice(first, last - first, ...starts);
    this.#ends.splice(first, last - first, ...ends);
    this.#total -= removed;
    return end - start - removed;
  }
}

/** Index of the first of the ascending `values` that is above `value`; their number when none is. */
function firstAbove(values: readonly number[], value: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
