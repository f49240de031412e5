import type { Engine } from '../block/engine.ts';
import type { HandlePool } from '../node/handlePool.ts';
import type { OpenedSource } from '../node/openedSource.ts';
import type { SourceRecorder } from '../node/recorder.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import type { Progress } from './progress.ts';

/** One source as it was opened, and what its label regions say; null when it could not be opened. */
export interface SurveyedSource {
  readonly opened: OpenedSource;
  readonly survey: DeviceSurvey | null;
}

export interface SurveyChoice {
  readonly engine: Engine;
  readonly progress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Through which files and devices are opened. Default: the system. */
  readonly handles?: HandlePool | undefined;
  /** Takes all that is read of the sources. */
  readonly recorder?: SourceRecorder | undefined;
  /** Also reads the boot environment block of each label. */
  readonly bootEnvironments?: boolean | undefined;
}
