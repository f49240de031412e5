import { unlessStopped } from '../bytes/stopping.ts';
import type { PoolReaders } from '../dataset/poolReaders.ts';
import type { Candidate } from '../load/candidates.ts';
import { fails, type Prediction, type Trouble } from '../load/predict.ts';
import type { Reason } from '../load/reason.ts';
import type { BlockReader } from '../pool/blockRead.ts';
import type { Pool } from '../pool/pool.ts';
import type { Verifier } from '../traverse/verifier.ts';
import type { FoundCheckpoint } from './facts/checkpoint.ts';
import { type Judged, type JudgingOptions, judge } from './judge.ts';

/**
 * The checkpoint that meta-object sets keep; null without one, and where that is not looked for.
 *
 * @param readers null where only labels, rings and root blocks are judged
 */
export async function checkpointOf(
  pool: Pool,
  all: readonly Candidate[],
  reader: BlockReader | null,
  readers: PoolReaders | null,
  signal: AbortSignal | undefined,
): Promise<FoundCheckpoint | null> {
  if (reader === null || readers === null) return null;
  const { findCheckpoint } = await import('./facts/checkpoint.ts');
  return unlessStopped(
    signal,
    () => findCheckpoint(pool, all, { reader, readers, signal }),
    () => null,
  );
}

export interface CheckpointJudging extends Omit<JudgingOptions, 'replay' | 'rootOf'> {
  readonly reader: BlockReader;
  /** Null where no traversal is asked for. */
  readonly verifier: Verifier | null;
  /** Content is verified too. */
  readonly data: boolean;
}

/** Judges the candidate that the rings do not hold as what its commands make of it. */
export async function judgeCheckpoint(
  pool: Pool,
  all: readonly Candidate[],
  candidate: Candidate,
  { reader, verifier, data, ...options }: CheckpointJudging,
): Promise<Judged | null> {
  const [{ checkRoots, NOT_CHECKED }, { replayOf }] = await Promise.all([
    import('../load/rootCheck.ts'),
    import('../load/plan.ts'),
  ]);
  const { signal } = options;
  const judgeIt = async () => {
    const roots = await checkRoots([candidate], reader, signal === undefined ? {} : { signal });
    const root = roots.get(candidate.rootKey) ?? NOT_CHECKED;
    const replay = replayOf(candidate.checkpoint, verifier, data);
    for await (const judged of judge(pool, all, [candidate], { ...options, rootOf: () => root, replay })) {
      return { ...judged, prediction: tellCheckpoint(judged, replay.unseen()) };
    }
    return null;
  };
  return unlessStopped(signal, judgeIt, () => null);
}

/**
 * With what the candidate is, how it is had and what an import does not tell among the reasons.
 *
 * @param damage that an import does not look at
 */
export function tellCheckpoint(
  { prediction, candidate, counts }: Pick<Judged, 'prediction' | 'candidate' | 'counts'>,
  damage: Trouble | null,
): Prediction {
  const { checkpoint } = candidate;
  if (checkpoint === null) return prediction;
  const { heldBy, plain } = checkpoint;
  const what: Reason = { code: 'checkpoint', heldBy };
  if (fails(prediction)) {
    return { ...prediction, reasons: [...prediction.reasons, what] };
  }
  const verdict = prediction.verdict === 'importable' && !plain ? 'readonly' : prediction.verdict;
  const reasons: Reason[] = [what];
  if (damage !== null) {
    const blocks = Math.max(1, counts?.metadataErrors ?? 0);
    reasons.unshift({ code: 'checkpoint-damage-unseen', blocks, reason: damage.reason });
  }
  if (!plain) reasons.push({ code: 'checkpoint-read-only', heldBy });
  return { ...prediction, verdict, reasons: [...reasons, ...prediction.reasons] };
}
