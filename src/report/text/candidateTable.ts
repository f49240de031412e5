import type { CandidateEntry, PoolEntry, Verdict } from '../document.ts';
import { countText, durationText } from './amounts.ts';
import { topLevels } from './layoutText.ts';
import { clean, type Page, type Style } from './page.ts';
import { newestFirst } from './poolAnswer.ts';
import { shortReason } from './shortReason.ts';
import { type Column, foldLast, NARROW, type Row, table } from './table.ts';
import { writtenColumn } from './writtenColumn.ts';

export interface TableChoice {
  /** Every row; otherwise long tables are cut with a line that says how to see the rest. */
  readonly all: boolean;
  /** Newest first; otherwise best first. */
  readonly newestFirst: boolean;
}

/** Rows of a table that is not asked for whole. */
const ROWS = 12;
/** A reason longer than this is cut in the table; the document has it whole. */
const LONGEST_REASON = 240;
/** An uberblock is written to at most this many top-level vdevs. Source: include/sys/vdev.h, SPA_SYNC_MIN_VDEVS */
const SYNCED_TOPS = 3;
const LABELS = 4;

const PAINT: Readonly<Record<Verdict, keyof Style | null>> = {
  importable: 'good',
  readonly: 'warn',
  damaged: 'bad',
  incomplete: 'bad',
  unverified: null,
};

interface CandidateColumn extends Column {
  readonly text: (candidate: CandidateEntry) => string;
  readonly paint?: (candidate: CandidateEntry) => keyof Style | null;
}

const VERDICT: CandidateColumn = {
  head: 'VERDICT',
  right: false,
  text: ({ verdict }) => verdict,
  paint: ({ verdict }) => PAINT[verdict],
};

/** The ranked txgs: one row each, its deciding reason beside it. */
export function candidateTable(page: Page, pool: PoolEntry, choice: TableChoice): string[] {
  if (pool.candidates.length === 0) return [];
  const ordered = choice.newestFirst ? newestFirst(pool) : [...pool.candidates].sort((a, b) => a.rank - b.rank);
  const runs = choice.all ? ordered.map((each) => [each]) : runsOf(page, ordered);
  const shownRuns = choice.all ? runs : runs.slice(0, ROWS);
  const shown = shownRuns.flatMap(([first]) => first ?? []);
  const best = pool.recommendation?.txg;
  const newest = newestFirst(pool)[0]?.txg;
  const written = writtenColumn(
    page,
    shown.map(({ timestamp }) => timestamp),
  );
  const columns: CandidateColumn[] = [
    { head: 'TXG', right: true, text: ({ txg }) => txg, paint: ({ txg }) => (txg === best ? 'strong' : null) },
    { head: 'WRITTEN', right: false, text: ({ timestamp }) => written(timestamp) },
    { head: 'LOSS', right: true, text: (candidate) => lossText(candidate, newest) },
    ...(page.width < NARROW ? [] : [{ head: 'COPIES', right: true, text: copiesText(pool) }]),
    VERDICT,
  ];
  const rows = shownRuns.flatMap((run) => rowsOf(page, run, columns));
  const rest = ordered.length - shownRuns.reduce((sum, run) => sum + run.length, 0);
  const merged = shownRuns.some((run) => run.length > 1);
  const left = rest === 0 ? 'each txg by itself' : countText(rest, choice.newestFirst ? 'older txg' : 'more txg');
  const more = rest === 0 && !merged ? null : `${left}: --all`;
  const [folded, foldedRows] = foldLast(page, columns, rows);
  return table(page, folded, 'WHY', foldedRows, more);
}

/** Rows of one verdict and reason that are shown one by one; more become one row. */
const ALIKE = 3;

/** Candidates of which one row can speak: neighbours in the table with one verdict for one reason. */
function runsOf(page: Page, ordered: readonly CandidateEntry[]): CandidateEntry[][] {
  const runs: CandidateEntry[][] = [];
  let last = '';
  for (const candidate of ordered) {
    const kind = `${candidate.verdict} ${kindOf(reasonText(page, candidate))}`;
    if (kind === last) runs.at(-1)?.push(candidate);
    else runs.push([candidate]);
    last = kind;
  }
  return runs.flatMap((run) => (run.length < ALIKE ? run.map((each) => [each]) : [run]));
}

/** What a reason has in common with others: the same thing is wrong in another place, or some block does not read. */
function kindOf(reason: string): string {
  if (/no copy of block|fails its checksum/.test(reason)) return 'block';
  return reason.replace(/\d+:[0-9a-f]+|\d+/g, '#');
}

/** One row, and one for all that is like it. */
function rowsOf(page: Page, run: readonly CandidateEntry[], columns: readonly CandidateColumn[]): Row[] {
  const [first, second] = run;
  const last = run.at(-1);
  if (first === undefined || last === undefined) return [];
  const rowOf = (candidate: CandidateEntry, note: string): Row => ({
    cells: columns.map(({ text, paint }) => ({ text: text(candidate), paint: paint?.(candidate) ?? null })),
    note,
  });
  const head = rowOf(first, reasonText(page, first));
  if (second === undefined) return [head];
  const txgs = new Set(run.slice(1).map(({ txg }) => txg));
  const reasons = new Set(run.map((each) => reasonText(page, each)));
  const likewise = reasons.size === 1 || first.verdict !== 'damaged' ? 'likewise' : 'blocks of each do not read';
  const count = countText(txgs.size, 'txg');
  return [head, rowOf(last, `${count} from ${second.txg} to here: ${likewise}`)];
}

function lossText({ txg, lossSeconds }: CandidateEntry, newest: string | undefined): string {
  if (lossSeconds === 0) return txg === newest ? '-' : '<1 s';
  return lossSeconds < 0 ? `+${durationText(-lossSeconds)}` : durationText(lossSeconds);
}

/** `7/8` where every device gets every txg; with more top-level vdevs some are passed over, and only the count is known. */
function copiesText(pool: PoolEntry): (candidate: CandidateEntry) => string {
  const all = pool.sources.length * LABELS;
  const known = pool.vdevs !== null && topLevels(pool).length <= SYNCED_TOPS;
  return ({ copies }) => (known && copies <= all ? `${copies}/${all}` : String(copies));
}

function reasonText(page: Page, candidate: CandidateEntry): string {
  const crash = candidate.hazards.some((hazard) => hazard.kind === 'panic') ? 'WOULD CRASH THE MACHINE. ' : '';
  const reason = clean(page, crash + shortReason(candidate.reasons[0] ?? ''));
  // By code points: half a surrogate pair is nothing that can be printed.
  return reason.length > LONGEST_REASON ? `${[...reason].slice(0, LONGEST_REASON).join('')}...` : reason;
}
