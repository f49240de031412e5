import { sourceHandles } from '../document/handles.ts';
import type { FindingEntry, ShellStepEntry } from '../document/parts.types.ts';
import type { PoolEntry } from '../document/pool.types.ts';
import type { ScanDocument } from '../document/scanDocument.ts';
import type { SourceEntry } from '../document/source.types.ts';
import type { Severity } from '../rewind/findings/codes.ts';
import { countText } from './amounts.ts';
import { beforeWriting } from './beforeWriting.ts';
import { choiceLines, otherTxgs, recipeBrief, recipeLines } from './bestTxg.ts';
import { candidatesBrief, candidateTable, type TableChoice } from './candidateTable.ts';
import { ofBundle } from './fromBundle.ts';
import type { Said } from './outlook.ts';
import { clean, entry, type Page, paragraph, type Style } from './page.ts';
import { answerAgain, heading, poolAnswer } from './poolAnswer.ts';
import { cutSteps, isAim, type PoolCase, poolCase } from './poolCase.ts';
import { poolRings, poolRingsBrief } from './poolRings.ts';
import { rowsLeft, rowsOf, withAnswerAtEnd } from './screen.ts';
import type { SectionName } from './sections.ts';
import { sourcesRead, sourcesReadBrief } from './sourcesRead.ts';
import { couldNotRead, nothingFound, sourceNotes } from './sourceTrouble.ts';
import { stepsToImport } from './stepsText.ts';
import { waysBrief, waysOut } from './waysOut.ts';
import { isWell, worthSaying } from './wellPool.ts';

export interface ScanTextChoice extends TableChoice {
  /** The answer alone: no findings, tables and maps. */
  readonly quiet: boolean;
  /** What `--pool` asked for. */
  readonly pool: string | null;
  /** Sections that were asked for: they alone are shown. */
  readonly show: readonly SectionName[];
}

/** Findings shown when not all are asked for. */
const FINDINGS = 10;

/**
 * The report of `scan` for a terminal: per pool first the answer, then why, then the txgs, then the rings; last what could
 * not be read. Where the page has a screen, its first screen is the answer: each section is a line that says how to
 * see it, and the answer ends what is longer than a screen. Without a screen, as in a pipe or a file, all is there: who
 * reads that cannot ask again.
 *
 * @returns lines that end with a newline; no character of them is a control character but newlines and what
 *   `page.style` adds
 */
export function scanText(page: Page, document: ScanDocument, choice: ScanTextChoice): string {
  const handles = sourceHandles(document.sources.map(({ path }) => path));
  const folded = page.rows !== null && !choice.all && !choice.quiet;
  const blocks: string[][] = [notWhole(page, document)];
  for (const pool of document.pools) {
    const about = poolCase(pool, document.sources, document.depth);
    const report: Report = { page, about, choice, handles };
    if (choice.show.length > 0) {
      blocks.push([...heading(page, about)], ...sectionsOf(report).flatMap((each) => asked(report, each)));
      continue;
    }
    const answer = poolAnswer(page, pool, document.sources, document.depth, { ...choice, folded });
    blocks.push(answer);
    if (choice.quiet) continue;
    if (!choice.all && isWell(about)) blocks.push(findings(page, worthSaying(pool), false));
    else if (folded) blocks.push(...foldedSections(report, answer));
    else blocks.push(...sectionsOf(report).flatMap(({ lines, within }) => (within ? [] : [lines()])));
  }
  if (document.pools.length === 0) blocks.push(nothingFound(page, document, choice.pool));
  // Without a pool the containers are the answer, and told there.
  const told = document.pools.length === 0 ? 'container-not-opened' : null;
  const others = document.findings.filter(({ code }) => code !== told);
  if (!choice.quiet) blocks.push(findings(page, others, choice.all), withoutPool(page, document));
  if (!folded && !choice.quiet && choice.show.length === 0) blocks.push(sourceNotes(page, document.sources));
  blocks.push(couldNotRead(page, document.sources));
  const lines = joined(blocks);
  const again = joined(
    document.pools.map((pool) => answerAgain(page, poolCase(pool, document.sources, document.depth))),
  );
  const whole = choice.show.length > 0 ? lines : withAnswerAtEnd(page, lines, again);
  return `${whole.join('\n')}\n`;
}

/** Blocks with an empty line between them. */
const joined = (blocks: readonly (readonly string[])[]): string[] =>
  blocks.filter((block) => block.length > 0).flatMap((block, at) => (at === 0 ? block : ['', ...block]));

interface Report {
  readonly page: Page;
  readonly about: PoolCase;
  readonly choice: ScanTextChoice;
  /** Of the sources, by their index. */
  readonly handles: readonly string[];
}

/** A part of the report of a pool. */
interface Section {
  readonly name: SectionName;
  readonly label: string;
  /** What stands for it where it is folded; empty where there is nothing to be seen. */
  readonly brief: () => string;
  readonly lines: () => string[];
  /** A report that is not folded has it in its answer, or leaves it to those who ask. */
  readonly within?: boolean;
}

/** In the order of the report. */
function sectionsOf({ page, about, choice, handles }: Report): readonly Section[] {
  const { pool, sources } = about;
  return [
    {
      name: 'steps',
      label: 'Then',
      brief: () => recipeBrief(about),
      lines: () => [...choiceLines(page, about), ...recipeLines(page, about), ...otherTxgs(page, about, true)],
      within: true,
    },
    {
      name: 'ways',
      label: 'Ways out',
      brief: () => (pool.recommendation === null ? '' : waysBrief(about)),
      lines: () => waysOut(page, about).slice(1),
      within: true,
    },
    {
      name: 'findings',
      label: 'Findings',
      brief: () => '',
      lines: () => [...ownFindings(page, about, choice.all), ...versions(page, pool)],
    },
    {
      name: 'txgs',
      label: 'Txgs',
      brief: () => candidatesBrief(pool),
      lines: () => candidateTable(page, pool, choice, handles),
    },
    {
      name: 'rings',
      label: 'Rings',
      brief: () => poolRingsBrief(pool, sources, handles),
      lines: () => poolRings(page, pool, sources, choice.all, handles),
    },
    {
      name: 'overlay',
      label: 'Overlay',
      brief: () =>
        pool.recommendation?.overlay === undefined
          ? ''
          : 'a read-write trial that writes to files, and nothing to the devices',
      lines: () => beforeWriting(page, pool),
    },
    {
      name: 'sources',
      label: 'Sources',
      brief: () => sourcesReadBrief(pool),
      lines: () => sourcesRead(page, pool, sources, handles),
      within: !choice.all,
    },
  ];
}

/** A section that was asked for, or a word that there is nothing of it. */
function asked({ page, choice }: Report, { name, label, lines }: Section): string[][] {
  if (!choice.show.includes(name)) return [];
  const shown = lines();
  return [shown.length > 0 ? shown : entry(page, label, 'none', page.style.dim, page.style.dim)];
}

/** Each section as a line, and as many findings as the screen has room for, the worst first. */
function foldedSections(report: Report, answer: readonly string[]): string[][] {
  const { page, about } = report;
  const briefs = sectionsOf(report).flatMap(({ name, label, brief }) => {
    const text = clean(page, brief());
    return text === '' ? [] : entry(page, label, `${text}: --show ${name}`, page.style.dim, page.style.dim);
  });
  briefs.push(...entry(page, 'All', 'everything, every line: --all', page.style.dim, page.style.dim));
  const found = ownFindings(page, about, false);
  const room = rowsLeft(page, [...answer, ...briefs, '', '', '']);
  if (room === null || rowsOf(page, found) <= room) return [found, briefs];
  return [findingsWithin(report, room), briefs];
}

/** Findings, the worst first, as long as there is room; errors in any case. */
function findingsWithin({ page, about }: Report, room: number): string[] {
  const sorted = [...toldFindings(about)].sort(bySeverity);
  const above = stepsAbove(about);
  const shown: FindingEntry[] = [];
  for (const finding of sorted) {
    const more = [...shown, finding];
    if (finding.severity !== 'error' && rowsOf(page, findings(page, more, true, above)) + 1 > room) break;
    shown.push(finding);
  }
  const rest = sorted.slice(shown.length);
  const missing = missingDevices(page, about.pool);
  const lines = [...missing, ...findings(page, shown, true, above)];
  if (rest.length === 0) return lines;
  const codes = [...new Set(rest.map(({ code }) => code))].join(', ');
  const text = `${countText(rest.length, shown.length === 0 ? 'finding' : 'more finding')} (${codes}): --show findings`;
  return [...lines, ...entry(page, 'Findings', clean(page, text), page.style.dim, page.style.dim)];
}

const toldFindings = ({ pool }: PoolCase): FindingEntry[] => pool.findings.filter((finding) => !isAim(finding));

/** Lines that the answer has already. */
const stepsAbove = ({ pool }: PoolCase): readonly ShellStepEntry[] => pool.recommendation?.steps ?? cutSteps(pool);

const ownFindings = (page: Page, about: PoolCase, all: boolean): string[] => [
  ...missingDevices(page, about.pool),
  ...findings(page, toldFindings(about), all, stepsAbove(about)),
];

/** That more is to be known than what follows, and of what it is told: before everything else, or nobody sees it. */
export function reservations({ stopped, pools, sources }: ScanDocument): Said[] {
  const all = ofBundle(sources);
  if (stopped) {
    const candidates = pools.flatMap((pool) => pool.candidates);
    const judged = candidates.filter(({ verdict }) => verdict !== 'unverified').length;
    const far = candidates.length === 0 ? '' : ` ${judged} of ${countText(candidates.length, 'txg')} were judged;`;
    all.push({ text: `Stopped before the end:${far} the best of all may be another one.`, tone: 'bad' });
  }
  const unread = sources.filter(({ error }) => error !== null).length;
  if (unread > 0 && pools.length > 0) {
    const text = `${unread} of ${countText(sources.length, 'source')} could not be read in full: see the end of this report.`;
    all.push({ text, tone: 'warn' });
  }
  return all;
}

const notWhole = (page: Page, document: ScanDocument): string[] =>
  reservations(document).flatMap(({ text, tone }) => paragraph(page, clean(page, text), page.style[tone]));

const WORDS: Readonly<Record<Severity, { rank: number; word: string; paint: keyof Style }>> = {
  error: { rank: 0, word: 'Error', paint: 'bad' },
  warning: { rank: 1, word: 'Warning', paint: 'warn' },
  info: { rank: 2, word: 'Note', paint: 'dim' },
};

const bySeverity = (a: FindingEntry, b: FindingEntry): number => WORDS[a.severity].rank - WORDS[b.severity].rank;

/** @param above steps that stand above already */
function findings(
  page: Page,
  found: readonly FindingEntry[],
  all: boolean,
  above: readonly ShellStepEntry[] = [],
): string[] {
  const told = new Set(above.map(({ lines }) => lines.join('\n')));
  const sorted = [...found].sort(bySeverity);
  const shown = all ? sorted : sorted.slice(0, FINDINGS);
  const lines = shown.flatMap(({ code, severity, message, steps = [] }) => {
    const { word, paint } = WORDS[severity];
    const said = entry(page, word, `${clean(page, message)} (${clean(page, code)})`, page.style[paint]);
    const fresh = steps.filter(({ lines }) => !told.has(lines.join('\n')));
    return [...said, ...stepsToImport(page, fresh, '')];
  });
  const rest = sorted.length - shown.length;
  if (rest > 0) lines.push(...entry(page, '', `${countText(rest, 'more finding')}: --all`, undefined, page.style.dim));
  return lines;
}

/** What other releases of OpenZFS do with these txgs. */
const versions = (page: Page, { versions = [] }: PoolEntry): string[] =>
  versions.flatMap(({ message }) => entry(page, 'OpenZFS', `${clean(page, message)}.`, page.style.dim));

/** Missing devices that no finding tells of. */
function missingDevices(page: Page, pool: PoolEntry): string[] {
  if (pool.findings.some(({ code }) => code === 'device-missing' || code === 'log-missing')) return [];
  return pool.missing.flatMap(({ guid, type, path, role }) => {
    const kind = role === 'normal' ? type : `${role} ${type}`;
    const where = path === null ? '' : `, last at ${clean(page, path)}`;
    return entry(page, 'Missing', `${clean(page, kind)}, guid ${clean(page, guid)}${where}`, page.style.bad);
  });
}

/** Sources that read well and belong to no pool; of none where there is no pool. */
export function withoutPoolSources(document: ScanDocument): SourceEntry[] {
  if (document.pools.length === 0) return [];
  const members = new Set(document.pools.flatMap((pool) => pool.sources));
  return document.sources.filter((source, index) => source.error === null && !members.has(index));
}

const withoutPool = (page: Page, document: ScanDocument): string[] =>
  withoutPoolSources(document).flatMap((source) =>
    entry(page, 'No pool', clean(page, source.path), page.style.dim, page.style.dim),
  );
