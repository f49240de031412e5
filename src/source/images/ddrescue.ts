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
 * The ranges of a map file (or log file, as it was called) of ddrescue. Of one that {@link failedReadsMap} made, and ddrescue
 * has not changed since, what failed alone is not there.
 *
 * @returns null when the text is none
 * @throws FormatError for ranges that overlap, or a line that is neither
 * Source: GNU ddrescue manual, "Mapfile structure"
 */
export function parseDdrescueMap(text: string, name: string): RescuedRange[] | null {
  const [state, ...rest] = linesOf(text);
  if (state === undefined || !STATUS.test(state)) return null;
  const ofReads = text.startsWith(OF_READS);
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
    const status = (match[3] ?? '?') as RescuedRange['status'];
    ranges.push({ offset, length, status: ofReads && status === '?' ? '+' : status });
    end = offset + length;
  }
  return ranges;
}

/** First line of a map that tells of reads, not of a copy: what it does not call failed is there to be read. */
const OF_READS = '# Mapfile of reads that failed';

/**
 * A map of what could not be read, to be handed to ddrescue: all else is to be tried yet.
 *
 * @param failed ascending, without overlap
 * @param size bytes of the disk
 * Source: GNU ddrescue manual, "Mapfile structure"
 */
export function failedReadsMap(
  failed: Iterable<{ readonly start: number; readonly end: number }>,
  size: number,
): string {
  const hex = (value: number): string => `0x${value.toString(16).toUpperCase().padStart(8, '0')}`;
  const lines = [OF_READS, '# current_pos  current_status  current_pass', `${hex(0)}     ?               1`];
  lines.push('#      pos        size  status');
  let at = 0;
  const line = (to: number, status: RescuedRange['status']): void => {
    if (to > at) lines.push(`${hex(at)}  ${hex(to - at)}  ${status}`);
    at = Math.max(at, to);
  };
  for (const { start, end } of failed) {
    line(Math.min(start, size), '?');
    line(Math.min(end, size), '-');
  }
  line(size, '?');
  return `${lines.join('\n')}\n`;
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
 * @param grows false for the disk itself, which is as long as it is
 */
export function rescued(source: ByteSource, ranges: readonly RescuedRange[], grows = true): ByteSource {
  const last = ranges.at(-1);
  const size = grows && last !== undefined ? Math.max(source.size, last.offset + last.length) : source.size;
  return mappedSource(source.name, {
    size,
    async extentAt(offset): Promise<Extent> {
      const at = lastBefore(ranges, offset);
      const range = ranges[at];
      if (range !== undefined && offset < range.offset + range.length) {
        const length = Math.min(range.offset + range.length, size) - offset;
        if (range.status === '+' && offset < source.size) {
          return { kind: 'data', source, at: offset, length: Math.min(length, source.size - offset) };
        }
        const why = range.status === '+' ? 'the copy ends before what ddrescue had read' : WHY[range.status];
        return { kind: 'unread', why, tried: range.status === '-', length };
      }
      const length = Math.min(ranges[at + 1]?.offset ?? size, size) - offset;
      return { kind: 'unread', why: WHY['?'], length };
    },
  });
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
