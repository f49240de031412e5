import type { Verdict } from '../load/predict.ts';
import { type Html, html } from './html.ts';
import { CELL, type Mark, markPath, REM, ROW, VERDICT_MARKS } from './ringMarks.ts';

const WORDS: Readonly<Record<Verdict, string>> = {
  importable: 'imports',
  readonly: 'imports read-only',
  damaged: 'damaged',
  incomplete: 'devices are missing',
  unverified: 'not known',
};

/** A mark and what it means. */
export const markItem = (kind: string, mark: Mark, words: string): Html =>
  html`<li><svg width="${CELL / REM}rem" height="${ROW / REM}rem" viewBox="0 0 ${CELL} ${ROW}" aria-hidden="true"><path class="${kind}" d="${markPath(mark, 0, 0)}"/></svg> ${words}</li>`;

/** The marks of the verdicts that are there. */
export const verdictItems = (verdicts: Iterable<Verdict>): Html[] => {
  const there = new Set(verdicts);
  return (Object.keys(WORDS) as Verdict[])
    .filter((verdict) => there.has(verdict))
    .map((verdict) => markItem(`verdict-${verdict}`, VERDICT_MARKS[verdict], WORDS[verdict]));
};
