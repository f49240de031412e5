import type { Engine } from '../block/engine.ts';
import { buildLabelsDocument, type LabelsDocument } from '../document/labelsDocument.ts';
import { buildRingDocument, type RingDocument } from '../document/ringDocument.ts';
import type { DescribedSource } from '../document/sourceEntry.ts';
import type { HandlePool } from '../node/handlePool.ts';
import { describeSurveyed } from './describeOpened.ts';
import { chooseEngine } from './host.ts';
import type { Progress } from './progress.ts';
import { isOpened, type Sources } from './session.ts';
import { closeSources, surveyDevices } from './surveyDevices.ts';
import { toolInfo } from './toolInfo.ts';

export interface SurveyOptions {
  readonly progress?: ((progress: Progress) => void) | undefined;
  /** Ends the reading: sources that had no turn have the error `stopped`. */
  readonly signal?: AbortSignal | undefined;
  /** Through which files and devices are opened, and how what fails is read. Default: the system, with care. */
  readonly handles?: HandlePool | undefined;
  /** Default: the fastest one that works here. */
  readonly engine?: Engine | undefined;
}

/**
 * Every label of each source as it stands there, and where the four copies differ.
 *
 * @returns the document of `labels --json`
 * @throws UsageError when a path makes no sense
 */
export async function labels(sources: Sources, options: SurveyOptions = {}): Promise<LabelsDocument> {
  const { tool, described, stopped } = await survey(sources, options);
  return buildLabelsDocument(tool, described, stopped);
}

/**
 * Every uberblock slot of each source: valid, empty, torn, foreign.
 *
 * @returns the document of `ring --json`
 * @throws UsageError when a path makes no sense
 */
export async function ring(sources: Sources, options: SurveyOptions = {}): Promise<RingDocument> {
  const { tool, described, stopped } = await survey(sources, options);
  return buildRingDocument(tool, described, stopped);
}

async function survey(sources: Sources, { progress, signal, handles, engine: wanted }: SurveyOptions) {
  const engine = wanted ?? (isOpened(sources) ? sources.engine : chooseEngine());
  // Of opened pools the labels are read anew: what they say of boot environments nothing else needs.
  const specs = isOpened(sources) ? sources.specs : sources;
  const surveyed = await surveyDevices(specs, { engine, progress, signal, handles, bootEnvironments: true });
  await closeSources(surveyed);
  const described: DescribedSource[] = surveyed.map(describeSurveyed);
  return { tool: toolInfo(engine), described, stopped: signal?.aborted ?? false };
}
