import { shellCommand } from '../bytes/shellWord.ts';
import type { CandidateEntry } from '../document/candidate.types.ts';
import { countText } from './amounts.ts';
import { damageText } from './damagedFile.ts';
import { hasData } from './fromBundle.ts';
import { clean, entry, entryLine, type Page } from './page.ts';
import { hasFinding, type PoolCase, recommended } from './poolCase.ts';
import { stateAt } from './recommendedState.ts';
import { shellText, stepsToClose, stepsToImport, stepsToWrite } from './stepsText.ts';
import { splitSteps } from './stepWords.ts';
import { costText } from './txgCost.ts';

/** What is shown of the recommendation. */
export interface BestChoice {
  /** Neither what else there is nor what to mind, unless the answer depends on it. */
  readonly quiet: boolean;
  /** Lines to be typed after the first import are shown somewhere else. */
  readonly folded: boolean;
}

/** The txg to try, what it costs, the commands; then what else there is and what to mind. */
export function bestTxg(page: Page, about: PoolCase, { quiet, folded }: BestChoice): string[] {
  const { pool } = about;
  const lines = [...choiceLines(page, about), ...(folded ? [] : recipeLines(page, about))];
  // Which of two lines of txgs is wanted only the user knows: there the other one belongs to the answer.
  const open = hasFinding(pool, 'abandoned-timeline', 'warning') || hasFinding(pool, 'history-diverged');
  if (quiet) return open ? [...lines, ...otherTxgs(page, about, true)] : lines;
  return [...lines, ...besideLines(page, about, !folded || open)];
}

/** The txg to try, what it costs, the commands that import it read-only. */
export function choiceLines(page: Page, about: PoolCase): string[] {
  const { pool } = about;
  const { recommendation } = pool;
  if (recommendation === null) return [];
  const { txg, why, whyData, before = [] } = recommendation;
  const { strong, good, warn } = page.style;
  const candidate = recommended(pool);
  const verdict = candidate?.verdict ?? 'unverified';
  const withoutLog = candidate?.withoutLog ?? false;
  const proven = verdict === 'unverified' ? '. Not proven: it may still fail.' : '';
  const lines = before.flatMap((text) => entry(page, 'Before', clean(page, text), warn));
  lines.push(...entry(page, 'Best', `txg ${txg}, ${costText(about, withoutLog)}${proven}`, good, strong));
  // Of the newest txg that imports all is said above.
  if (why !== '' && !(whyData.kind === 'newest' && whyData.verdict === 'importable')) {
    lines.push(...entry(page, '', sentence(clean(page, why))));
  }
  return [...lines, ...stepsToImport(page, splitSteps(recommendation.steps).toImport, 'First')];
}

/** What is typed behind the import that `choiceLines` ends with: to get the data out, to leave, to write. */
export function recipeLines(page: Page, { pool }: PoolCase): string[] {
  const { recommendation } = pool;
  if (recommendation === null) return [];
  const { dim } = page.style;
  const candidate = recommended(pool);
  const { toClose, toWrite } = splitSteps(recommendation.steps);
  const lines = [...stepsToClose(page, toClose, candidate?.withoutLog ?? false), ...stepsToWrite(page, toWrite)];
  if (candidate?.verdict === 'readonly') {
    lines.push(...entry(page, 'Write', 'Read-write this txg does not import: copy out what matters.', dim, dim));
  }
  return lines;
}

/** The same in a few words; empty where there is nothing to type. */
export function recipeBrief({ pool: { recommendation } }: PoolCase): string {
  if (recommendation === null || recommendation.steps.length === 0) return '';
  const { toClose, toWrite } = splitSteps(recommendation.steps);
  const others = recommendation.alternatives.some(({ steps = [] }) => steps.length > 0);
  const parts = [
    ...(toClose.length > 0 ? ['mount, copy out, close'] : []),
    ...(toWrite.length > 0 ? ['read-write once all is copied out'] : []),
    ...(others ? ['lines for the other txgs'] : []),
  ];
  return parts.join('; ');
}

/** The other txgs that are worth a look, with the lines to be typed or without. */
export const otherTxgs = (page: Page, { pool: { recommendation } }: PoolCase, typed: boolean): string[] =>
  (recommendation?.alternatives ?? []).flatMap(({ txg, why, steps = [] }) => [
    ...entry(page, 'Or', `txg ${txg}: ${clean(page, why)}`),
    ...(typed ? stepsToImport(page, steps, '') : []),
  ]);

/** What is known of the content, what else there is, what to mind. */
function besideLines(page: Page, about: PoolCase, typed: boolean): string[] {
  const { recommendation } = about.pool;
  if (recommendation === null) return [];
  const { cautions, cautionSteps, before = [] } = recommendation;
  const { warn } = page.style;
  const candidate = recommended(about.pool);
  const lines = [...contentLines(page, about, candidate), ...stateAt(page, recommendation)];
  lines.push(...otherTxgs(page, about, typed));
  cautions.forEach((caution, at) => {
    if (before.includes(caution)) return;
    const remedy = cautionSteps[at] ?? [];
    lines.push(...entry(page, 'Careful', clean(page, caution), warn), ...stepsToImport(page, remedy, ''));
  });
  return lines;
}

/** What is known of the content of files. */
function contentLines(page: Page, { pool, sources, depth }: PoolCase, candidate: CandidateEntry | null): string[] {
  const { dim, warn } = page.style;
  const lost = candidate?.dataErrors ?? 0;
  if (candidate === null || lost === 0) {
    const text = `Their content was not read: ${hasData(sources) ? '--depth data reads it too' : 'a bundle has none of it'}.`;
    return depth === 'meta' ? entry(page, 'Files', text, dim, dim) : [];
  }
  const { damage, commandVerify = [] } = pool.recommendation ?? {};
  const text = damage === undefined ? `${countText(lost, 'block')} of content cannot be read` : damageText(damage);
  const said = commandVerify.length === 0 ? `${text}.` : `${text}. All that is damaged:`;
  return [...entry(page, 'Damaged', clean(page, said), warn), ...verifyLines(page, commandVerify)];
}

const verifyLines = (page: Page, command: readonly string[]): string[] =>
  command.length === 0 ? [] : [entryLine(page, shellText(page, shellCommand(command)))];

/** A part of a sentence as one of its own. */
export const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
