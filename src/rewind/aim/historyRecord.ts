import type { Txg } from '../../bytes/units.ts';
import type { HistoryRecord } from '../../format/history.ts';
import type { NvList } from '../../format/nvlist.ts';

/** The record of the pool's history that a text was looked for in. */
export interface FoundRecord {
  readonly record: HistoryRecord;
  /** The first txg that has what the record did: txgs below it are from before. Null when no event tells. */
  readonly txg: Txg | null;
  /** Records that fit as well as this one; the last one counts. */
  readonly matches: number;
  /** Records that fit less well. */
  readonly others: number;
}

export interface HistorySearch {
  readonly found: FoundRecord | null;
  /** The last records that took something away, the youngest first: what may have been meant. */
  readonly near: readonly { readonly record: HistoryRecord; readonly txg: Txg | null }[];
}

/** Events of one command that are kept; of more the first ones matter. */
const MAX_EVENTS = 4096;
const NEAR = 5;
/** Commands and events after which something is gone. */
const TAKES_AWAY = /(^|[\s_])(destroy|rollback|remove|detach|split|labelclear|offline|replace|receive|recv|clear)/;

/** How well a record fits: nothing less counts where there is something better. */
const FITS = { command: 4, beginning: 3, part: 2, event: 1 } as const;

/**
 * Finds the record that `text` means, and the txg in which it began to take effect.
 *
 * Best is a command line that is `text`; then one that has it as whole words, such as its beginning; then one with it
 * anywhere. Where no command line fits, because a program did it by itself, an event or a call does that has the same
 * words, without `zfs` or `zpool` and options. Of those that fit equally well the last one counts.
 *
 * The log holds the events that a command causes, each with its txg, before the command itself, which has none. Of the
 * events since the last command those count that are about a dataset it names, and of these those of the same name as
 * the command; failing that all of them.
 *
 * @param records oldest first
 * Source: module/zfs/spa_history.c, spa_history_log_internal and spa_history_log_nvl
 */
export async function searchRecords(
  records: AsyncIterable<HistoryRecord> | Iterable<HistoryRecord>,
  text: string,
): Promise<HistorySearch> {
  const wanted = plain(text);
  const words = wordsOf(wanted);
  const best = new Best();
  const near: { record: HistoryRecord; txg: Txg | null }[] = [];
  const destroyed: { record: HistoryRecord; txg: Txg | null }[] = [];
  let events: HistoryRecord[] = [];
  /** Events since the last call: a command makes many. */
  let since: HistoryRecord[] = [];
  let reached: Txg | null = null;
  for await (const record of records) {
    const { kind, txg } = record;
    if (txg !== null && (reached === null || txg > reached)) reached = txg;
    if (kind === 'internal') {
      if (events.length < MAX_EVENTS) events.push(record);
      if (since.length < MAX_EVENTS) since.push(record);
      best.take(fitOfEvent(record, wanted, words), record, txg);
      if (TAKES_AWAY.test(record.text)) keepLast(destroyed, { record, txg });
      continue;
    }
    if (kind === 'other') continue;
    const began = firstTxg(record, kind === 'ioctl' ? since : events) ?? reached;
    best.take(kind === 'command' ? fitOfCommand(record, wanted) : fitOfEvent(record, wanted, words), record, began);
    // The calls of a command line are no others.
    if (kind === 'command') while (near.at(-1)?.record.kind === 'ioctl' && near.at(-1)?.txg === began) near.pop();
    if (TAKES_AWAY.test(record.text)) keepLast(near, { record, txg: began });
    since = [];
    if (kind === 'command') events = [];
  }
  return { found: best.found, near: (near.length > 0 ? near : destroyed).reverse() };
}

/** However the command line was spaced. */
const plain = (text: string): string => text.trim().replace(/\s+/g, ' ');

/** Without the name of the program and options: what an event has of a command. */
const wordsOf = (text: string): string[] =>
  text.split(' ').filter((word, i) => word !== '' && !word.startsWith('-') && !(i === 0 && /^(zfs|zpool)$/.test(word)));

function fitOfCommand({ text }: HistoryRecord, wanted: string): number {
  const line = plain(text);
  if (line === wanted) return FITS.command;
  const at = line.indexOf(wanted);
  if (at < 0) return 0;
  return ` ${line} `.includes(` ${wanted} `) ? FITS.beginning : FITS.part;
}

function fitOfEvent(record: HistoryRecord, wanted: string, words: readonly string[]): number {
  const subject = plain(`${record.text} ${subjectOf(record)}`);
  if (subject.includes(wanted)) return FITS.event;
  const parts = new Set(subject.split(/[\s,()]+/).flatMap((part) => [part, ...part.split('_')]));
  return words.length > 0 && words.every((word) => parts.has(word)) ? FITS.event : 0;
}

/** What a record is about, in words. */
function subjectOf({ kind, text, dataset, detail, nvlist }: HistoryRecord): string {
  if (kind === 'command') return text;
  const input = kind === 'ioctl' ? argumentsIn(nvlist) : [];
  return [dataset ?? '', detail ?? '', ...input].join(' ');
}

/** Names of arguments that are looked at: a call may be about thousands of snapshots. */
const MAX_ARGUMENTS = 10_000;

/** Names and texts in the lists that a call was given. Source: module/zfs/zfs_ioctl.c, zfsdev_ioctl_common */
function argumentsIn(nvlist: NvList): string[] {
  const found: string[] = [];
  const waiting: NvList[] = [nvlist];
  for (let list = waiting.pop(); list !== undefined; list = waiting.pop()) {
    for (const { name, type, value } of list.pairs) {
      if (found.length >= MAX_ARGUMENTS) return found;
      if (list !== nvlist) found.push(name);
      if (list !== nvlist && type === 'string' && typeof value === 'string') found.push(value);
      if (type === 'nvlist' && isNvlist(value)) waiting.push(value);
    }
  }
  return found;
}

const isNvlist = (value: unknown): value is NvList =>
  typeof value === 'object' && value !== null && 'pairs' in value && Array.isArray(value.pairs);

function keepLast<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > NEAR) list.shift();
}

class Best {
  #fit = 0;
  #record: HistoryRecord | null = null;
  #txg: Txg | null = null;
  #matches = 0;
  #others = 0;

  take(fit: number, record: HistoryRecord, txg: Txg | null): void {
    if (fit === 0) return;
    if (fit < this.#fit) {
      // What a command caused is no record of its own.
      if (fit !== FITS.event) this.#others++;
      return;
    }
    if (fit > this.#fit) {
      this.#others += this.#fit === FITS.event ? 0 : this.#matches;
      this.#matches = 0;
    }
    this.#fit = fit;
    this.#record = record;
    this.#txg = txg;
    this.#matches++;
  }

  get found(): FoundRecord | null {
    if (this.#record === null) return null;
    return { record: this.#record, txg: this.#txg, matches: this.#matches, others: this.#others };
  }
}

/** Of the events those that do what the record says to what it names, as far as there are such. */
function firstTxg(record: HistoryRecord, events: readonly HistoryRecord[]): Txg | null {
  const subject = subjectOf(record);
  const verb = record.kind === 'command' ? wordsOf(plain(record.text))[0] : record.text.split('_')[0];
  const named = events.filter(({ dataset }) => dataset !== null && subject.includes(dataset));
  const about = named.length > 0 ? named : events;
  const same = about.filter(({ text }) => text === verb);
  let first: Txg | null = null;
  for (const { txg } of same.length > 0 ? same : about)
    if (txg !== null && (first === null || txg < first)) first = txg;
  return first;
}
