import { FormatError } from '../../bytes/errors.ts';
import type { ByteSource } from '../source.ts';
import { type Extent, mappedSource } from './mapped.ts';

/** A range of the map of ddrescue. */
export interface RescuedRange {
  /** Bytes. */
  readonly offset: number;
  readonly length: number;
  /** `+` was read; `?` not tried, `*` not trimmed, `/` not scraped, `-` failed. */
  readonly status: '?' | '*' | '/' | '-' | '+';
}

/** What a map says. */
export interface RescueMap {
  /** `copy`: what it does not call read is not in the copy. `reads`: what it does not call failed is there to be read. */
  readonly of: 'copy' | 'reads';
  /** Ascending, without overlap. */
  readonly ranges: readonly RescuedRange[];
}

/** What of a file or device is not read, as the map says that it was named with. */
export interface LeftOut extends RescueMap {
  /** Path of the map. */
  readonly map: string;
  /** Bytes of the disk. */
  readonly size: number;
  /** Without what was read. */
  readonly ranges: readonly RescuedRange[];
}

const LINE = /^(0x[0-9A-Fa-f]+|[0-9]+)\s+(0x[0-9A-Fa-f]+|[0-9]+)\s+([?*/+-])\s*$/;
const STATUS = /^(0x[0-9A-Fa-f]+|[0-9]+)\s+[?*/FG+-](\s+[0-9]+)?\s*$/;
const MOST_RANGES = 1 << 20;
const WHY = {
  '?': 'ddrescue had not come to it',
  '*': 'ddrescue had read around it only',
  '/': 'ddrescue had read around it only',
  '-': 'ddrescue could not read it',
  '+': '',
} as const;

/** Whether a text begins as a map does: what else lies beside an image under such a name need not be read whole. */
export const beginsAsMap = (text: string): boolean => STATUS.test(linesOf(text)[0] ?? '');

/**
 * A map file (or log file, as it was called) of ddrescue. One that {@link failedReadsMap} made, and ddrescue has not changed
 * since, may be of reads.
 *
 * @returns null when the text is none
 * @throws FormatError for ranges that overlap, or a line that is neither
 * Source: GNU ddrescue manual, "Mapfile structure"
 */
export function parseDdrescueMap(text: string, name: string): RescueMap | null {
  const [state, ...rest] = linesOf(text);
  if (state === undefined || !STATUS.test(state)) return null;
  const ranges: RescuedRange[] = [];
  let end = 0;
  for (const line of rest.slice(0, MOST_RANGES)) {
    const match = LINE.exec(line);
    const [offset, length] = [Number(match?.[1] ?? Number.NaN), Number(match?.[2] ?? Number.NaN)];
    if (match === null || offset < end || !Number.isSafeInteger(offset + length)) {
      const place = { source: name, offset: 0, path: ['ddrescue map'] };
      throw new FormatError(
        'format-value',
        'line of the map',
        'a position behind the one before, a size, a status',
        line,
        place,
      );
    }
    ranges.push({ offset, length, status: (match[3] ?? '?') as RescuedRange['status'] });
    end = offset + length;
  }
  return { of: text.startsWith(FIRST_LINES.reads) ? 'reads' : 'copy', ranges };
}

/** Of the maps that are written. */
const FIRST_LINES: Readonly<Record<RescueMap['of'], string>> = {
  reads: '# Mapfile of reads that failed',
  copy: '# Mapfile of a copy, with the reads of it that failed',
};

/**
 * A map of what could not be read, to be handed to ddrescue: of a disk all else is to be tried yet, and of a copy what is
 * there was read.
 *
 * @param failed ascending, without overlap
 * @param size bytes of the disk
 * @param before what was not asked for at all stays left out
 * Source: GNU ddrescue manual, "Mapfile structure"
 */
export function failedReadsMap(
  failed: Iterable<{ readonly start: number; readonly end: number }>,
  size: number,
  before: readonly LeftOut[] = [],
): string {
  let ranges: readonly RescuedRange[] = [...failed].map(({ start, end }) => ({
    offset: start,
    length: end - start,
    status: '-',
  }));
  // What was read ahead of the map may have failed in one with it.
  for (const each of before) ranges = laidOver(each.ranges, ranges);
  // Only the map of a copy can say of anything that nobody has read it.
  const of = before.some((each) => each.of === 'copy') ? 'copy' : 'reads';
  const whole = before.reduce((most, each) => Math.max(most, each.size), size);
  const hex = (value: number): string => `0x${value.toString(16).toUpperCase().padStart(8, '0')}`;
  const lines = [FIRST_LINES[of], '# current_pos  current_status  current_pass', `${hex(0)}     ?               1`];
  lines.push('#      pos        size  status');
  let at = 0;
  const line = (to: number, status: RescuedRange['status']): void => {
    if (to > at) lines.push(`${hex(at)}  ${hex(to - at)}  ${status}`);
    at = Math.max(at, to);
  };
  const rest = of === 'copy' ? '+' : '?';
  for (const { offset, length, status } of ranges) {
    line(Math.min(offset, whole), rest);
    line(Math.min(offset + length, whole), status);
  }
  line(whole, rest);
  return `${lines.join('\n')}\n`;
}

/** Both; where they overlap `top` counts. */
function laidOver(top: readonly RescuedRange[], below: readonly RescuedRange[]): RescuedRange[] {
  const all: RescuedRange[] = [];
  let [next, at] = [0, 0];
  for (const { offset, length, status } of below) {
    const end = offset + length;
    at = Math.max(at, offset);
    for (let over = top[next]; over !== undefined && over.offset < end; over = top[++next]) {
      if (over.offset > at) all.push({ offset: at, length: over.offset - at, status });
      all.push(over);
      at = Math.max(at, over.offset + over.length);
    }
    if (end > at) all.push({ offset: at, length: end - at, status });
  }
  return [...all, ...top.slice(next)];
}

/** What of a disk of `size` bytes a map leaves out. */
function leftOutOf({ of, ranges }: RescueMap, size: number): RescuedRange[] {
  const out: RescuedRange[] = [];
  let at = 0;
  const add = (to: number, status: RescuedRange['status']): void => {
    const end = Math.min(to, size);
    const there = status === '+' || (status === '?' && of === 'reads');
    if (end > at && !there) out.push({ offset: at, length: end - at, status });
    at = Math.max(at, end);
  };
  for (const { offset, length, status } of ranges) {
    add(offset, '?');
    add(offset + length, status);
  }
  add(size, '?');
  return out;
}

/** Without comments. */
const linesOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((line) => line !== '');

/**
 * `source` as far as ddrescue had read it; what it had not is unread, whatever the copy has there. A copy that ends before the
 * disk does, as that of a ddrescue that was stopped, is as long as the map says.
 *
 * @param map of which `map` is the path
 * @param grows false for the disk itself, which is as long as it is
 */
export function rescued(
  source: ByteSource,
  { map, of, ranges }: RescueMap & Pick<LeftOut, 'map'>,
  grows = true,
): ByteSource & { readonly leftOut: LeftOut } {
  const last = ranges.at(-1);
  const size = grows && last !== undefined ? Math.max(source.size, last.offset + last.length) : source.size;
  const unread = leftOutOf({ of, ranges }, size);
  const copy = mappedSource(source.name, {
    size,
    async extentAt(offset): Promise<Extent> {
      const at = lastBefore(unread, offset);
      const range = unread[at];
      if (range !== undefined && offset < range.offset + range.length) {
        const length = range.offset + range.length - offset;
        return { kind: 'unread', why: WHY[range.status], tried: range.status === '-', length };
      }
      const length = (unread[at + 1]?.offset ?? size) - offset;
      if (offset >= source.size) {
        return { kind: 'unread', why: 'the copy ends before what ddrescue had read', tried: false, length };
      }
      return { kind: 'data', source, at: offset, length: Math.min(length, source.size - offset) };
    },
  });
  return { ...copy, leftOut: { map, of, size, ranges: unread } };
}

/** Index of the last range that begins at `offset` or before; -1 for none. */
function lastBefore(ranges: readonly RescuedRange[], offset: number): number {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.offset ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
