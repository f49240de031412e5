import { UsageError } from '../bytes/errors.ts';
import { PoolReaders } from '../dataset/poolReaders.ts';
import { isUsable } from '../document/overlayDocument.ts';
import type { Candidate } from '../load/candidates.ts';
import type { Pool } from '../pool/pool.ts';
import { findCheckpoint } from '../rewind/facts/checkpoint.ts';
import { judgePool } from '../rewind/judgePool.ts';
import { openByLabels } from '../rewind/openByLabels.ts';
import type { OverlayBlocks } from '../rewind/overlay/chosenUberblock.ts';
import type { OverlayMethod, OverlayPlan } from '../rewind/overlay/plan.ts';
import { planOverlay } from '../rewind/overlay/planOverlay.ts';
import { type OverlayPrediction, predictOverlay } from '../rewind/overlay/predictOverlay.ts';
import { NoSuchTxgError } from './noSuchTxg.ts';
import type { OpenedPool } from './openPool.ts';
import type { Progress } from './progress.ts';

/** Which state of the pool, and how it comes to be the one that is loaded. */
export interface OverlayWish {
  /** `checkpoint` for the uberblock that the pool keeps as its checkpoint. Null or absent: the txg that a scan recommends. */
  readonly txg?: bigint | 'checkpoint' | null | undefined;
  /** Newer uberblocks are hidden, or its own is made newer. Default: `hide`. */
  readonly method?: OverlayMethod | undefined;
  /** Leaves the pool's state in the labels as it is, so that an import may need `-f`, or `-D`. */
  readonly keepState?: boolean | undefined;
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
  one: OpenedPool,
  blocks: OverlayBlocks,
  options: OverlayWish,
): Promise<OverlayChoice | null> {
  const { pool, candidates } = one;
  let first: OverlayChoice | null = null;
  for (const candidate of (await wanted(one, blocks, options)).slice(0, TRIES)) {
    const found = await tried(pool, candidates, candidate, blocks, options);
    first ??= found;
    if (found.prediction !== null && isUsable(found.prediction.answer)) return found;
  }
  return first;
}

async function tried(
  pool: Pool,
  all: readonly Candidate[],
  candidate: Candidate,
  blocks: OverlayBlocks,
  { method = 'hide', keepState = false, progress, signal }: OverlayWish,
): Promise<OverlayChoice> {
  const plan = await planOverlay(pool, all, candidate, {
    blocks,
    method,
    keepState,
    assumed: new Map(),
    now: BigInt(Math.floor(Date.now() / 1000)),
    signal,
  });
  if (plan.refusal !== null) return { plan, prediction: null };
  progress?.({ phase: `trying the overlay of txg ${candidate.txg}`, done: 0, total: 1 });
  return { plan, prediction: await predictOverlay(plan, { blocks, signal }) };
}

/** What to try, the best first; of one txg that two histories have, the one that an import takes. */
async function wanted(one: OpenedPool, blocks: OverlayBlocks, options: OverlayWish): Promise<readonly Candidate[]> {
  const { txg = null, signal } = options;
  const { pool, candidates, txgs } = one;
  if (txg === null) return recommended(one, blocks, options);
  const those = candidates.filter((each) => each.txg === txg);
  const ofRing = those.find(({ taken }) => taken) ?? those[0];
  if (ofRing !== undefined) return [ofRing];
  if (pool.root === null) return [];
  const reader = openByLabels(blocks, pool.root);
  const kept = await findCheckpoint(pool, candidates, { reader, readers: new PoolReaders(blocks.open), signal });
  const stored = kept?.candidate ?? null;
  if (stored !== null && (txg === 'checkpoint' || txg === stored.txg)) return [stored];
  if (txg === 'checkpoint') throw new UsageError('overlay: no meta-object set that opens keeps a checkpoint');
  throw new NoSuchTxgError(txg, txgs);
}

async function recommended(
  { pool, candidates }: OpenedPool,
  blocks: OverlayBlocks,
  { progress, signal }: OverlayWish,
): Promise<readonly Candidate[]> {
  const reader = pool.root === null ? null : openByLabels(blocks, pool.root);
  const judgement = await judgePool(pool, reader, {
    depth: 'meta',
    blocks,
    waysOut: false,
    ...(signal === undefined ? {} : { signal }),
    ...(progress && { onProgress: (done: number, total: number) => progress({ phase: 'checking txgs', done, total }) }),
  });
  signal?.throwIfAborted();
  const best = judgement.recommendation?.candidate.candidate;
  const ranked = judgement.candidates.map(({ candidate }) => candidate);
  // A plain import verifies less than `-T`, so that a txg may load which no rewind leads to.
  const order = best === undefined ? candidates.filter(({ taken }) => taken) : [best, ...ranked];
  return [...new Set(order)];
}
