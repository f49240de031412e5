import type { Engine } from '../../block/engine.ts';
import { ZfsUberError } from '../../bytes/errors.ts';
import { openPoolAt } from '../../dataset/openAt.ts';
import type { Pool } from '../../pool/pool.ts';
import type { Candidate } from '../candidates.ts';
import { count, type Finding, time } from '../findings/finding.ts';
import type { Judged } from '../judge.ts';
import type { LoadState } from '../load/loadState.ts';
import type { OpenBlocks } from '../load/poolReaders.ts';
import { type FoundRecord, findRecord } from './historyRecord.ts';
import type { Need } from './need.ts';
import { type NeedAnswer, NeedsCheck } from './needsCheck.ts';

/** Where a rewind shall lead. */
export interface AimChoice {
  /** Text of a command in the pool's history: only txgs before it. */
  readonly before: string | null;
  /** Only txgs that have all of these whole. */
  readonly needs: readonly Need[];
}

export interface Aim {
  /** Null when `before` was not asked for, or not found. */
  readonly found: FoundRecord | null;
  /** @param judged all that were asked for, when the judging has ended */
  findings(judged: readonly Judged[]): readonly Finding[];
  /** The candidate is one of those that are wanted, as far as the history says. */
  wanted(candidate: Candidate): boolean;
  /** Looks at what is needed; asked once a candidate, before the next. */
  examine(state: LoadState): Promise<void>;
  /** With what was found put among the reasons. */
  explain(judged: Judged): Judged;
  /** Has all that is needed. */
  meets(judged: Judged): boolean;
  /** Why a txg is proposed, with the aim in it. */
  why(why: string): string;
}

/** Txgs whose history is looked at, the newest first: the newest may not open, all of them hardly. */
const HISTORIES = 16;

/**
 * @param all candidates of `pool`, newest first
 * @throws the reason of `signal`
 */
export async function takeAim(
  pool: Pool,
  all: readonly Candidate[],
  { before, needs }: AimChoice,
  blocks: { readonly open: OpenBlocks; readonly engine: Engine },
  signal?: AbortSignal,
): Promise<Aim> {
  const found = before === null ? null : await searchHistory(pool, all, before, blocks.open, signal);
  const limit = found?.txg ?? null;
  const check = new NeedsCheck(needs, blocks.engine);
  const answers = new Map<Candidate, readonly NeedAnswer[]>();
  const lacking = (candidate: Candidate) => (answers.get(candidate) ?? []).filter(({ state }) => state !== 'whole');
  const meets = (candidate: Candidate) =>
    needs.length === 0 || (answers.has(candidate) && lacking(candidate).length === 0);
  return {
    found,
    findings: (judged) => [
      ...(before === null ? [] : [beforeFinding(before, found, all)]),
      ...(needs.length === 0
        ? []
        : [
            needsFinding(
              needs,
              judged,
              judged.filter((each) => meets(each.candidate)),
            ),
          ]),
    ],
    wanted: ({ txg }) => before === null || (limit !== null && txg < limit),
    async examine(state) {
      if (needs.length > 0) answers.set(state.candidate, await check.check(state));
    },
    explain(judged) {
      const unmet = lacking(judged.candidate).map(reasonOf);
      const whole = (answers.get(judged.candidate) ?? []).filter(({ state }) => state === 'whole');
      const met = whole.map(({ need }) => `${need.text} is there and reads whole`);
      const { prediction } = judged;
      return { ...judged, prediction: { ...prediction, reasons: [...unmet, ...prediction.reasons, ...met] } };
    },
    meets: ({ candidate }) => meets(candidate),
    why(why) {
      const before = limit === null ? '' : `; from before txg ${limit}, in which "${found?.record.text}" took effect`;
      return `${why}${before}${needs.length === 0 ? '' : `; has ${needs.map(({ text }) => text).join(', ')} whole`}`;
    },
  };
}

async function searchHistory(
  pool: Pool,
  all: readonly Candidate[],
  text: string,
  open: OpenBlocks,
  signal: AbortSignal | undefined,
): Promise<FoundRecord | null> {
  const { root } = pool;
  if (root === null) return null;
  for (const { uberblock } of all.filter(({ taken }) => taken).slice(0, HISTORIES)) {
    try {
      const ignore = { signal, onTrouble: () => {} };
      const { view } = await openPoolAt(pool, root, uberblock, open, ignore);
      const found = await findRecord(view.history(ignore), text);
      if (found !== null) return found;
    } catch (error) {
      if (!(error instanceof ZfsUberError)) throw error;
    }
  }
  return null;
}

function beforeFinding(text: string, found: FoundRecord | null, all: readonly Candidate[]): Finding {
  const about = { code: 'aimed-before', devices: [] };
  if (found === null || found.txg === null) {
    const message = `No record of the pool's history that reads contains "${text}": no txg is ranked. The command history lists the records.`;
    return { ...about, severity: 'error', message };
  }
  const { record, txg, matches } = found;
  const who = record.user === null ? '' : ` by user ${record.user}`;
  const host = record.hostname === null ? '' : ` on ${record.hostname}`;
  const when = record.time === null ? '' : ` at ${time(record.time)}`;
  const others = matches > 1 ? ` It is the last of ${matches} records that fit.` : '';
  const left = all.filter((each) => each.txg < txg).length;
  const message = `"${record.text}"${who}${host}${when} took effect in txg ${txg}; ${count(left, 'candidate')} are from before.${others}`;
  return { ...about, severity: left === 0 ? 'error' : 'info', message };
}

function needsFinding(needs: readonly Need[], judged: readonly Judged[], meeting: readonly Judged[]): Finding {
  const what = needs.map(({ text }) => text).join(', ');
  const about = { code: 'aimed-needs', devices: [] };
  if (meeting.length === 0) {
    const message = `None of ${count(judged.length, 'candidate')} has ${what} whole: none is proposed.`;
    return { ...about, severity: 'error', message };
  }
  const message = `${meeting.length} of ${count(judged.length, 'candidate')} have ${what} whole.`;
  return { ...about, severity: 'info', message };
}

function reasonOf({ need, state, detail }: NeedAnswer): string {
  if (state === 'absent') return `${need.text} is not there at this txg`;
  return state === 'damaged' ? `${need.text} is damaged: ${detail}` : `${need.text} cannot be told of: ${detail}`;
}
