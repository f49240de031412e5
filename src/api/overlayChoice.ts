import { UsageError } from '../bytes/errors.ts';
import { asGuid, type Guid } from '../bytes/units.ts';
import { orNull } from '../dataset/orNull.ts';
import { PoolReaders } from '../dataset/poolReaders.ts';
import { isUsable } from '../document/overlayDocument.ts';
import { type Candidate, collectCandidates } from '../load/candidates.ts';
import { assemblePools } from '../pool/assemblePools.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { keptUberblock, undetached } from '../pool/undetached.ts';
import { findCheckpoint } from '../rewind/facts/checkpoint.ts';
import { judgePool } from '../rewind/judgePool.ts';
import { openByLabels } from '../rewind/openByLabels.ts';
import type { OverlayBlocks } from '../rewind/overlay/chosenUberblock.ts';
import type { OverlayMethod, OverlayPlan } from '../rewind/overlay/plan.ts';
import { planOverlay } from '../rewind/overlay/planOverlay.ts';
import { type OverlayPrediction, predictOverlay } from '../rewind/overlay/predictOverlay.ts';
import { type LeafTrial, tryLeaf, withAssumed } from '../rewind/overlay/proveLeaf.ts';
import { NoSuchTxgError } from './noSuchTxg.ts';
import type { OpenedPool, OpenedPools } from './openPool.ts';
import type { Progress } from './progress.ts';
import type { SurveyedSource } from './surveyedSource.ts';

/** Which state of the pool, and how it comes to be the one that is loaded. */
export interface OverlayWish {
  /** `checkpoint` for the uberblock that the pool keeps as its checkpoint. Null or absent: the txg that a scan recommends. */
  readonly txg?: bigint | 'checkpoint' | null | undefined;
  /** Newer uberblocks are hidden, or its own is made newer. Default: `hide`. */
  readonly method?: OverlayMethod | undefined;
  /** Leaves the pool's state in the labels as it is, so that an import may need `-f`, or `-D`. */
  readonly keepState?: boolean | undefined;
  /** Devices that were detached, replaced or removed count as members again. */
  readonly undetach?: boolean | undefined;
  /** `DEVICE=GUID`: a source that is a leaf although no label of it says so. It is proved first. */
  readonly assume?: readonly string[] | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface OverlayChoice {
  readonly plan: OverlayPlan;
  /** Null where the plan is refused. */
  readonly prediction: OverlayPrediction | null;
}

/** States that are tried where no txg was named: each is verified whole. */
const TRIES = 8;

/**
 * The plan for the txg that was asked for, or for the one that a scan recommends; where that gives no overlay that loads,
 * of those that it ranks next the first that does.
 *
 * @returns null where the rings hold no state at all
 * @throws NoSuchTxgError, UsageError
 */
export async function chooseOverlay(
  { sources }: OpenedPools,
  one: OpenedPool,
  blocks: OverlayBlocks,
  options: OverlayWish,
): Promise<OverlayChoice | null> {
  const found = options.undetach ? withRevived(one) : { pool: one.pool, candidates: one.candidates, revived: NOBODY };
  const assumed = await assumedLeaves(sources, found, blocks, options);
  // Without one of them nothing of the pool may open.
  const told = { ...found, pool: withAssumed(found.pool, assumed) };
  let first: OverlayChoice | null = null;
  for (const each of (await wanted(told, blocks, options)).slice(0, TRIES)) {
    const choice = await tried(told, each, assumed, blocks, options);
    first ??= choice;
    if (choice.prediction !== null && isUsable(choice.prediction.answer)) return choice;
  }
  return first;
}

/** A pool, with what its rings hold. */
interface Told {
  readonly pool: Pool;
  readonly candidates: readonly Candidate[];
  /** Devices of `pool` that are told to be what they were. */
  readonly revived: ReadonlySet<DeviceSurvey>;
}

const NOBODY: ReadonlySet<DeviceSurvey> = new Set();

/** The pool as it is once devices that left it have their txg back. */
function withRevived({ pool, candidates }: OpenedPool): Told {
  const revived = new Set<DeviceSurvey>();
  const devices = pool.devices.map((device) => {
    const kept = keptUberblock(device);
    if (kept === null) return device;
    const as = undetached(device, kept);
    revived.add(as);
    return as;
  });
  const part = assemblePools(devices).pools.find(({ guid }) => guid === pool.guid);
  if (part === undefined || revived.size === 0) return { pool, candidates, revived: NOBODY };
  return { pool: part, candidates: collectCandidates(part), revived };
}

/** @throws UsageError for a text that makes no sense, a source that there is not, and one that is not the leaf */
async function assumedLeaves(
  sources: readonly SurveyedSource[],
  { pool, candidates }: Told,
  blocks: OverlayBlocks,
  { assume = [], signal }: OverlayWish,
): Promise<ReadonlyMap<Guid, DeviceSurvey>> {
  const assumed = new Map<Guid, DeviceSurvey>();
  const paths = new Map<Guid, string>();
  for (const text of assume) {
    const [, path, digits] = /^(.+)=([0-9]{1,20})$/s.exec(text) ?? [];
    if (path === undefined || digits === undefined)
      throw new UsageError(`assume: expected DEVICE=GUID; found '${text}'`);
    const device = sources.find(({ opened }) => opened.path === path)?.survey ?? null;
    if (device === null) throw new UsageError(`assume: ${path} is none of the sources that could be read`);
    const guid = asGuid(BigInt(digits));
    assumed.set(guid, device);
    paths.set(guid, path);
  }
  for (const [guid, path] of paths) {
    const trial = await firstTrial(pool, candidates, guid, assumed, blocks, signal);
    if (trial === null)
      throw new UsageError(`assume: no state of the pool opens by which ${path} could be tried, with it or without`);
    if (!trial.known) throw new UsageError(`assume: the pool has no leaf ${guid}`);
    if (!trial.isLeaf) {
      const found = `${trial.good === 0 ? 'none' : trial.good} of ${trial.good + trial.wrong} blocks verifies on it`;
      throw new UsageError(`assume: ${path} is not leaf ${guid}: with the leaves beside it withheld ${found}`);
    }
  }
  return assumed;
}

/** By states of all ages: a leg that stopped early holds none of the newest. */
async function firstTrial(
  pool: Pool,
  candidates: readonly Candidate[],
  guid: Guid,
  assumed: ReadonlyMap<Guid, DeviceSurvey>,
  blocks: OverlayBlocks,
  signal: AbortSignal | undefined,
): Promise<LeafTrial | null> {
  // First without: of a raidz that lacks another leg, or of which several are assumed, nothing opens then.
  const told = [pool, withAssumed(pool, assumed)];
  const apart = Math.max(1, candidates.length / TRIES);
  let last: LeafTrial | null = null;
  for (const [i, candidate] of candidates.entries()) {
    if (Math.floor(i / apart) === Math.floor((i - 1) / apart)) continue;
    for (const each of told) {
      const { root } = each;
      if (root === null) return null;
      const trial = await orNull(() => tryLeaf(each, root, candidate, guid, assumed, blocks, signal));
      last = trial ?? last;
      if (trial !== null) break;
    }
    if (last?.isLeaf) break;
  }
  return last;
}

async function tried(
  { pool, candidates, revived }: Told,
  { candidate, metadataErrors }: Wanted,
  assumed: ReadonlyMap<Guid, DeviceSurvey>,
  blocks: OverlayBlocks,
  { method = 'hide', keepState = false, progress, signal }: OverlayWish,
): Promise<OverlayChoice> {
  const now = BigInt(Math.floor(Date.now() / 1000));
  const plan = await planOverlay(pool, candidates, candidate, {
    ...{ blocks, method, keepState, assumed, revived, now, signal },
  });
  if (plan.refusal !== null) return { plan, prediction: null };
  // The share is an estimate by bytes.
  const onShare = progress && ((share: number) => progress({ phase: 'checking blocks, part', ...partOf(share) }));
  return { plan, prediction: await predictOverlay(plan, { blocks, signal, metadataErrors, onShare }) };
}

const partOf = (share: number) => ({ done: Math.floor(Math.min(Math.max(share, 0), 1) * 100), total: 100 });

/** A state to try, and what is known of it. */
interface Wanted {
  readonly candidate: Candidate;
  /** As of PredictOptions. */
  readonly metadataErrors: number | null;
}

const unjudged = (candidate: Candidate): Wanted => ({ candidate, metadataErrors: null });

/** What to try, the best first; of one txg that two histories have, the one that an import takes. */
async function wanted(told: Told, blocks: OverlayBlocks, options: OverlayWish): Promise<readonly Wanted[]> {
  const { txg = null, signal } = options;
  const { pool, candidates } = told;
  if (txg === null) return recommended(told, blocks, options);
  const those = candidates.filter((each) => each.txg === txg);
  const ofRing = those.find(({ taken }) => taken) ?? those[0];
  if (ofRing !== undefined) return [unjudged(ofRing)];
  if (pool.root === null) return [];
  const reader = openByLabels(blocks, pool.root);
  const kept = await findCheckpoint(pool, candidates, { reader, readers: new PoolReaders(blocks.open), signal });
  const stored = kept?.candidate ?? null;
  if (stored !== null && (txg === 'checkpoint' || txg === stored.txg)) return [unjudged(stored)];
  if (txg === 'checkpoint') throw new UsageError('overlay: no meta-object set that opens keeps a checkpoint');
  throw new NoSuchTxgError(txg, [...new Set(candidates.map((each) => each.txg))]);
}

async function recommended(
  { pool, candidates }: Told,
  blocks: OverlayBlocks,
  { progress, signal }: OverlayWish,
): Promise<readonly Wanted[]> {
  const reader = pool.root === null ? null : openByLabels(blocks, pool.root);
  const judgement = await judgePool(pool, reader, {
    depth: 'meta',
    blocks,
    waysOut: false,
    ...(signal === undefined ? {} : { signal }),
    ...(progress && { onProgress: (done: number, total: number) => progress({ phase: 'checking txgs', done, total }) }),
  });
  signal?.throwIfAborted();
  const ranked = judgement.candidates.map(({ candidate, counts }) => ({
    candidate,
    metadataErrors: counts?.metadataErrors ?? null,
  }));
  const best = ranked.find(({ candidate }) => candidate === judgement.recommendation?.candidate.candidate);
  if (best !== undefined) return [best, ...ranked.filter((each) => each !== best)];
  // A plain import verifies less than `-T`, so that a txg may load which no rewind leads to.
  return candidates.flatMap((candidate) =>
    candidate.taken ? [ranked.find((each) => each.candidate.key === candidate.key) ?? unjudged(candidate)] : [],
  );
}
