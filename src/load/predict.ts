import { isGone, type SourceError } from '../source/source.ts';
import type { Danger, Hazard } from './hazard.ts';
import type { Reason, StepReason } from './reason.ts';
import type { StepName } from './stepNames.ts';

export interface Trouble {
  /** What could not be had, and what it belongs to. */
  readonly reason: StepReason;
  /**
   * `failed-read`: a device gave an error where it may stand. The import fails on that too, and it may be there all the
   * same: a copy of the device can have it.
   */
  readonly because: 'damage' | 'missing-device' | 'failed-read' | 'unknown';
  /** Reads that failed and had to do with it, also where something else decides. The first few. */
  readonly unread?: readonly SourceError[];
  /** OpenZFS does not survive this. */
  readonly danger?: Danger;
  /** Not to import the pool but to list it is enough. */
  readonly listing?: boolean;
}

/** One step of the real pool load, checked without loading. */
export interface LoadStep<State> {
  /** Name of the step in OpenZFS, so that its debug log can be compared with ours. */
  readonly name: StepName;
  readonly when: 'always' | 'read-write-only';
  /** The trouble that stops the load there; null when the step passes. */
  check(state: State): Promise<Trouble | null> | Trouble | null;
}

export type Verdict = 'importable' | 'readonly' | 'damaged' | 'incomplete' | 'unverified';

export interface Prediction {
  readonly verdict: Verdict;
  /** The deciding reason first. */
  readonly reasons: readonly Reason[];
  /** The step that decides, by its name in OpenZFS: reasons do not repeat it. Null when all that were asked pass. */
  readonly failsAt: StepName | null;
  readonly hazards: readonly Hazard[];
  /** Of what decides; absent where nothing is amiss. */
  readonly because?: Trouble['because'];
  /** As of {@link Trouble}. */
  readonly unread?: readonly SourceError[];
}

/** It imports, to read at least. */
export const passes = ({ verdict }: Pick<Prediction, 'verdict'>): boolean =>
  verdict === 'importable' || verdict === 'readonly';

/** It is known that it does not import, not even to read. */
export const fails = ({ verdict }: Pick<Prediction, 'verdict'>): boolean =>
  verdict === 'damaged' || verdict === 'incomplete';

/** Nothing but reads that failed stands against the txg, or against writing to it. */
export const restsOnFailedReads = ({ because }: Prediction): boolean => because === 'failed-read';

/** A device that went away leaves it open. */
export const isLeftByGone = ({ unread = [] }: Prediction): boolean => unread.some(isGone);

/**
 * What `zpool import -T` would answer, by the first step that cannot pass.
 *
 * @param steps in load order; a later step is not checked once the read-only import is known to fail
 * @param complete the steps are all that the load has; otherwise passing them leaves the answer open, and so does a
 *   read-write step that fails, because a later one may fail for both
 * @param onStep takes each step that was checked, with what stops it; null when it passes
 * Source: module/zfs/spa.c, spa_load_impl
 */
export async function predict<State>(
  state: State,
  steps: readonly LoadStep<State>[],
  complete: boolean,
  onStep?: (step: LoadStep<State>, trouble: Trouble | null) => void,
): Promise<Prediction> {
  let readWrite: Prediction | null = null;
  for (const step of steps) {
    if (step.when === 'read-write-only' && readWrite !== null) continue;
    const checking = step.check(state);
    const trouble = checking instanceof Promise ? await checking : checking;
    onStep?.(step, trouble);
    if (trouble === null) continue;
    const { danger, reason, listing = false, because, unread = [] } = trouble;
    const reasons: Reason[] = [{ ...reason, step: step.name }];
    const hazards: Hazard[] = danger === undefined ? [] : [{ ...danger, meets: { step: step.name, reason }, listing }];
    const found = { reasons, failsAt: step.name, hazards, because, ...(unread.length === 0 ? {} : { unread }) };
    if (because === 'unknown') return { verdict: 'unverified', ...found };
    if (step.when === 'always') return { verdict: because === 'missing-device' ? 'incomplete' : 'damaged', ...found };
    readWrite = { verdict: complete ? 'readonly' : 'unverified', ...found };
  }
  if (readWrite !== null) return readWrite;
  return complete
    ? { verdict: 'importable', reasons: [{ code: 'all-reads' }], failsAt: null, hazards: [] }
    : { verdict: 'unverified', reasons: [], failsAt: null, hazards: [] };
}
