import type { Txg } from '../bytes/units.ts';
import type { HistoryRecord } from '../format/history.ts';
import type { DocumentError } from './document.ts';
import { seconds } from './sourceEntry.ts';
import type { ViewHead } from './viewHead.ts';

/** `history --json`. */
export interface HistoryDocument extends ViewHead {
  readonly schema: 'zfs-uber/history/1';
  /** Oldest first. */
  readonly records: readonly HistoryEntry[];
  /** Records that could not be read. */
  readonly troubles: readonly DocumentError[];
}

export interface HistoryEntry {
  readonly time: number | null;
  /** Txg of the event; null for a command, which does not say. */
  readonly txg: string | null;
  /** Txg that the pool had reached before: that of the last event above. A command ran in it or a later one. */
  readonly afterTxg: string | null;
  readonly kind: HistoryRecord['kind'];
  /** The command line, or the name of the event. */
  readonly text: string;
  readonly detail: string | null;
  readonly dataset: string | null;
  readonly user: string | null;
  readonly host: string | null;
  /** Something was destroyed or rolled back. */
  readonly destructive: boolean;
  /** Newest txg in the rings from before the event: what can be gone back to. Null when there is none, or no txg is known. */
  readonly ringTxgBefore: string | null;
}

/** Makes entries of records, in their order. */
export class HistoryEntries {
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
