import { untilStopped } from '../bytes/stopping.ts';
import type { Txg } from '../bytes/units.ts';
import type { HistoryRecord } from '../format/history.ts';
import type { DocumentStream } from './documentStream.ts';
import { seconds } from './sourceEntry.ts';
import { Troubles } from './troubles.ts';
import type { ViewHead } from './viewHead.ts';
import { type StreamEnd, type StreamFacts, streamEnd } from './viewStream.ts';

/** What `history --json` begins with. */
export interface HistoryHead extends ViewHead {
  /** Name and version of the document. */
  readonly schema: 'zfs-uber/history/1';
}

export type HistoryStream = DocumentStream<HistoryHead, { readonly records: HistoryEntry }, StreamEnd>;
/** `history --json`. */
export interface HistoryDocument extends HistoryHead, StreamEnd {
  /** The oldest first. */
  readonly records: readonly HistoryEntry[];
}

export interface HistoryEntry {
  /** Of the record; null where it has none. */
  readonly time: number | null;
  /** Txg of the event; null for a command, which does not say. */
  readonly txg: string | null;
  /** Txg that the pool had reached before: that of the last event above. A command ran in it or a later one. */
  readonly afterTxg: string | null;
  /** A command line, an event of the pool, or a call of a program. */
  readonly kind: HistoryRecord['kind'];
  /** The command line, or the name of the event. */
  readonly text: string;
  /** What the event says beside. */
  readonly detail: string | null;
  /** That the event is about. */
  readonly dataset: string | null;
  /** Who gave the command, by number. */
  readonly user: string | null;
  /** On which host. */
  readonly host: string | null;
  /** Something was destroyed or rolled back. */
  readonly destructive: boolean;
  /** Newest txg in the rings from before the event: what can be gone back to. Null when there is none, or no txg is known. */
  readonly ringTxgBefore: string | null;
}

/**
 * The document of `history`, its records one after the other.
 *
 * @param ring txgs in the rings, newest first
 */
export function historyStream({ head, view, signal, sources }: StreamFacts, ring: readonly Txg[]): HistoryStream {
  const troubles = new Troubles();
  async function* records(): AsyncGenerator<HistoryEntry> {
    if (view === null) return;
    const entries = new HistoryEntries(ring);
    // A block of the ring that does not read ends the list.
    const found = troubles.upTo(untilStopped(signal, view.history({ signal, onTrouble: troubles.add })));
    for await (const record of found) yield entries.next(record);
  }
  return {
    head: { schema: 'zfs-uber/history/1', ...head },
    lists: { records },
    tail: () => streamEnd(head, troubles, signal, sources()),
  };
}

/** Makes entries of records, in their order. */
class HistoryEntries {
  readonly #ring: readonly Txg[];
  #last: Txg | null = null;

  /** @param ring txgs in the rings, newest first */
  constructor(ring: readonly Txg[]) {
    this.#ring = ring;
  }

  next(record: HistoryRecord): HistoryEntry {
    const { time, txg, kind, text, detail, dataset, user, hostname } = record;
    const after = this.#last;
    if (txg !== null && (after === null || txg > after)) this.#last = txg;
    const before = txg === null ? undefined : this.#ring.find((each) => each < txg);
    return {
      time: time === null ? null : seconds(time),
      txg: txg?.toString() ?? null,
      afterTxg: after?.toString() ?? null,
      kind,
      text,
      detail,
      dataset,
      user: user?.toString() ?? null,
      host: hostname,
      destructive: isDestructive(record),
      ringTxgBefore: before?.toString() ?? null,
    };
  }
}

const COMMANDS = /^(zfs|zpool) (destroy|rollback|remove|labelclear)\b/;
/** Source: module/zfs, calls of spa_history_log_internal; of older pools zfs_history_event_names */
const EVENTS = /^(destroy|destroy_begin_sync|rollback|pool destroy|ds destroy)\b/;

const isDestructive = ({ kind, text }: HistoryRecord): boolean =>
  kind === 'command' ? COMMANDS.test(text) : kind === 'internal' && EVENTS.test(text);
