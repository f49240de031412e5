import type { CandidateEntry } from '../document/candidate.types.ts';
import type { PoolEntry } from '../document/pool.types.ts';
import type { Verdict } from '../load/predict.ts';
import { countText } from './amounts.ts';
import { lossOf, lossText } from './candidateLoss.ts';
import { reasonText } from './candidateReason.ts';
import { branchesOf, type Run, runsOf, type Why } from './candidateRuns.ts';
import { topLevels } from './layoutText.ts';
import { clean, type Page, type Style, wrap } from './page.ts';
import { hasFinding, newestFirst, recommended } from './poolCase.ts';
import { type Column, foldLast, type Row, table } from './table.ts';
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
  /** Of the candidates of a row, one or more, in the order of the table. */
  readonly text: (row: readonly CandidateEntry[]) => string;
  readonly paint?: (candidate: CandidateEntry) => keyof Style | null;
}

const VERDICT: CandidateColumn = {
  head: 'VERDICT',
  right: false,
  text: ([first]) => first?.verdict ?? '',
  paint: ({ verdict }) => PAINT[verdict],
};

/**
 * The ranked txgs: one row each or one for many that are alike, its deciding reason beside it.
 *
 * @param handles of the sources, by their index
 */
export function candidateTable(page: Page, pool: PoolEntry, choice: TableChoice, handles: readonly string[]): string[] {
  if (pool.candidates.length === 0) return [];
  const ordered = choice.newestFirst ? newestFirst(pool) : [...pool.candidates].sort((a, b) => a.rank - b.rank);
  const whyOf = (candidate: CandidateEntry) => shortReason(page, candidate, choice.all);
  const runs = choice.all
    ? ordered.map((each): Run => ({ candidates: [each], sameReason: true }))
    : runsOf(pool, ordered, whyOf);
  const shown = choice.all ? runs : runs.slice(0, ROWS);
  const { columns, legend } = columnsOf(
    page,
    pool,
    shown.flatMap(({ candidates }) => candidates),
    choice.all,
    branchesOf(pool, handles),
  );
  const rows = shown.flatMap((run) => rowOf(run, columns, whyOf));
  const rest = ordered.length - shown.reduce((sum, { candidates }) => sum + candidates.length, 0);
  const merged = shown.some(({ candidates }) => candidates.length > 1);
  const left = rest === 0 ? 'each txg by itself' : countText(rest, choice.newestFirst ? 'older txg' : 'more txg');
  const more = rest === 0 && !merged ? null : `${left}: --all`;
  const [folded, foldedRows] = foldLast(page, columns, rows);
  const notes = legend.flatMap((line) => wrap(line, page.width - 2).map((each) => page.style.dim(`  ${each}`)));
  return [...table(page, folded, 'WHY', foldedRows, more), ...notes];
}

/** The table in a line: `27 txgs: 20 import (92 to 4), 7 damaged (111 to 95)`. */
export function candidatesBrief(pool: PoolEntry): string {
  const known = newestFirst(pool);
  if (known.length === 0) return '';
  const parts = VERDICTS.flatMap((verdict) => {
    const txgs = known.flatMap((each) => (each.verdict === verdict ? [each.txg] : []));
    const [first = '', last = first] = [txgs[0], txgs.at(-1)];
    return txgs.length === 0
      ? []
      : [`${txgs.length} ${BRIEF[verdict]} (${first}${first === last ? '' : ` to ${last}`})`];
  });
  const crash = known.filter(({ hazards }) => hazards.length > 0).length;
  if (crash > 0) parts.push(`${crash} of them a danger to the machine`);
  return `${countText(known.length, 'txg')}: ${parts.join(', ')}`;
}

/** What a verdict says in the line that stands for the table. */
const BRIEF: Readonly<Record<Verdict, string>> = {
  importable: 'import',
  readonly: 'read-only',
  damaged: 'damaged',
  incomplete: 'lack devices',
  unverified: 'not known',
};
const VERDICTS: readonly Verdict[] = ['importable', 'readonly', 'damaged', 'incomplete', 'unverified'];

interface Columns {
  readonly columns: readonly CandidateColumn[];
  /** What the columns mean, where that does not go without saying. */
  readonly legend: readonly string[];
}

function columnsOf(
  page: Page,
  pool: PoolEntry,
  shown: readonly CandidateEntry[],
  all: boolean,
  branches: ReadonlyMap<CandidateEntry, string>,
): Columns {
  const best = recommended(pool);
  const times = shown.map(({ timestamp }) => timestamp);
  const written = writtenColumn(page, times);
  const loss = lossOf(pool, branches);
  const columns: CandidateColumn[] = [
    {
      head: 'TXG',
      right: true,
      text: (row) => (row.length === 1 ? (row[0]?.txg ?? '') : `${row[0]?.txg}-${row.at(-1)?.txg}`),
      paint: (candidate) => (candidate === best ? 'strong' : null),
    },
    { head: 'WRITTEN', right: false, text: (row) => written(row[0]?.timestamp ?? 0, row.at(-1)?.timestamp) },
    { head: 'LOSS', right: true, text: (row) => lossText(row.map(loss)) },
  ];
  const legend: string[] = [];
  if (branches.size > 0) {
    columns.push({ head: 'ON', right: false, text: ([first]) => (first && branches.get(first)) ?? '' });
    legend.push(
      'ON: whose history it is (all: before they parted). LOSS is counted from the newest txg of that history.',
    );
  }
  const copies = copiesColumn(pool, shown, all);
  if (copies !== null) {
    columns.push(copies.column);
    legend.push(copies.legend);
  }
  if (shown.some((each) => loss(each) === null)) {
    legend.push('LOSS ?: written after the newest txg, going by the clock of the writer.');
  }
  return { columns: [...columns, VERDICT], legend };
}

/** One row for all of a run. */
function rowOf(
  { candidates, sameReason }: Run,
  columns: readonly CandidateColumn[],
  whyOf: (candidate: CandidateEntry) => Why,
): Row[] {
  const [first] = candidates;
  const last = candidates.at(-1);
  if (first === undefined || last === undefined) return [];
  const cells = columns.map(({ text, paint }) => ({ text: text(candidates), paint: paint?.(first) ?? null }));
  const { danger, said } = whyOf(first);
  const paint = danger === '' ? null : ('bad' as const);
  if (first === last) return [{ cells, note: danger + said, paint }];
  const count = countText(new Set(candidates.map(({ txg }) => txg)).size, 'txg');
  const note = `${danger}${count} likewise${sameReason ? '' : ', each for blocks of its own'}`;
  return [{ cells, note, paint }];
}

/** Where some label lacks an uberblock that others have; a column that says the same of each row says nothing. */
function copiesColumn(
  pool: PoolEntry,
  shown: readonly CandidateEntry[],
  all: boolean,
): { column: CandidateColumn; legend: string } | null {
  const rings = pool.sources.length * LABELS;
  const tops = topLevels(pool).length;
  const known = pool.vdevs !== null && tops <= SYNCED_TOPS;
  const diverged = hasFinding(pool, 'history-diverged');
  const full = (each: CandidateEntry) => (diverged ? each.sources.length * LABELS : rings);
  if (!all && known && shown.every((each) => each.checkpoint !== undefined || each.copies === full(each))) return null;
  const text = (row: readonly CandidateEntry[]): string => {
    const [least, most] = [Math.min(...row.map(({ copies: n }) => n)), Math.max(...row.map(({ copies: n }) => n))];
    const count = least === most ? `${least}` : `${least}-${most}`;
    return most <= rings ? `${count}/${rings}` : count;
  };
  const few = known ? '' : ` A txg is written to ${SYNCED_TOPS} of the ${tops} top-level vdevs at most.`;
  const legend = `COPIES: in how many of the ${rings} label rings (${LABELS} on each device) the uberblock is whole.${few}`;
  return { column: { head: 'COPIES', right: true, text }, legend };
}

/** The reason as the table has room for it. */
function shortReason(page: Page, candidate: CandidateEntry, step: boolean): Why {
  const { danger, said } = reasonText(candidate, step);
  const room = LONGEST_REASON - danger.length;
  const safe = clean(page, said);
  // By code points: half a surrogate pair is nothing that can be printed.
  return { danger, said: safe.length > room ? `${[...safe].slice(0, room).join('')}...` : safe };
}
