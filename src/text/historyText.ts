import { padEnd, padStart } from '../bytes/printable.ts';
import type { HistoryEntry, HistoryStream } from '../document/historyDocument.ts';
import type { ViewHead } from '../document/viewHead.ts';
import { clean, entry, type Page, wrap } from './page.ts';
import { troublesText, viewHeadText } from './viewHeadText.ts';
import { datedColumn } from './writtenColumn.ts';

/** Destructive events that the answer names, the last ones. */
const NAMED = 5;

/** Where the columns of the table stand. */
interface Columns {
  readonly txg: number;
  readonly time: number;
}

/** Last destructive events that are kept for the answer. */
const DESTRUCTIVE = 64;

/** The report of `history`, in parts. The records are read twice: the answer comes first, and they are not held. */
export async function* historyText(
  page: Page,
  { head, lists, tail }: HistoryStream,
  choice: { readonly quiet: boolean; readonly all: boolean },
): AsyncGenerator<string> {
  const destructive: HistoryEntry[] = [];
  for await (const record of lists.records()) {
    if (!record.destructive || record.txg === null) continue;
    destructive.push(record);
    if (destructive.length > DESTRUCTIVE) destructive.shift();
  }
  yield `${historyHeadText(page, head, destructive).join('\n')}\n`;
  if (choice.quiet) return;
  const whole = choice.all || page.rows === null;
  for await (const run of whole ? single(lists.records()) : featureRuns(lists.records())) {
    const lines =
      run.count < RUN ? run.records.map((each) => historyRecordText(page, head, each)) : [runText(page, head, run)];
    yield `${lines.flat().join('\n')}\n`;
  }
  const lines = troublesText(page, 'Records may be lacking: this could not be read', tail().troubles, head);
  if (lines.length > 0) yield `\n${lines.join('\n')}\n`;
}

/** Features of a pool that were set one after the other, or one record that is none of these. */
interface RecordRun {
  /** At most the first few. */
  readonly records: HistoryEntry[];
  last: HistoryEntry;
  count: number;
}

/** So many make a line of their own. */
const RUN = 4;

async function* single(records: AsyncIterable<HistoryEntry>): AsyncGenerator<RecordRun> {
  for await (const record of records) yield { records: [record], last: record, count: 1 };
}

/** As a new pool begins, with some forty of them, and an upgraded one goes on. */
async function* featureRuns(records: AsyncIterable<HistoryEntry>): AsyncGenerator<RecordRun> {
  let open: RecordRun | null = null;
  for await (const record of records) {
    const feature = featureOf(record) !== null;
    if (feature && open !== null && open.last.txg === record.txg) {
      if (open.count < RUN) open.records.push(record);
      open.last = record;
      open.count++;
      continue;
    }
    if (open !== null) yield open;
    open = feature ? { records: [record], last: record, count: 1 } : null;
    if (!feature) yield { records: [record], last: record, count: 1 };
  }
  if (open !== null) yield open;
}

/** `lz4_compress` of the event that sets it; null of any other record. */
function featureOf({ kind, text, dataset, detail }: HistoryEntry): string | null {
  if (kind !== 'internal' || text !== 'set' || dataset !== null) return null;
  return /^\s*feature@([^=]{1,80})=/.exec(detail ?? '')?.[1] ?? null;
}

/** One line for all of a run. */
function runText(page: Page, head: ViewHead, { records: [first], last, count }: RecordRun): string[] {
  if (first === undefined) return [];
  const names = `${featureOf(first)} to ${featureOf(last)}`;
  return historyRecordText(page, head, { ...first, detail: `${count} features, ${names} (each by itself: --all)` });
}

/**
 * The beginning of the report of `history`: the last things that were destroyed or rolled back and that the rings can
 * still go back behind, then the head of the table.
 *
 * @param destructive entries of events, oldest first
 */
function historyHeadText(page: Page, head: ViewHead, destructive: readonly HistoryEntry[]): string[] {
  const lines = viewHeadText(page, head, []);
  if (head.txg === null) return lines;
  const last = destructive.filter(({ ringTxgBefore }) => ringTxgBefore !== null).slice(-NAMED);
  for (const each of last.reverse()) {
    const what = `${clean(page, whatText(each))} in txg ${each.txg}: the rings still hold txg ${each.ringTxgBefore}, from before`;
    lines.push(...entry(page, 'Undo', what, page.style.warn));
  }
  const columns = columnsOf(page, head);
  const heads = [padStart('TXG', columns.txg), padEnd('TIME (UTC)', columns.time), 'WHAT'];
  return [...lines, '', page.style.dim(`  ${heads.join('  ')}`)];
}

function columnsOf(page: Page, { txg }: ViewHead): Columns {
  return { txg: Math.max(3, (txg?.length ?? 0) + AFTER.length), time: datedColumn(page)(ANY_TIME).length };
}

/** In seconds; not 0, which stands for no time. */
const ANY_TIME = 1;

/** Before the txg of a command, which is that one or a later one. */
const AFTER = '>=';
const INDENT = 2;

/** One record; a later line holds what does not fit. */
function historyRecordText(page: Page, head: ViewHead, record: HistoryEntry): string[] {
  const columns = columnsOf(page, head);
  const txg = record.txg ?? (record.afterTxg === null ? '-' : `${AFTER}${record.afterTxg}`);
  const time = record.time === null ? '-' : datedColumn(page)(record.time);
  const before = columns.txg + columns.time + 3 * INDENT;
  const paint = record.destructive ? page.style.bad : record.kind === 'command' ? page.style.strong : page.style.dim;
  const [first = '', ...rest] = wrap(clean(page, describe(record)), page.width - before);
  return [
    `  ${padStart(txg, columns.txg)}  ${padEnd(time, columns.time)}  ${paint(first)}`,
    ...rest.map((line) => `${' '.repeat(before)}${paint(line)}`),
  ];
}

function describe(record: HistoryEntry): string {
  if (record.kind === 'other') return '(a record of a kind that is not known)';
  const by = record.kind === 'command' ? whoText(record) : '';
  return `${whatText(record)}${by}`;
}

function whatText({ kind, text, dataset, detail }: HistoryEntry): string {
  if (kind === 'command') return text;
  const parts = [kind === 'ioctl' ? `ioctl ${text}` : text, dataset ?? '', (detail ?? '').trim()];
  return parts.filter((part) => part !== '').join(' ');
}

function whoText({ user, host }: HistoryEntry): string {
  const parts = [user === null ? '' : `user ${user}`, host === null ? '' : `on ${host}`].filter((part) => part !== '');
  return parts.length === 0 ? '' : ` (${parts.join(' ')})`;
}
