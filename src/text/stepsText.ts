import { asciiLine } from '../bytes/shellLine.ts';
import type { ShellStepEntry } from '../document/parts.types.ts';
import { clean, entry, entryLine, type Page } from './page.ts';
import { BEFORE_WRITING, splitSteps, wordsToClose, wordsToImport, wordsToWrite } from './stepWords.ts';

/** A line that can be pasted, in what the terminal takes. */
export const shellText = (page: Page, line: string): string => clean(page, page.unicode ? line : asciiLine(line));

const linesOf = (page: Page, { lines }: ShellStepEntry, paint?: (text: string) => string): string[] =>
  lines.map((line) => entryLine(page, shellText(page, line), paint));

/** What leads to a read-only import. */
export function stepsToImport(page: Page, steps: readonly ShellStepEntry[], label: string): string[] {
  let head = label;
  return steps.flatMap((step) => {
    const words = wordsToImport(step);
    const said = words === '' ? [] : entry(page, head, words);
    if (words !== '') head = '';
    return [...said, ...linesOf(page, step)];
  });
}

/**
 * How to get at the data of a read-only import, and how to leave it.
 *
 * @param withoutLog a log device is missing
 */
export function stepsToClose(page: Page, steps: readonly ShellStepEntry[], withoutLog: boolean): string[] {
  const { dim, strong } = page.style;
  return steps.flatMap((step) => {
    const words = wordsToClose(step, withoutLog);
    const label = step.kind === 'export' ? 'Close' : step.kind === 'reset-parameters' ? '' : 'Copy';
    const said = words === '' ? [] : entry(page, label, words, strong, dim);
    return [...said, ...linesOf(page, step, dim)];
  });
}

/** How to write to it again: nothing of that can be undone. */
export function stepsToWrite(page: Page, steps: readonly ShellStepEntry[]): string[] {
  if (steps.length === 0) return [];
  const { dim } = page.style;
  const said = steps.flatMap((step) => {
    const words = wordsToWrite(step);
    return [...(words === '' ? [] : entry(page, '', words, dim, dim)), ...linesOf(page, step, dim)];
  });
  return [...entry(page, 'Write', BEFORE_WRITING, dim), ...said];
}

/** All of them, where they are all the advice there is. */
export function stepsToFollow(page: Page, steps: readonly ShellStepEntry[]): string[] {
  const { toImport, toClose, toWrite } = splitSteps(steps);
  return [
    ...stepsToImport(page, toImport, 'First'),
    ...stepsToClose(page, toClose, false),
    ...stepsToWrite(page, toWrite),
  ];
}
