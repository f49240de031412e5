import { pathWord } from '../bytes/shellWord.ts';
import type { CandidateEntry } from '../document/candidate.types.ts';
import { countText } from './amounts.ts';
import { clean, entry, entryLine, type Page } from './page.ts';
import { hasFinding, type PoolCase, recommended } from './poolCase.ts';
import { stateAt } from './recommendedState.ts';
import { stepsToClose, stepsToImport, stepsToWrite } from './stepsText.ts';
import { splitSteps } from './stepWords.ts';
import { costText } from './txgCost.ts';

/** The txg to try, what it costs, the commands; then, unless `quiet`, what else there is and what to mind. */
export function bestTxg(page: Page, about: PoolCase, quiet: boolean): string[] {
  const { pool } = about;
  const { recommendation } = pool;
  if (recommendation === null) return [];
  const { txg, why, whyData, alternatives, cautions, cautionSteps, before = [] } = recommendation;
  const { strong, good, warn, dim } = page.style;
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
  const { toImport, toClose, toWrite } = splitSteps(recommendation.steps);
  lines.push(...stepsToImport(page, toImport, 'First'), ...stepsToClose(page, toClose, withoutLog));
  lines.push(...stepsToWrite(page, toWrite));
  if (verdict === 'readonly') {
    lines.push(...entry(page, 'Write', 'Read-write this txg does not import: copy out what matters.', dim, dim));
  }
  const others = alternatives.flatMap(({ txg: other, why: worth, steps = [] }) => [
    ...entry(page, 'Or', `txg ${other}: ${clean(page, worth)}`),
    ...stepsToImport(page, steps, ''),
  ]);
  // Which of two lines of txgs is wanted only the user knows: there the other one belongs to the answer.
  const open = hasFinding(pool, 'abandoned-timeline', 'warning') || hasFinding(pool, 'history-diverged');
  if (quiet) return open ? [...lines, ...others] : lines;
  lines.push(...contentLines(page, about, candidate), ...stateAt(page, recommendation), ...others);
  cautions.forEach((caution, at) => {
    if (before.includes(caution)) return;
    const remedy = cautionSteps[at] ?? [];
    lines.push(...entry(page, 'Careful', clean(page, caution), warn), ...stepsToImport(page, remedy, ''));
  });
  return lines;
}

/**
 * The command that names the files that a txg has lost.
 *
 * @param unicode whether what shows it takes more than ASCII
 */
export function verifyLine({ pool, sources }: PoolCase, { txg }: CandidateEntry, unicode: boolean): string {
  const specs = pool.sources.flatMap((index) => {
    const source = sources[index];
    if (source === undefined) return [];
    const { path, kind, offsetBytes, sizeBytes } = source;
    return kind === 'slice' ? `${path}@${offsetBytes}+${sizeBytes}` : path;
  });
  const words = specs.map((spec) => pathWord(spec, unicode)).join(' ');
  return `zfs-uber verify --depth data --txg ${txg} ${words}`;
}

/** What is known of the content of files. */
function contentLines(page: Page, about: PoolCase, candidate: CandidateEntry | null): string[] {
  const { dim, warn } = page.style;
  const lost = candidate?.dataErrors ?? 0;
  if (candidate === null || lost === 0) {
    const text = 'Their content was not read: --depth data reads it too.';
    return about.depth === 'meta' ? entry(page, 'Files', text, dim, dim) : [];
  }
  return [
    ...entry(page, 'Damaged', `${countText(lost, 'block')} of file content cannot be read. Which files:`, warn),
    entryLine(page, verifyLine(about, candidate, page.unicode)),
  ];
}

/** A part of a sentence as one of its own. */
export const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
