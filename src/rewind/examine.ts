import type { Engine } from '../block/engine.ts';
import type { Txg } from '../bytes/units.ts';
import { type OpenBlocks, PoolReaders } from '../dataset/poolReaders.ts';
import type { Candidate } from '../load/candidates.ts';
import { throughSecondLoad } from '../load/importStages.ts';
import { LoadMemo } from '../load/loadMemo.ts';
import type { LoadState } from '../load/loadState.ts';
import { JUDGED_AS, type OpenZfs } from '../load/openzfs.ts';
import { missingTopsReplay, replayOf } from '../load/plan.ts';
import type { LoadStep, Prediction, Trouble } from '../load/predict.ts';
import { beginReplay, endReplay, type OnStep } from '../load/replay.ts';
import { checkRoots, NOT_CHECKED, readerFor } from '../load/rootCheck.ts';
import type { StepName } from '../load/stepNames.ts';
import type { BlockReader } from '../pool/blockRead.ts';
import type { Pool } from '../pool/pool.ts';
import type { SpentBound } from '../traverse/spentBound.ts';
import { createVerifier, type Verification, type Verifier, type VerifyProgress } from '../traverse/verifier.ts';
import { newLoad } from './judge.ts';
import { tellCheckpoint } from './judgeCheckpoint.ts';
import { withRetries } from './retries.ts';
import type { Relaxed } from './waysOut.ts';
import { lacksTops, loadWithoutTops } from './withoutTops.ts';

/**
 * One step of the load and what came of it. `open`: it cannot be told. `not-reached`: the load has failed before, or the
 * read-write import has and the step belongs to it alone.
 */
export interface StepOutcome {
  readonly name: StepName;
  readonly when: LoadStep<unknown>['when'];
  readonly outcome: 'passed' | 'failed' | 'open' | 'not-reached';
  /** Why it is not `passed`; null for a step that was not reached. */
  readonly trouble: Trouble | null;
}

export interface Examination {
  readonly prediction: Prediction;
  /** All steps, in the order of the load. */
  readonly steps: readonly StepOutcome[];
  /** What the traversal of all blocks found, also where the load would not get to it; null when it has no place to begin. */
  readonly verification: Verification | null;
  /** Of the load through which `verification` was found. */
  readonly state: LoadState;
  /**
   * Where the load ends for top-level vdevs that do not open: how OpenZFS loads it without them, which `verification` and
   * `state` are of then. Null where it does not end for that, or nothing is known to help.
   */
  readonly relaxed: Relaxed | null;
  /** Bounds of what is remembered that were reached. */
  readonly spent: readonly SpentBound[];
}

export interface ExamineOptions {
  readonly engine: Engine;
  readonly open: OpenBlocks;
  /** The one that loads. Default: 2.3. */
  readonly openZfs?: OpenZfs | undefined;
  /** Content is looked at too, not metadata alone. */
  readonly data: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
  /** What several examinations of one pool have in common. Default: nothing. */
  readonly shared?: SharedExamining;
}

/** What was judged in one examination, another does not read again. */
export interface SharedExamining {
  readonly readers: PoolReaders;
  readonly memo: LoadMemo;
  readonly verifier: Verifier;
}

/** @param oldestTxg that is examined; the newest first is best */
export function newExamining(
  { engine, open, openZfs = JUDGED_AS }: Pick<ExamineOptions, 'engine' | 'open' | 'openZfs'>,
  oldestTxg: Txg,
): SharedExamining {
  const { strictness } = openZfs;
  const verifier = createVerifier({ engine, oldestTxg, failures: FAILURES, strictness });
  return { readers: new PoolReaders(open), memo: new LoadMemo(), verifier };
}

/** Failures that are listed: as many as the verifier keeps particulars of. */
const FAILURES = 10_000;

/**
 * One candidate in depth: every step of its load, and every block that fails, also where the load would have given up.
 *
 * @param reader of the pool as its labels describe it
 * @param all candidates of `pool`
 * @throws LimitError for a tree that is much larger than the pool; the reason of `signal`
 */
export async function examine(
  pool: Pool,
  reader: BlockReader | null,
  all: readonly Candidate[],
  asked: Candidate,
  { engine, open, data, openZfs = JUDGED_AS, signal, onProgress, shared }: ExamineOptions,
): Promise<Examination> {
  const { readers, memo, verifier: inner } = shared ?? newExamining({ engine, open, openZfs }, asked.txg);
  const found = reader === null ? all : await throughSecondLoad(pool, all, readers, signal);
  const candidate = found.find(({ key }) => key === asked.key) ?? asked;
  const rootReader = reader && readerFor(candidate.startsFrom, reader, readers);
  const roots =
    rootReader === null ? null : await checkRoots([candidate], rootReader, signal === undefined ? {} : { signal });
  const root = roots?.get(candidate.rootKey) ?? NOT_CHECKED;
  const state = newLoad(pool, found, candidate, { root, readers, memo, signal, openZfs });
  let verification: Verification | null = null;
  const verifier: Verifier = {
    async verify(view, options) {
      const found = await inner.verify(view, { ...options, ...(onProgress === undefined ? {} : { onProgress }) });
      // A part of the pool, looked at again, is not what was found in all of it.
      if (options.minTxg === undefined) verification = found;
      return found;
    },
    get memoryBytes() {
      return inner.memoryBytes;
    },
    get spent() {
      return inner.spent;
    },
  };
  const replay = replayOf(candidate.checkpoint, verifier, data);
  const planned = replay.traversal === null ? replay.steps : [...replay.steps, replay.traversal];
  const seen = new Map<LoadStep<LoadState>, Trouble | null>();
  const onStep: OnStep = (step, trouble) => {
    seen.set(step, trouble);
  };
  const plain = await endReplay(await beginReplay(state, replay, onStep), state, replay, onStep);
  if (verification === null && state.view !== null && replay.traversal !== null) {
    // What else is damaged is worth knowing where the load gives up.
    await replay.traversal.check(state);
  }
  const { counts, devices, metaslabs, clones } = state;
  const plainly = verification;
  const without =
    candidate.checkpoint !== null || !lacksTops(plain)
      ? null
      : await loadWithoutTops(
          pool,
          found,
          candidate,
          { root, readers, memo, signal, openZfs },
          missingTopsReplay(verifier, data),
          verifier,
        );
  const own = tellCheckpoint({ prediction: plain, candidate, counts }, replay.unseen());
  const judged = { candidate, root, devices, prediction: own, logMissing: null, counts, metaslabs, clones };
  const [{ prediction } = judged] = withRetries(found, [judged], openZfs);
  const steps = planned.map((step): StepOutcome => {
    const { name, when } = step;
    const trouble = seen.get(step);
    if (trouble === undefined) return { name, when, outcome: 'not-reached', trouble: null };
    if (trouble === null) return { name, when, outcome: 'passed', trouble };
    return { name, when, outcome: trouble.because === 'unknown' ? 'open' : 'failed', trouble };
  });
  const spent = [...inner.spent, ...memo.spent];
  return without === null
    ? { prediction, steps, verification: plainly, state, relaxed: null, spent }
    : { prediction, steps, verification, state: without.state, relaxed: without.relaxed, spent };
}
