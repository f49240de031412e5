import { pathWord } from '../bytes/shellWord.ts';
import type { CandidateEntry } from '../document/candidate.types.ts';
import { countText, durationText } from './amounts.ts';
import { clean, entry, entryLine, type Page } from './page.ts';
import { hasFinding, type PoolCase, recommended } from './poolCase.ts';
import { stateAt } from './recommendedState.ts';
import { splitSteps, stepsToClose, stepsToImport, stepsToWrite } from './stepsText.ts';

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

/** What is known of the content of files. */
function contentLines(page: Page, { pool, sources, depth }: PoolCase, candidate: CandidateEntry | null): string[] {
  const { dim, warn } = page.style;
  const lost = candidate?.dataErrors ?? 0;
  if (candidate === null || lost === 0) {
    const text = 'Their content was not read: --depth data reads it too.';
    return depth === 'meta' ? entry(page, 'Files', text, dim, dim) : [];
  }
  const specs = pool.sources.flatMap((index) => {
    const source = sources[index];
    if (source === undefined) return [];
    const { path, kind, offsetBytes, sizeBytes } = source;
    return kind === 'slice' ? `${path}@${offsetBytes}+${sizeBytes}` : path;
  });
  const words = specs.map((spec) => pathWord(spec, page.unicode)).join(' ');
  return [
    ...entry(page, 'Damaged', `${countText(lost, 'block')} of file content cannot be read. Which files:`, warn),
    entryLine(page, `zfs-uber verify --depth data --txg ${candidate.txg} ${words}`),
  ];
}

/** What going back to the recommended txg costs, in words. */
function costText({ pool, written }: PoolCase, withoutLog: boolean): string {
  const { recommendation } = pool;
  const [last] = written;
  const steps = written.findIndex((each) => each.txg === recommendation?.txg);
  const own = written[steps];
  if (recommendation === null || last === undefined || own === undefined) return 'of unknown age';
  if (steps === 0) return newestText(pool, recommendation.destroyedNewest ?? [], withoutLog);
  const back = `txg ${last.txg}, ${countText(steps, 'uberblock')} later`;
  const seconds = last.timestamp - own.timestamp;
  if (seconds < 0) return `before the newest (${back}); by the clock of its writer it is the later one`;
  return `${seconds === 0 ? 'less than 1 s' : durationText(seconds)} before the newest (${back})`;
}

/** Of the newest txg that an uberblock is left of: what may have been newer. */
function newestText(pool: PoolCase['pool'], destroyed: readonly string[], withoutLog: boolean): string {
  const log = withoutLog ? '; lost is what waited in the missing log' : '';
  if (destroyed.length > 0) {
    const one = destroyed.length === 1;
    const txgs = one ? `txg ${destroyed[0]}` : `txgs ${destroyed.slice(0, -1).join(', ')} and ${destroyed.at(-1)}`;
    const rest = one
      ? 'was written after it but its uberblock is destroyed'
      : 'were written after it but their uberblocks are destroyed';
    return `the newest that any uberblock still points to; ${txgs} ${rest}${log}`;
  }
  if (hasFinding(pool, 'label-newer-than-uberblock', 'warning')) {
    return `the newest that any uberblock still points to; a label is newer, so later ones are lost${log}`;
  }
  if (hasFinding(pool, 'abandoned-timeline', 'warning')) {
    return `the highest number, but of before a rewind: the pool went on at lower ones${log}`;
  }
  if (hasFinding(pool, 'history-diverged')) return `the newest of one of two histories${log}`;
  const elsewhere = pool.recommendation?.elsewhere;
  if (elsewhere?.certain) return `the newest, but without all that was written after txg ${elsewhere.afterTxg}${log}`;
  if (elsewhere !== undefined) return `the newest here; missing devices may have gone on alone${log}`;
  return withoutLog ? 'the newest: no txg is lost, only what waited in the missing log' : 'the newest: no txg is lost';
}

/** A part of a sentence as one of its own. */
const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
