import type { Txg } from '../../bytes/units.ts';
import type { HistoryRecord } from '../../format/history.ts';

/** The record of the pool's history that a text was looked for in. */
export interface FoundRecord {
  readonly record: HistoryRecord;
  /** The first txg that has what the command did: txgs below it are from before. Null when no event tells. */
  readonly txg: Txg | null;
  /** Records whose text fits; the last one counts. */
  readonly matches: number;
}

/** Events of one command that are kept; of more the first ones matter. */
const MAX_EVENTS = 4096;

/**
 * Finds the last command in the history that contains `text`, and the txg in which it began to take effect.
 *
 * The log holds the events that a command causes, each with its txg, before the command itself, which has none. Of the
 * events since the last command those count that are about a dataset it names; failing that all of them. Where no
 * command fits, an event whose name, dataset and detail contain `text` does.
 *
 * @param records oldest first
 * @returns null when nothing fits
 * Source: module/zfs/spa_history.c, spa_history_log_internal and spa_history_log_nvl
 */
export async function findRecord(
  records: AsyncIterable<HistoryRecord> | Iterable<HistoryRecord>,
  text: string,
): Promise<FoundRecord | null> {
  const wanted = plain(text);
  const [command, event] = [new Last(), new Last()];
  let events: HistoryRecord[] = [];
  let reached: Txg | null = null;
  for await (const record of records) {
    if (record.txg !== null && (reached === null || record.txg > reached)) reached = record.txg;
    if (record.kind === 'internal') {
      if (events.length < MAX_EVENTS) events.push(record);
      const { text: name, dataset, detail } = record;
      if (plain(`${name} ${dataset ?? ''} ${detail ?? ''}`).includes(wanted)) event.take(record, record.txg);
    }
    if (record.kind !== 'command') continue;
    if (plain(record.text).includes(wanted)) command.take(record, firstTxg(record.text, events) ?? reached);
    events = [];
  }
  return command.found ?? event.found;
}

/** However the command line was spaced. */
const plain = (text: string): string => text.trim().replace(/\s+/g, ' ');

class Last {
  found: FoundRecord | null = null;

  take(record: HistoryRecord, txg: Txg | null): void {
    this.found = { record, txg, matches: (this.found?.matches ?? 0) + 1 };
  }
}

function firstTxg(command: string, events: readonly HistoryRecord[]): Txg | null {
  const named = events.filter(({ dataset }) => dataset !== null && command.includes(dataset));
  let first: Txg | null = null;
  for (const { txg } of named.length > 0 ? named : events)
    if (txg !== null && (first === null || txg < first)) first = txg;
  return first;
}
