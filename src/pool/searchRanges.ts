import { USUAL_BASES } from '../source/usualBases.layout.ts';

const MIB = 1024 * 1024;
/** Read whole at either end: longer than any boot area and small enough for a second of a slow disk. */
const END = 64 * MIB;
/** Read whole around where a partition begins or ends. */
const AROUND = 1 * MIB;
/** Partitions of a table that are looked at. */
const MOST_PARTITIONS = 8;
/** Partitioning tools begin partitions at multiples of this. */
const STRIDE = MIB;
/** Where the search for such a beginning ends: boot, swap and system partitions stand in front of a pool. */
const MOST_STRIDES = 8192;

/** Bytes `[from, to)` of a disk. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

/** What is read whole when labels are not where they should be, ascending and without overlap. */
export function searchRanges(focus: Extent, partitions: readonly number[], size: number): Extent[] {
  const wanted = [
    { from: focus.from - AROUND, to: focus.from + END },
    { from: focus.to - END, to: focus.to + AROUND },
    ...partitions.slice(0, MOST_PARTITIONS).map((start) => ({ from: start - AROUND, to: start + AROUND })),
  ];
  const ranges: Extent[] = [];
  for (const { from, to } of wanted.sort((a, b) => a.from - b.from)) {
    const last = ranges.at(-1);
    const clipped = { from: Math.max(from, last?.to ?? 0), to: Math.min(to, size) };
    if (clipped.from < clipped.to) ranges.push(clipped);
  }
  return ranges;
}

/** Places behind the first range where a label 0 can stand, of which only the magic is read. */
export function usualStarts(focus: Extent, size: number): number[] {
  const from = Math.ceil((focus.from + END) / STRIDE) * STRIDE;
  const to = Math.min(focus.to, size);
  const others = USUAL_BASES.map(({ base }) => focus.from + base).filter((base) => base >= from && base < to);
  const strides = Math.min(MOST_STRIDES, Math.max(0, Math.ceil((to - from) / STRIDE)));
  return [...others, ...Array.from({ length: strides }, (_, i) => from + i * STRIDE)];
}
