import { ZfsUberError } from '../../bytes/errors.ts';
import { openPoolAt } from '../../dataset/openAt.ts';
import type { OpenBlocks } from '../../dataset/poolReaders.ts';
import type { HistoryRecord } from '../../format/history.ts';
import type { Candidate } from '../../load/candidates.ts';
import type { Pool } from '../../pool/pool.ts';
import { count, list, type ToldFinding, time } from '../findings/finding.ts';
import { parseTime } from './beforeTime.ts';
import { type HistorySearch, searchRecords } from './historyRecord.ts';

/** Txgs whose history is looked at, the newest first: the newest may not open, all of them hardly. */
const HISTORIES = 16;

/** What a rewind has to lie before. */
export interface Deadline {
  isBefore(candidate: Candidate): boolean;
  readonly finding: Pick<ToldFinding, 'severity' | 'message'>;
  /** For the reason of a proposal. */
  readonly why: string;
}

/**
 * The record of the pool's history, or the time, that a rewind has to lie before.
 *
 * @param all candidates of `pool`, newest first
 * @param text of a command, or a time
 * @throws the reason of `signal`
 */
export async function deadlineOf(
  pool: Pool,
  all: readonly Candidate[],
  text: string,
  open: OpenBlocks,
  signal: AbortSignal | undefined,
): Promise<Deadline> {
  const asked = parseTime(text);
  if (asked !== null) return timeDeadline(asked, all);
  const { found, near, opened } = await searchHistory(pool, all, text, open, signal);
  const limit = found?.txg ?? null;
  if (found === null || limit === null) {
    const nothing = opened
      ? `No record of the pool's history that reads fits "${text}"`
      : `The pool's history cannot be read, so "${text}" cannot be looked for`;
    const last = list(near.map(({ record, txg }) => recordText(record, txg)));
    const meant = last === '' ? '' : ` The last ones that took something away: ${last}.`;
    const message = `${nothing}: no txg is ranked.${meant} The command history lists all; a time such as "2026-01-31 09:38" (UTC) works too.`;
    return { isBefore: () => false, finding: { severity: 'error', message }, why: '' };
  }
  const { record, matches, others } = found;
  const who = record.user === null ? '' : ` by user ${record.user}`;
  const host = record.hostname === null ? '' : ` on ${record.hostname}`;
  const when = record.time === null ? '' : ` at ${time(record.time)}`;
  const which = matches > 1 ? ` It is the last of ${matches} records that fit.` : '';
  const less =
    others > 0 ? ` ${count(others, 'other record')} ${others === 1 ? 'has' : 'have'} that in another text.` : '';
  const left = all.filter(({ txg }) => txg < limit).length;
  const message = `"${titleOf(record)}"${who}${host}${when} took effect in txg ${limit}; ${areLeft(left)} from before.${which}${less}`;
  return {
    isBefore: ({ txg }) => txg < limit,
    finding: { severity: left === 0 ? 'error' : 'info', message },
    why: `; from before txg ${limit}, in which "${titleOf(record)}" took effect`,
  };
}

function timeDeadline(asked: bigint, all: readonly Candidate[]): Deadline {
  const isBefore = ({ uberblock }: Candidate): boolean => uberblock.timestamp < asked;
  const left = all.filter(isBefore);
  const [newest] = left;
  const oldest = all.at(-1);
  const reach = newest ?? oldest;
  const which = newest === undefined ? 'the oldest there is' : 'the newest of them';
  const about =
    reach === undefined ? '' : `; ${which}, txg ${reach.txg}, was written at ${time(reach.uberblock.timestamp)}`;
  const message = `${areLeft(left.length)} from before ${time(asked)}${about}.`;
  return {
    isBefore,
    finding: {
      severity: left.length === 0 ? 'error' : 'info',
      message: message.charAt(0).toUpperCase() + message.slice(1),
    },
    why: `; from before ${time(asked)}`,
  };
}

const areLeft = (left: number): string =>
  left === 0 ? 'no candidate is' : `${count(left, 'candidate')} ${left === 1 ? 'is' : 'are'}`;

/** A command line as it is; of an event or a call also what it is about. */
const titleOf = ({ kind, text, dataset }: HistoryRecord): string =>
  kind === 'command' || dataset === null ? text : `${text} ${dataset}`;

function recordText(record: HistoryRecord, txg: bigint | null): string {
  const about = [...(record.time === null ? [] : [time(record.time)]), ...(txg === null ? [] : [`txg ${txg}`])];
  return `"${titleOf(record)}"${about.length === 0 ? '' : ` (${about.join(', ')})`}`;
}

async function searchHistory(
  pool: Pool,
  all: readonly Candidate[],
  text: string,
  open: OpenBlocks,
  signal: AbortSignal | undefined,
): Promise<HistorySearch & { readonly opened: boolean }> {
  const { root } = pool;
  let newest: HistorySearch | null = null;
  if (root === null) return { found: null, near: [], opened: false };
  for (const { uberblock } of all.filter(({ taken }) => taken).slice(0, HISTORIES)) {
    try {
      const ignore = { signal, onTrouble: () => {} };
      const { view } = await openPoolAt(pool, root, uberblock, open, ignore);
      const search = await searchRecords(view.history(ignore), text);
      if (search.found !== null) return { ...search, opened: true };
      newest ??= search;
    } catch (error) {
      if (!(error instanceof ZfsUberError)) throw error;
    }
  }
  return { found: null, near: newest?.near ?? [], opened: newest !== null };
}
