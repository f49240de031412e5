import { columnsOf, padEnd, padStart } from '../bytes/printable.ts';
import { type Page, type Style, wrap } from './page.ts';

export interface Column {
  readonly head: string;
  /** Numbers stand at the right. */
  readonly right: boolean;
}

export interface Cell {
  /** Printable. */
  readonly text: string;
  readonly paint: keyof Style | null;
}

export interface Row {
  /** One a column. */
  readonly cells: readonly Cell[];
  /** Printable text after the last column, wrapped; may be empty. */
  readonly note: string;
  /** Sets off the note. */
  readonly paint?: keyof Style | null;
}

/** Below this many columns notes stand under their rows. */
export const NARROW = 64;
const GAP = '  ';
const NOTE_INDENT = 6;
/** Notes that would have fewer columns stand under their rows too. */
const LEAST_NOTE = 24;

/** Columns that a row takes before its note. */
const rowColumns = (columns: readonly Column[], rows: readonly Row[]): number =>
  widthsOf(columns, rows).reduce((sum, width) => sum + GAP.length + width, 0);

const widthsOf = (columns: readonly Column[], rows: readonly Row[]): number[] =>
  columns.map(({ head }, at) => Math.max(head.length, ...rows.map(({ cells }) => columnsOf(cells[at]?.text ?? ''))));

/**
 * Leaves the last column out where the page has no room for it; its text then begins the note: `damaged: no copy reads`.
 */
export function foldLast(page: Page, columns: readonly Column[], rows: readonly Row[]): [Column[], Row[]] {
  if (rowColumns(columns, rows) <= page.width) return [[...columns], [...rows]];
  const folded = rows.map(({ cells, note, paint = null }) => {
    const text = cells.at(-1)?.text ?? '';
    return { cells: cells.slice(0, -1), note: note === '' ? text : `${text}: ${note}`, paint };
  });
  return [columns.slice(0, -1), folded];
}

/**
 * A table whose columns are as wide as they have to be, with wrapped notes at the right.
 *
 * A long note that only repeats the one above is not written again.
 *
 * @param rest what is said of rows that are not shown; null when all are
 */
export function table(
  page: Page,
  columns: readonly Column[],
  noteHead: string,
  rows: readonly Row[],
  rest: string | null,
): string[] {
  const { dim } = page.style;
  const widths = widthsOf(columns, rows);
  const align = (text: string, at: number) =>
    columns[at]?.right === true ? padStart(text, widths[at] ?? 0) : padEnd(text, widths[at] ?? 0);
  const beyond = rowColumns(columns, rows) + GAP.length;
  const narrow = page.width < NARROW || page.width - beyond < LEAST_NOTE;
  const noteAt = narrow ? NOTE_INDENT : beyond;
  const heads = columns.map(({ head }, at) => align(head, at)).join(GAP);
  const out = [dim(`${GAP}${heads}${narrow ? '' : `${GAP}${noteHead}`}`.trimEnd())];
  let before = '';
  for (const { cells, note, paint } of rows) {
    const set = (text: string) => (paint == null ? text : page.style[paint](text));
    const last = cells.length - 1;
    const wrapped = note === '' ? [] : wrap(note, page.width - noteAt);
    const lines = wrapped.length > 1 && note === before ? ['as above'] : wrapped;
    before = note;
    const beside = narrow ? undefined : lines.shift();
    const text = cells.map((cell, at) => {
      const open = at === last && beside === undefined && columns[at]?.right !== true;
      const filled = open ? cell.text : align(cell.text, at);
      return cell.paint === null ? filled : page.style[cell.paint](filled);
    });
    out.push(`${GAP}${text.join(GAP)}${beside === undefined ? '' : `${GAP}${set(beside)}`}`);
    for (const line of lines) out.push(' '.repeat(noteAt) + set(line));
  }
  const restAt = narrow || noteAt + columnsOf(rest ?? '') > page.width ? GAP.length : noteAt;
  if (rest !== null) out.push(dim(`${' '.repeat(restAt)}${rest}`));
  return out;
}
