import { RangeSet } from '../../bytes/rangeSet.ts';

/** Bytes of a disk whose ranges are looked up together: a set of a million ranges is slow to add to. */
const PART = 64 * 1024 * 1024;

/** Which bytes of one disk are kept. */
export class KeptRanges {
  readonly #parts = new Map<number, RangeSet>();

  add(start: number, end: number): void {
    for (const [set, from, to] of this.#within(start, end)) set.add(from, to);
  }

  /** What of the range is not kept, ascending. */
  *gaps(start: number, end: number): Generator<{ readonly start: number; readonly end: number }> {
    let open: { readonly start: number; readonly end: number } | null = null;
    for (const [set, from, to] of this.#within(start, end)) {
      for (const gap of set.gaps(from, to)) {
        if (open?.end === gap.start) open = { start: open.start, end: gap.end };
        else {
          if (open !== null) yield open;
          open = gap;
        }
      }
    }
    if (open !== null) yield open;
  }

  *#within(start: number, end: number): Generator<[RangeSet, number, number]> {
    for (let at = start; at < end; ) {
      const index = Math.floor(at / PART);
      const to = Math.min(end, (index + 1) * PART);
      const set = this.#parts.get(index) ?? new RangeSet();
      this.#parts.set(index, set);
      yield [set, at, to];
      at = to;
    }
  }
}
