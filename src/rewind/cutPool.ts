import type { DeviceSurvey } from '../pool/survey.ts';
import type { JudgedCandidate } from './judgedCandidate.ts';
import type { Step } from './steps.ts';

/** A device that goes on behind the end of its vdev, where labels 2 and 3 of another pool stand. */
export interface CutVdev {
  readonly device: DeviceSurvey;
  /** Bytes of the vdev: what it has to be cut to. */
  readonly size: number;
  /** `file` or `disk`, as its label says. */
  readonly type: 'file' | 'disk';
}

/** What becomes of a pool when its devices end where their vdevs do. */
export interface CutPool {
  readonly cuts: readonly CutVdev[];
  /** What would be recommended then; null when nothing imports, or it was not asked. */
  readonly best: JudgedCandidate | null;
  /** All that is to be done for that, in order. */
  readonly steps: readonly Step[];
}
