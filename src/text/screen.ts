import { columnsOf } from '../bytes/printable.ts';
import type { Page } from './page.ts';

// What a style adds: it takes no room.
// biome-ignore lint/suspicious/noControlCharactersInRegex: it begins with one
const PAINT = /\x1b\[[0-9;]*m/g;

/** Rows that lines take on the screen: one that is longer than the page goes on in the next row. */
export const rowsOf = ({ width }: Page, lines: readonly string[]): number =>
  lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(columnsOf(line.replace(PAINT, '')) / width)), 0);

/**
 * Rows that are left of one screen under so many lines, with one for the prompt; negative where they fill more. Null where
 * there is no screen.
 */
export const rowsLeft = (page: Page, lines: readonly string[]): number | null =>
  page.rows === null ? null : page.rows - 1 - rowsOf(page, lines);

/** Lines, and behind them the answer once more where it has left the screen by then. */
export function withAnswerAtEnd(page: Page, lines: readonly string[], answer: readonly string[]): string[] {
  const left = rowsLeft(page, lines);
  if (left === null || left >= 0 || answer.length === 0) return [...lines];
  return [...lines, '', page.style.dim('  The answer once more:'), ...answer];
}
