import { columnsOf, padEnd, printable } from '../bytes/printable.ts';

/** How parts of the text are set off. Each gets printable text and gives it back, with colour or without. */
export interface Style {
  readonly strong: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly dim: (text: string) => string;
}

const same = (text: string): string => text;
export const PLAIN_STYLE: Style = { strong: same, good: same, warn: same, bad: same, dim: same };

/** What the text is written on. */
export interface Page {
  /** Columns. No line is longer, but for one whose only word does not fit, and for commands. */
  readonly width: number;
  /** Rows of the screen; null where the text goes to no terminal, and nothing is folded. */
  readonly rows: number | null;
  /** The terminal shows more than ASCII. */
  readonly unicode: boolean;
  readonly style: Style;
  /** Seconds since 1970, for relative times. */
  readonly now: number;
}

/** `text` from outside, made safe for this page. */
export const clean = (page: Page, text: string): string => printable(text, page.unicode);

/** Fewer columns than this make a column of single words; the terminal's own wrapping is better then. */
const LEAST = 16;

/**
 * Breaks printable text at spaces into lines of at most `width` columns. A word that does not fit has its own line and is
 * not broken: paths and guids stay whole for copying.
 *
 * @returns at least one line
 */
export function wrap(text: string, width: number): string[] {
  const limit = Math.max(LEAST, width);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (word === '') continue;
    if (line === '') line = word;
    else if (columnsOf(line) + 1 + columnsOf(word) <= limit) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** Joins parts with `gap` and breaks only between parts, later lines indented by `indent`; a part that is too long wraps. */
export function flow(parts: readonly string[], gap: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const part of parts) {
    if (line !== '' && columnsOf(line) + gap.length + columnsOf(part) <= width) line += gap + part;
    else {
      if (line !== '') lines.push(line);
      const [first = '', ...rest] = wrap(part, width - indent.length);
      for (const each of [first, ...rest].slice(0, -1)) lines.push((lines.length === 0 ? '' : indent) + each);
      line = (lines.length === 0 ? '' : indent) + (rest.at(-1) ?? first);
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** Where the text of an entry begins; its label stands before. */
const MARGIN = '  ';
const LABEL_COLUMNS = 9;

/**
 * A label at the left and text wrapped beside it.
 *
 * @param text printable
 * @param paint sets off the label
 * @param paintText sets off the text; line by line
 */
export function entry(page: Page, label: string, text: string, paint = page.style.strong, paintText = same): string[] {
  const indent = ' '.repeat(LABEL_COLUMNS);
  return wrap(text, page.width - MARGIN.length - LABEL_COLUMNS).map((line, index) => {
    const head = index === 0 ? paint(padEnd(label, LABEL_COLUMNS)) : indent;
    return `${MARGIN}${head}${paintText(line)}`;
  });
}

/** A line that continues an entry and is never broken: a command. */
export const entryLine = (page: Page, line: string, paint = page.style.strong): string =>
  `${MARGIN}${' '.repeat(page.width < 60 ? 2 : LABEL_COLUMNS)}${paint(line)}`;

/** Text wrapped at the margin. */
export const paragraph = (page: Page, text: string, paint: (text: string) => string = same): string[] =>
  wrap(text, page.width - MARGIN.length).map((line) => `${MARGIN}${paint(line)}`);
