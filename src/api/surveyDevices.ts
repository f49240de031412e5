import type { Engine } from '../block/engine.ts';
import { StoppedError, ZfsUberError } from '../bytes/errors.ts';
import { unlessStopped } from '../bytes/stopping.ts';
import { mapBounded } from '../node/bounded.ts';
import type { OpenedSource } from '../node/openedSource.ts';
import { stoppedAt } from '../node/openTargets.ts';
import type { SourceSpec } from '../node/target.ts';
import type { RootedLabels } from '../pool/survey.ts';
import { surveyDevice } from '../pool/surveyDevice.ts';
import type { FoundRoot } from '../rewind/overlay/labelsFromRoot.ts';
import { ChunkCache } from '../source/chunkCache.ts';
import { queued } from '../source/deviceQueue.ts';
import { noting } from '../source/failedReads.ts';
import { overlaid } from '../source/overlaid.ts';
import { ProbedEnds } from '../source/probed.ts';
import { openSources } from './host.ts';
import { hiddenVdev, signaturesOf } from './importPlace.ts';
import { isSettled } from './settled.ts';
import type { SurveyChoice, SurveyedSource } from './surveyedSource.ts';

/** A source under survey holds up to 1 MiB of label bytes, and where they are still to be read four reads are under way. */
const AT_ONCE = 8;
/** Reads of blocks that are under way at all devices together, and at least at each. */
const IN_FLIGHT = 32;
const LEAST_DEPTH = 2;

/**
 * Opens every source and reads its label regions. A source that cannot be opened or read is an entry that says why;
 * the others are read all the same.
 *
 * @param specs paths of devices, images and directories, `path@OFFSET[+LENGTH]`, addresses on a network, sources
 * @returns in the order given, also when `choice.signal` is aborted: what had no turn by then has a StoppedError; the
 *   caller closes each `opened`
 * @throws UsageError when a spec makes no sense
 */
export async function surveyDevices(specs: readonly SourceSpec[], choice: SurveyChoice): Promise<SurveyedSource[]> {
  const options = choice.signal === undefined ? {} : { signal: choice.signal };
  const { recorder, handles } = choice;
  // The labels are at the ends that were read to open a source.
  const ends = new ProbedEnds();
  const opened = await openSources(specs, { ...options, recorder, ends, ...(handles && { pool: handles }) });
  const cache = new ChunkCache();
  const depth = Math.max(LEAST_DEPTH, Math.floor(IN_FLIGHT / Math.max(opened.length, 1)));
  let done = 0;
  try {
    const labels = await rootedLabels(opened, choice.engine, choice.signal);
    const survey = async (source: OpenedSource): Promise<SurveyedSource> => {
      if (source.source === null) return { opened: source, survey: null };
      const { bootEnvironments, engine } = choice;
      const rooted = labels.get(source) ?? null;
      if (rooted instanceof ZfsUberError) {
        return { opened: { ...source, source: null, disk: null, error: rooted }, survey: null };
      }
      const noted = rooted === null ? noting(source.source) : overlaid(rooted.bare, rooted.laid);
      const found = await surveyDevice(noted, engine, { ...options, bootEnvironments, sums: true });
      // The survey tells what can be read to the sector; from here on blocks are read, most of them small.
      const cached = cache.of(queued(noted, depth));
      return {
        opened: { ...source, source: cached },
        survey: {
          ...found,
          source: cached,
          shift: source.shift,
          hidden: hiddenVdev(source),
          signed: signaturesOf(source),
          ...(rooted && { rooted }),
        },
      };
    };
    const stopped = (source: OpenedSource): SurveyedSource => ({
      opened: { ...source, source: null, disk: null, error: stoppedAt(source.path) },
      survey: null,
    });
    const surveyed = await mapBounded(opened, AT_ONCE, async (source) => {
      const each = await unlessStopped(
        choice.signal,
        () => survey(source),
        () => stopped(source),
      );
      choice.progress?.({ phase: 'reading labels', done: ++done, total: opened.length });
      return each;
    });
    // What was given up may still be reading.
    if (choice.signal?.aborted) ends.forget();
    else ends.release();
    if (surveyed.every((each) => each.survey === null || isSettled(each.survey))) return surveyed;
    const { withShifted } = await import('./shiftedSources.ts');
    const { signal } = choice;
    return await unlessStopped(
      signal,
      () => withShifted(surveyed, { survey, signal }),
      () => surveyed,
    );
  } catch (error) {
    await Promise.all(opened.map((source) => source.close()));
    throw error;
  }
}

/** Labels for those sources that a root was named with, or the reason why there are none. */
async function rootedLabels(
  opened: readonly OpenedSource[],
  engine: Engine,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<OpenedSource, RootedLabels | ZfsUberError>> {
  const rooted = new Map<OpenedSource, RootedLabels | ZfsUberError>();
  if (opened.every(({ root }) => root === undefined)) return rooted;
  const { findRoot, labelsFromRoots } = await import('../rewind/overlay/labelsFromRoot.ts');
  const found = new Map<OpenedSource, FoundRoot>();
  const refuse = (each: OpenedSource, error: unknown): void => {
    if (!(error instanceof ZfsUberError) || error instanceof StoppedError) throw error;
    rooted.set(each, error);
  };
  for (const each of opened) {
    const { source, root } = each;
    if (source === null || root === undefined) continue;
    const device = await surveyDevice(noting(source), engine);
    await findRoot(device, root, engine, signal).then(
      (one) => found.set(each, one),
      (error: unknown) => refuse(each, error),
    );
  }
  const labels = await labelsFromRoots([...found.values()], engine, signal);
  for (const [i, each] of [...found.keys()].entries()) {
    const made = labels[i];
    if (made !== undefined) rooted.set(each, made);
  }
  return rooted;
}

export async function closeSources(surveyed: readonly SurveyedSource[]): Promise<void> {
  await Promise.all(surveyed.map(({ opened }) => opened.close()));
}
