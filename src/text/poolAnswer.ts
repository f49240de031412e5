import type { PoolEntry } from '../document/pool.types.ts';
import type { SourceEntry } from '../document/source.types.ts';
import type { Depth } from '../rewind/judgement.ts';
import { bestTxg, choiceLines } from './bestTxg.ts';
import { aimed, dangers, nextStep, outlook, type Said } from './outlook.ts';
import { clean, entry, flow, type Page, paragraph } from './page.ts';
import { type PoolCase, poolCase } from './poolCase.ts';
import { headingParts } from './poolHeading.ts';
import { stepsToFollow } from './stepsText.ts';
import { waysOut } from './waysOut.ts';
import { isWell, wellPool } from './wellPool.ts';

export interface AnswerChoice {
  /** Nothing but the answer. */
  readonly quiet: boolean;
  /** At full length also where all is well. */
  readonly all: boolean;
  /** What is typed after the first import, and the ways out where a txg is recommended, are shown somewhere else. */
  readonly folded: boolean;
}

/** What a person has to know first: which pool, does it import, which txg is best and what to type. */
export function poolAnswer(
  page: Page,
  pool: PoolEntry,
  sources: readonly SourceEntry[],
  depth: Depth,
  { quiet, all, folded }: AnswerChoice,
): string[] {
  const about = poolCase(pool, sources, depth);
  const short = !all && isWell(about);
  return [
    ...heading(page, about),
    '',
    ...[...aimed(about), outlook(about)].flatMap((said) => (said === null ? [] : sentence(page, said))),
    ...dangerLines(page, about),
    '',
    ...(pool.recommendation === null
      ? next(page, about)
      : short
        ? wellPool(page, about, quiet)
        : bestTxg(page, about, { quiet, folded })),
    ...(folded && pool.recommendation !== null ? [] : waysOut(page, about)),
  ];
}

/** The answer once more, as short as it goes: for the end of a report that scrolled it away. */
export function answerAgain(page: Page, about: PoolCase): string[] {
  return [
    ...heading(page, about),
    ...[...aimed(about), outlook(about)].flatMap((said) => (said === null ? [] : sentence(page, said))),
    ...dangerLines(page, about),
    ...(about.pool.recommendation === null ? next(page, about) : choiceLines(page, about)),
  ];
}

/** Which pool it is, and when it was last written. */
export function heading(page: Page, about: PoolCase): string[] {
  const [name = '', ...facts] = headingParts(about, page.now).map((part) => clean(page, part));
  const [first = '', ...rest] = flow([name, ...facts], '   ', page.width, '  ');
  const painted = first.startsWith(name) ? page.style.strong(name) + first.slice(name.length) : first;
  return [painted, ...rest];
}

/** A sentence, painted by its tone. */
const sentence = (page: Page, { text, tone }: Said): string[] => paragraph(page, clean(page, text), page.style[tone]);

function dangerLines(page: Page, about: PoolCase): string[] {
  const paint = (text: string) => page.style.bad(page.style.strong(text));
  return dangers(about).flatMap((text) => entry(page, 'DANGER', clean(page, text), paint, paint));
}

function next(page: Page, about: PoolCase): string[] {
  const { text, steps } = nextStep(about);
  return [...entry(page, 'Next', text), ...stepsToFollow(page, steps)];
}
