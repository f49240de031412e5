import { LABEL_STEPS } from './labelSteps.ts';
import type { LoadState } from './loadState.ts';
import { type LoadStep, type Prediction, passes, predict, type Trouble } from './predict.ts';

/** A load as it is to be replayed: of the rings or of the checkpoint, whole or as far as is asked. */
export interface Replay {
  readonly steps: readonly LoadStep<LoadState>[];
  /** Traverses all blocks after the steps; without it no import can be promised. */
  readonly traversal: LoadStep<LoadState> | null;
  /** What the traversal found of which an import takes no notice; null when nothing. */
  readonly unseen: () => Trouble | null;
}

/** As far as labels, rings and root blocks decide. */
export const LABELS_ALONE: Replay = { steps: LABEL_STEPS, traversal: null, unseen: () => null };

/** Takes each step that was checked, with what stops it; null when it passes. */
export type OnStep = (step: LoadStep<LoadState>, trouble: Trouble | null) => void;

/**
 * The load of one candidate up to the traversal: its few reads have nothing to do with those of others.
 *
 * @returns as if the traversal found nothing, where there is one
 */
export const beginReplay = (state: LoadState, { steps, traversal }: Replay, onStep?: OnStep): Promise<Prediction> =>
  predict(state, steps, traversal !== null, onStep);

/**
 * What is left of it: the traversal, unless the load has failed. Those of several candidates may go on side by side: what
 * one sees others need not read.
 *
 * @param begun of the same candidate
 */
export async function endReplay(
  begun: Prediction,
  state: LoadState,
  { traversal }: Replay,
  onStep?: OnStep,
): Promise<Prediction> {
  if (traversal === null || !passes(begun)) return begun;
  const last = await predict(state, [traversal], true, onStep);
  return last.verdict === 'importable' ? begun : last;
}
