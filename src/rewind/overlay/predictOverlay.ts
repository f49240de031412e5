import { PoolReaders } from '../../dataset/poolReaders.ts';
import { LoadMemo } from '../../load/loadMemo.ts';
import { replayOf } from '../../load/plan.ts';
import type { Prediction } from '../../load/predict.ts';
import { beginReplay, endReplay } from '../../load/replay.ts';
import { checkRoots, NOT_CHECKED } from '../../load/rootCheck.ts';
import { traversePlainly } from '../../load/verifyStep.ts';
import { assemblePools } from '../../pool/assemblePools.ts';
import type { Pool } from '../../pool/pool.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import { surveyDevice } from '../../pool/surveyDevice.ts';
import { overlaid } from '../../source/overlaid.ts';
import { createVerifier } from '../../traverse/verifier.ts';
import { candidatesOf } from '../candidatesOf.ts';
import { telling } from '../gather.ts';
import { newLoad } from '../judge.ts';
import { openByLabels } from '../openByLabels.ts';
import type { OverlayBlocks } from './chosenUberblock.ts';
import type { OverlayPlan } from './plan.ts';

/**
 * What a plain import of the overlay answers.
 *
 * `loads` read-only and read-write; `loads-read-only` to write it fails; `fails`, `panics` either; `unknown` where not all
 * could be read or judged.
 */
export type OverlayAnswer = 'loads' | 'loads-read-only' | 'fails' | 'panics' | 'unknown';

export interface OverlayPrediction {
  readonly answer: OverlayAnswer;
  /** What decides. */
  readonly prediction: Prediction;
  /** Bad blocks of metadata in all of the pool, most of which a plain import does not look at; null when not counted. */
  readonly metadataErrors: number | null;
  /** A log device that the pool had at the txg is missing: only `-m` gets past it. */
  readonly logMissing: boolean;
  /** The pool as it shows in the overlay; null where it does not. */
  readonly pool: Pool | null;
  /** Of each device of the plan, what it is in the overlay. */
  readonly shown: ReadonlyMap<DeviceSurvey, DeviceSurvey>;
}

export interface PredictOptions {
  readonly blocks: OverlayBlocks;
  readonly signal?: AbortSignal | undefined;
  /**
   * Bad blocks of metadata in all of the pool, where that was counted at this txg: then only what a plain import looks at
   * is verified.
   */
  readonly metadataErrors?: number | null;
  /** How far the traversal is, 0 to 1. */
  readonly onShare?: ((share: number) => void) | undefined;
}

const OPEN: Prediction = { verdict: 'unverified', reasons: [], failsAt: null, hazards: [] };

/**
 * Reads the pool as it shows with the patches laid over its devices, and replays a plain import of it. The whole pool is
 * verified, as `-T` does, unless it was; what a plain import looks at decides.
 *
 * @param plan without a refusal
 * @throws the reason of `signal`
 * Source: module/zfs/spa.c, spa_ld_select_uberblock_done (spa_verify_min_txg)
 */
export async function predictOverlay(plan: OverlayPlan, options: PredictOptions): Promise<OverlayPrediction> {
  const { blocks, signal, onShare } = options;
  const { engine, open } = blocks;
  const shown = new Map<DeviceSurvey, DeviceSurvey>();
  for (const { device, patches } of plan.devices) {
    const found = await surveyDevice(overlaid(device.source, patches), engine, { signal });
    shown.set(device, { ...found, shift: device.shift, hidden: device.hidden, signed: device.signed });
  }
  const pool = assemblePools([...shown.values()]).pools.find(({ guid }) => guid === plan.poolGuid) ?? null;
  const nothing = { metadataErrors: null, logMissing: false, pool, shown };
  const root = pool?.root ?? null;
  if (pool === null || root === null) return { ...nothing, answer: 'fails', prediction: OPEN };
  const readers = new PoolReaders(open);
  const all = await candidatesOf(pool, readers, signal);
  const first = all.find(({ taken }) => taken) ?? null;
  if (first === null || first.txg !== plan.loads || first.rootKey !== plan.candidate.rootKey) {
    const reasons = [{ code: 'other-uberblock-first' as const, txg: first?.txg ?? plan.loads }];
    return { ...nothing, answer: 'fails', prediction: { ...OPEN, verdict: 'damaged', reasons } };
  }
  const roots = await checkRoots([first], openByLabels({ open }, root), signal === undefined ? {} : { signal });
  const state = newLoad(pool, all, first, {
    root: roots.get(first.rootKey) ?? NOT_CHECKED,
    readers,
    memo: new LoadMemo(),
    signal,
  });
  const verifier = createVerifier({ engine, oldestTxg: first.txg, strictness: state.openZfs.strictness });
  const replay = replayOf(null, onShare === undefined ? verifier : telling(verifier, onShare), false);
  const begun = await beginReplay(state, replay);
  const known = options.metadataErrors ?? null;
  const logMissing = (): boolean => state.view?.logMissing ?? false;
  if (known !== null && (begun.verdict === 'importable' || begun.verdict === 'readonly')) {
    const plain = await traversePlainly(verifier, state, first.txg);
    const answer = plain === 'passes' ? answerOf(begun) : plain;
    return { ...nothing, answer, prediction: begun, metadataErrors: known, logMissing: logMissing() };
  }
  const ended = await endReplay(begun, state, replay);
  const { counts } = state;
  const rest = { ...nothing, metadataErrors: counts?.metadataErrors ?? null, logMissing: logMissing() };
  // Damage that the traversal met and a plain import does not come to.
  const unseen = ended.failsAt === 'spa_load_verify' && counts?.plain === 'passes' && ended.hazards.length === 0;
  const prediction = unseen ? begun : ended;
  return { ...rest, answer: counts?.plain === 'panics' ? 'panics' : answerOf(prediction), prediction };
}

function answerOf({ verdict, hazards }: Prediction): OverlayAnswer {
  if (hazards.length > 0) return 'panics';
  switch (verdict) {
    case 'importable':
      return 'loads';
    case 'readonly':
      return 'loads-read-only';
    case 'unverified':
      return 'unknown';
    default:
      return 'fails';
  }
}
