import type { Engine } from '../block/engine.ts';
import { UsageError } from '../bytes/errors.ts';
import { type CandidateLine, candidateLine } from '../document/candidateLine.ts';
import type { MomentsEntry } from '../document/moments.ts';
import type { ScanDocument } from '../document/scanDocument.ts';
import { buildScanDocument } from '../document/scanDocument.ts';
import type { AlsoAsked } from '../document/shell/verifyCommand.ts';
import { JUDGED_AS, type OpenZfs } from '../load/openzfs.ts';
import { USUALLY } from '../node/deviceMedia.ts';
import type { HandlePool } from '../node/handlePool.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import type { AimChoice } from '../rewind/aim/choice.ts';
import { parseNeed } from '../rewind/aim/need.ts';
import type { Judged } from '../rewind/judge.ts';
import type { Depth } from '../rewind/judgement.ts';
import { type PoolScan, type ScanPoolsOptions, scanPools } from '../rewind/scanPools.ts';
import { isBundled, refuseData } from './bundled.ts';
import { describeSurveyed } from './describeOpened.ts';
import { chooseEngine } from './host.ts';
import { importPlaces } from './importPlace.ts';
import { openZfsNamed } from './openZfsNamed.ts';
import type { Progress } from './progress.ts';
import { isOpened, type Sources } from './session.ts';
import { closeSources, surveyDevices } from './surveyDevices.ts';
import type { SurveyedSource } from './surveyedSource.ts';
import { toolInfo } from './toolInfo.ts';
import { watchPools } from './watchPools.ts';

export interface ScanOptions {
  /** How far each txg is checked. Default: `meta`. */
  readonly depth?: Depth | undefined;
  /** The OpenZFS whose answers are predicted: `2.1` to `2.4`, or one release of them such as `2.3.9`. Default: `2.3`. */
  readonly zfs?: string | undefined;
  /** Name or guid of the one pool to judge; null for all. */
  readonly pool?: string | null | undefined;
  readonly minTxg?: bigint | null | undefined;
  readonly maxTxg?: bigint | null | undefined;
  /** Text of a command in the pool's history: only txgs from before it are judged. Needs more depth than `labels`. */
  readonly before?: string | null | undefined;
  /** `DATASET[@SNAPSHOT][:/PATH]`: only txgs that have each of these whole are proposed. Needs more depth than `labels`. */
  readonly needs?: readonly string[] | undefined;
  /** Reads the rings again after so long, and says whether a host that is alive uses the pool. */
  readonly watchSeconds?: number | null | undefined;
  /** Also tells when what was done to each pool: its history, its datasets and snapshots. Needs more depth than `labels`. */
  readonly history?: boolean | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
  /** Ends the work; what is known by then is returned. */
  readonly signal?: AbortSignal | undefined;
  /** Each candidate as soon as it is judged, the newest of a pool first. */
  readonly onCandidate?: ((line: CandidateLine) => void) | undefined;
  /** Through which files and devices are opened. Default: the system. */
  readonly handles?: HandlePool | undefined;
  /** Default: the fastest one that works here. */
  readonly engine?: Engine | undefined;
}

/**
 * The main job: reads labels and rings of every source, assembles the pools, judges what each can be rewound to.
 *
 * @param sources paths, which are opened read-only and closed before this returns; or what `openPools` has opened
 * @returns the document of `scan --json`; what could not be read is in it
 *   when `signal` is aborted it is `stopped`, and says what is known by then
 * @throws UsageError when a spec or an option makes no sense
 */
export async function scan(sources: Sources, options: ScanOptions = {}): Promise<ScanDocument> {
  const { depth = 'meta', pool = null, minTxg = null, maxTxg = null, progress, signal, onCandidate } = options;
  const { watchSeconds = null, history = false } = options;
  if (isOpened(sources) && watchSeconds !== null) {
    throw new UsageError('watchSeconds wants paths: of a device that stays open the system may give what it has kept');
  }
  const engine = options.engine ?? (isOpened(sources) ? sources.engine : chooseEngine());
  const openZfs = openZfsNamed(options.zfs);
  const aim = aimOf(options, depth);
  const since = Date.now();
  // What is still to be loaded is, before sources take the files that can be open.
  const openBlocks = depth === 'labels' ? null : (await import('../pool/blockReader.ts')).openBlockReader;
  const { handles } = options;
  const surveyed = isOpened(sources)
    ? sources.sources
    : await surveyDevices(sources, { engine, progress, signal, handles });
  const close = () => (isOpened(sources) ? Promise.resolve() : closeSources(surveyed));
  try {
    if (depth === 'data') refuseData('depth data', surveyed);
    if (watchSeconds !== null && isBundled(surveyed)) {
      throw new UsageError('watch: a bundle never changes; it says nothing of a host that uses the pool');
    }
    const byOpened = importPlaces(surveyed.map(({ opened }) => opened));
    const places = new Map(surveyed.flatMap(({ opened, survey }) => (survey ? [[survey, byOpened.get(opened)]] : [])));
    const openReader = ({ root }: Pool) => (root === null ? null : (openBlocks?.(root, { engine }) ?? null));
    const judged = await scanPools(
      surveyed.flatMap(({ survey }) => survey ?? []),
      openReader,
      {
        depth,
        openZfs,
        only: pool,
        minTxg,
        maxTxg,
        ...(openBlocks === null
          ? {}
          : { blocks: { engine, open: (root, more) => openBlocks(root, { engine, ...more }) } }),
        placeOf: (device: DeviceSurvey) => places.get(device) ?? null,
        ...(signal === undefined ? {} : { signal }),
        ...(onCandidate && {
          onCandidateOf(of: Pool, judged: Judged) {
            // What was not judged any more is no news: the document has it.
            const open = judged.prediction.verdict === 'unverified';
            if (!open || signal?.aborted !== true) onCandidate(candidateLine(of, judged));
          },
        }),
        ...(aim && { aim }),
        ...(progress && progressOf(progress)),
      },
    );
    const moments = history && depth !== 'labels' ? await momentsOf(judged, surveyed, engine, signal) : [];
    let found = judged;
    if (!isOpened(sources) && watchSeconds !== null) {
      await close();
      found = await watchPools(sources, judged, { seconds: watchSeconds, since, engine, progress, signal, handles });
    }
    const stopped = signal?.aborted ?? false;
    return buildScanDocument({
      tool: toolInfo(engine),
      judgedAs: openZfs.release,
      depth,
      sources: surveyed.map(describeSurveyed),
      found,
      stopped,
      also: alsoAsked(options, openZfs),
      moments,
    });
  } finally {
    await close();
  }
}

function alsoAsked({ zfs, pool, handles }: ScanOptions, { release }: OpenZfs): AlsoAsked {
  const mayFail = handles?.media.mayFail ?? USUALLY;
  return {
    ...(zfs !== undefined && release !== JUDGED_AS.release && { zfs }),
    ...(typeof pool === 'string' && { pool }),
    ...(mayFail !== USUALLY && { mayFail }),
  };
}

/** Through what is open already: nothing is opened again. */
async function momentsOf(
  { judgements }: PoolScan,
  surveyed: readonly SurveyedSource[],
  engine: Engine,
  signal: AbortSignal | undefined,
): Promise<MomentsEntry[]> {
  const { toldEvents } = await import('./timeline.ts');
  const { OpenedPool } = await import('./openPool.ts');
  const { momentsEntry } = await import('../document/moments.ts');
  const all: MomentsEntry[] = [];
  for (const { pool, recommendation } of judgements) {
    const members = surveyed.flatMap(({ opened, survey }) =>
      survey !== null && pool.devices.includes(survey) ? [opened] : [],
    );
    const best = recommendation?.candidate.candidate ?? null;
    // Newer txgs may open and have lost what tells of them; a checkpoint is none of the rings.
    const txg = best?.checkpoint === null ? best.txg : null;
    all.push(momentsEntry(await toldEvents(new OpenedPool(pool, members, engine, async () => {}), txg, signal)));
  }
  return all;
}

/** @throws UsageError */
function aimOf({ before = null, needs = [] }: ScanOptions, depth: Depth): AimChoice | null {
  if (before === null && needs.length === 0) return null;
  if (depth === 'labels') throw new UsageError('before and needs look into the pool: depth labels does not');
  if (before?.trim() === '') throw new UsageError('before: the text of a command is empty');
  return { before, needs: needs.map(parseNeed) };
}

function progressOf(progress: (progress: Progress) => void): Pick<ScanPoolsOptions, 'onProgress' | 'onShare'> {
  let last = { phase: 'checking txgs', done: 0, total: 0 };
  let judging = false;
  return {
    onProgress(done, total) {
      // The next pool.
      if (done < last.done) judging = false;
      last = { ...last, done, total };
      progress(judging ? { ...last, part: partOf(done, total) } : last);
    },
    onShare(share) {
      // The root blocks were counted before.
      if (!judging) last = { ...last, done: 0 };
      judging = true;
      progress({ ...last, share, part: partOf(last.done + share, last.total) });
    },
  };
}

/** What another txg costs beside the first: most of what it has was seen there. */
const ANOTHER_TXG = 0.05;

/** @param done txgs, with the part of the one under way */
function partOf(done: number, total: number): number {
  const first = Math.min(done, 1);
  return (first + (done - first) * ANOTHER_TXG) / (1 + Math.max(total - 1, 0) * ANOTHER_TXG);
}
