import { ZfsUberError } from '../../bytes/errors.ts';
import { openPoolAt } from '../../dataset/openAt.ts';
import type { PoolReaders } from '../../dataset/poolReaders.ts';
import type { HistoryRecord } from '../../format/history.ts';
import type { Candidate } from '../../load/candidates.ts';
import type { Pool } from '../../pool/pool.ts';
import type { Aimed } from '../choice.ts';
import type { FindingOf } from '../findings/finding.ts';
import type { AimedRecord } from '../findings/values/aims.ts';
import { parseTime } from './beforeTime.ts';
import { type HistorySearch, searchRecords } from './historyRecord.ts';

/** Txgs whose history is looked at, the newest first: the newest may not open, all of them hardly. */
const HISTORIES = 16;

/** What a rewind has to lie before. */
export interface Deadline {
  isBefore(candidate: Candidate): boolean;
  readonly finding: Pick<FindingOf<'aimed-before'>, 'severity' | 'values'>;
  /** Null where nothing was found. */
  readonly aimed: Aimed['before'];
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
  readers: PoolReaders,
  signal: AbortSignal | undefined,
): Promise<Deadline> {
  const asked = parseTime(text);
  if (asked !== null) return timeDeadline(asked, all);
  const { found, near, opened } = await searchHistory(pool, all, text, readers, signal);
  const limit = found?.txg ?? null;
  if (found === null || limit === null) {
    const last = near.map((each) => recordOf(each.record, each.txg));
    const values = { kind: 'not-found', asked: text, opened, near: last } as const;
    return { isBefore: () => false, finding: { severity: 'error', values }, aimed: null };
  }
  const { record, matches, others } = found;
  const left = all.filter(({ txg }) => txg < limit).length;
  return {
    isBefore: ({ txg }) => txg < limit,
    finding: {
      severity: left === 0 ? 'error' : 'info',
      values: {
        kind: 'record',
        record: { ...recordOf(record, limit), txg: limit },
        user: record.user,
        host: record.hostname,
        left,
        matches,
        others,
      },
    },
    aimed: { kind: 'record', txg: limit, title: titleOf(record) },
  };
}

function timeDeadline(asked: bigint, all: readonly Candidate[]): Deadline {
  const isBefore = ({ uberblock }: Candidate): boolean => uberblock.timestamp < asked;
  const left = all.filter(isBefore);
  const reach = left[0] ?? all.at(-1);
  return {
    isBefore,
    finding: {
      severity: left.length === 0 ? 'error' : 'info',
      values: {
        kind: 'time',
        time: asked,
        left: left.length,
        reach: reach === undefined ? null : { txg: reach.txg, time: reach.uberblock.timestamp },
      },
    },
    aimed: { kind: 'time', time: asked },
  };
}

/** A command line as it is; of an event or a call also what it is about. */
const titleOf = ({ kind, text, dataset }: HistoryRecord): string =>
  kind === 'command' || dataset === null ? text : `${text} ${dataset}`;

const recordOf = (record: HistoryRecord, txg: bigint | null): AimedRecord => ({
  title: titleOf(record),
  time: record.time,
  txg,
});

async function searchHistory(
  pool: Pool,
  all: readonly Candidate[],
  text: string,
  readers: PoolReaders,
  signal: AbortSignal | undefined,
): Promise<HistorySearch & { readonly opened: boolean }> {
  const { root } = pool;
  let newest: HistorySearch | null = null;
  if (root === null) return { found: null, near: [], opened: false };
  for (const { uberblock } of all.filter(({ taken }) => taken).slice(0, HISTORIES)) {
    try {
      const ignore = { signal, onTrouble: () => {} };
      const { view } = await openPoolAt(pool, root, uberblock, readers, ignore);
      const search = await searchRecords(view.history(ignore), text);
      if (search.found !== null) return { ...search, opened: true };
      newest ??= search;
    } catch (error) {
      if (!(error instanceof ZfsUberError)) throw error;
    }
  }
  return { found: null, near: newest?.near ?? [], opened: newest !== null };
}
