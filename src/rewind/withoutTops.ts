import type { Candidate } from '../load/candidates.ts';
import type { LoadState, MosView } from '../load/loadState.ts';
import { openedTree } from '../load/openedTree.ts';
import { type Prediction, passes } from '../load/predict.ts';
import { beginReplay, endReplay, type Replay } from '../load/replay.ts';
import type { StepName } from '../load/stepNames.ts';
import { opensPlainly } from '../load/validatedLabel.ts';
import { traversePlainly } from '../load/verifyStep.ts';
import type { Pool, VdevNode } from '../pool/pool.ts';
import { vdevHealth, vdevName } from '../pool/vdevHealth.ts';
import type { Verifier } from '../traverse/verifier.ts';
import { newLoad } from './judge.ts';
import type { Parameter } from './parameter.ts';
import type { Relaxed, WayRisk } from './waysOut.ts';

/** What is damaged a read-write import may come to, and then the machine crashes: only reading is promised. */
export const NOT_VERIFIED: Pick<Relaxed, 'verdict' | 'risks'> = { verdict: 'readonly', risks: ['damage-unseen'] };
export const UNVERIFIED: Parameter = { name: 'spa_load_verify_metadata', value: '0', normal: '1' };

/** The steps at which a top-level vdev that does not open ends the load. */
const OPENING: ReadonlySet<StepName | null> = new Set<StepName>(['spa_ld_open_vdevs', 'spa_ld_trusted_config']);

/** The load ends where a top-level vdev that does not open ends it. */
export const lacksTops = ({ failsAt }: Prediction): boolean => OPENING.has(failsAt);

/** A load that passes where OpenZFS is told to do without the top-level vdevs that do not open. */
export interface LoadWithoutTops {
  readonly relaxed: Relaxed;
  /** `zfs_max_missing_tvds` as it has to be. */
  readonly allowed: Parameter;
  /** What the steps before the traversal predict. */
  readonly opened: Prediction;
  readonly how: LastLook;
  readonly state: LoadState;
  readonly view: MosView;
}

/**
 * Replays the load of a candidate with as many top-level vdevs missing as do not open.
 *
 * @param given readers and what was read before by the same ones
 * @param replay where top-level vdevs may be missing
 * @param verifier of `replay`
 * @returns null where that fails too, nothing is missing at this txg, or trying would crash the machine
 * Source: module/zfs/spa.c, spa_ld_open_vdevs; module/zfs/vdev_root.c, too_many_errors
 */
export async function loadWithoutTops(
  pool: Pool,
  all: readonly Candidate[],
  candidate: Candidate,
  given: Parameters<typeof newLoad>[3],
  replay: Replay,
  verifier: Verifier,
): Promise<LoadWithoutTops | null> {
  if (pool.root === null) return null;
  const state = newLoad(pool, all, candidate, given, pool.root.children.length);
  const opened = await beginReplay(state, replay);
  const { view } = state;
  if (!passes(opened) || view === null) return null;
  const labelsLack = closedTops(openedTree(pool.root, pool.devices));
  const { lost } = view;
  const tops = (lost.length < labelsLack.length ? labelsLack : lost).map(vdevName);
  const how = await lastLook(opened, state, replay, verifier);
  if (how === null || tops.length === 0) return null;
  const allowed = { name: 'zfs_max_missing_tvds', value: tops.length.toString(), normal: '0' };
  const lossy: WayRisk[] = lost.length > 0 ? ['lost-blocks'] : [];
  const metadataErrors = state.counts?.metadataErrors ?? null;
  const relaxed: Relaxed =
    how.verifies === 'whole'
      ? { parameters: [allowed], verdict: opened.verdict, risks: lossy, tops, metadataErrors }
      : {
          ...NOT_VERIFIED,
          parameters: [allowed, UNVERIFIED],
          risks: [...lossy, ...NOT_VERIFIED.risks],
          tops,
          metadataErrors,
        };
  return { relaxed, allowed, opened, how, state, view };
}

/** Top-level vdevs of the labels that do not open; what no label describes opens as a placeholder. */
const closedTops = ({ children }: VdevNode): VdevNode[] =>
  children.filter((top) => top.role !== 'log' && top.config.type !== 'missing' && vdevHealth(top) === 'missing');

interface LastLook {
  /** What the last step looks at, so that it passes: the whole pool, what the last txgs wrote, or nothing. */
  readonly verifies: 'whole' | 'last txgs' | 'nothing';
  /** Without `-T` the same txg is taken. */
  readonly plain: boolean;
}

/**
 * @param opened what the steps before the traversal predict
 * @returns null where trying crashes the machine, or the question stays open
 */
async function lastLook(
  opened: Prediction,
  state: LoadState,
  replay: Replay,
  verifier: Verifier,
): Promise<LastLook | null> {
  const whole = await endReplay(opened, state, replay);
  const { candidate, newest, view } = state;
  const plain = candidate === newest && view !== null && opensPlainly(view.root, candidate.txg);
  if (whole === opened) return { verifies: 'whole', plain };
  if (whole.hazards.length > 0 || whole.verdict === 'unverified') return null;
  if (!plain) return { verifies: 'nothing', plain };
  const last = await traversePlainly(verifier, state, candidate.txg);
  if (last === 'panics') return null;
  return { verifies: last === 'passes' ? 'last txgs' : 'nothing', plain };
}
