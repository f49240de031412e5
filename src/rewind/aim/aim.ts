import type { Engine } from '../../block/engine.ts';
import type { PoolReaders } from '../../dataset/poolReaders.ts';
import type { Candidate } from '../../load/candidates.ts';
import type { LoadState } from '../../load/loadState.ts';
import type { Reason } from '../../load/reason.ts';
import type { Pool } from '../../pool/pool.ts';
import type { Aimed } from '../choice.ts';
import type { Finding } from '../findings/finding.ts';
import type { Judged } from '../judge.ts';
import type { AimChoice } from './choice.ts';
import { deadlineOf } from './deadline.ts';
import { type NeedAnswer, NeedsCheck } from './needsCheck.ts';
import { needsFinding } from './needsFinding.ts';

export interface Aim {
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
  /** For the reason of a proposal. */
  readonly aimed: Aimed;
}

/**
 * @param all candidates of `pool`, newest first
 * @throws the reason of `signal`
 */
export async function takeAim(
  pool: Pool,
  all: readonly Candidate[],
  { before, needs }: AimChoice,
  { readers, engine }: { readonly readers: PoolReaders; readonly engine: Engine },
  signal?: AbortSignal,
): Promise<Aim> {
  const deadline = before === null ? null : await deadlineOf(pool, all, before, readers, signal);
  const check = new NeedsCheck(needs, engine);
  const answers = new Map<Candidate, readonly NeedAnswer[]>();
  const lacking = (candidate: Candidate) => (answers.get(candidate) ?? []).filter(({ state }) => state !== 'whole');
  const meets = (candidate: Candidate) =>
    needs.length === 0 || (answers.has(candidate) && lacking(candidate).length === 0);
  return {
    findings: (judged) => [
      ...(deadline === null ? [] : [{ code: 'aimed-before' as const, devices: [], ...deadline.finding }]),
      ...(needs.length === 0
        ? []
        : [
            needsFinding(
              needs,
              judged.map(({ candidate }) => ({ txg: candidate.txg, answers: answers.get(candidate) ?? null })),
              pool.name,
            ),
          ]),
    ],
    wanted: (candidate) => deadline === null || deadline.isBefore(candidate),
    async examine(state) {
      if (needs.length > 0) answers.set(state.candidate, await check.check(state));
    },
    explain(judged) {
      const unmet = lacking(judged.candidate).map(reasonOf);
      const whole = (answers.get(judged.candidate) ?? []).filter(({ state }) => state === 'whole');
      const { prediction } = judged;
      return {
        ...judged,
        prediction: { ...prediction, reasons: [...unmet, ...prediction.reasons, ...whole.map(reasonOf)] },
      };
    },
    meets: ({ candidate }) => meets(candidate),
    aimed: { before: deadline?.aimed ?? null, needs: needs.map(({ text }) => text) },
  };
}

function reasonOf(answer: NeedAnswer): Reason {
  const need = answer.need.text;
  if (!('trouble' in answer)) return { code: answer.state === 'whole' ? 'need-whole' : 'need-absent', need };
  return { code: answer.state === 'damaged' ? 'need-damaged' : 'need-unknown', need, trouble: answer.trouble };
}
