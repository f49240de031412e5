import type { Verifier } from '../traverse/verifier.ts';
import type { CheckpointHold } from './candidates.ts';
import { checkpointTraversal, TAKE_STORED } from './checkpointSteps.ts';
import { CHECK_LOGS, HOLE_BIRTHS, OPEN_HEADS } from './datasetSteps.ts';
import { LOAD_BRT, LOAD_DEDUP_TABLES } from './dedupSteps.ts';
import { CHECK_FEATURES, CHECK_FEATURES_TO_WRITE } from './featureSteps.ts';
import { OPEN_ROOTBP, OPEN_VDEVS, SELECT_UBERBLOCK } from './labelSteps.ts';
import type { LoadState } from './loadState.ts';
import { GET_PROPS, OPEN_AUX_VDEVS, SPECIAL_DIRECTORIES } from './poolObjectSteps.ts';
import type { LoadStep, Trouble } from './predict.ts';
import { INDIRECT_VDEVS, READ_CHECKPOINT_TXG } from './removalSteps.ts';
import type { Replay } from './replay.ts';
import { ADD_UP_SPACE } from './spaceSteps.ts';
import { ALL_TOPS_TO_WRITE, TRUSTED_CONFIG } from './trustedConfig.ts';
import { LIST_LOG_SPACEMAPS, LOAD_VDEVS, LOAD_VDEVS_TO_WRITE, READ_LOG_SPACEMAPS } from './vdevSteps.ts';
import { verifyStep } from './verifyStep.ts';

/** Steps in the order in which they are taken. The traversal comes after all of them: see verifyStep.ts. */
export type Plan = readonly LoadStep<LoadState>[];

/**
 * The load of an uberblock of the rings.
 *
 * Source: module/zfs/spa.c, spa_load_impl and what it calls, in its order
 */
export const RING_PLAN: Plan = [
  // Nothing is read before the devices are open; which there are only the labels say so far.
  OPEN_VDEVS,
  // Of the open devices, because those that stay closed give no uberblocks; what reading takes stands in their labels.
  SELECT_UBERBLOCK,
  // The one block pointer that an uberblock has: all else hangs on it.
  OPEN_ROOTBP,
  // The labels may be older or newer than the uberblock: from here on the pool is what its own config says.
  TRUSTED_CONFIG,
  // Which txg a block may not be freed before depends on it, so it comes before anything that counts blocks.
  READ_CHECKPOINT_TXG,
  // What was read until here lies on vdevs that are there; what follows may lie on removed ones, found by their maps.
  INDIRECT_VDEVS,
  // Before any object is read whose form a feature changes.
  CHECK_FEATURES,
  // At the same place: what only writing needs to know is counted in the lists just read.
  CHECK_FEATURES_TO_WRITE,
  // Datasets, properties and lists of what is to be freed are found through the directories of the pool.
  SPECIAL_DIRECTORIES,
  // How the pool is to be treated from here on, by its properties, and the salt of its checksums.
  GET_PROPS,
  // Spares and caches hold nothing of the pool, so they are opened when the pool is known.
  OPEN_AUX_VDEVS,
  // Metaslabs and what leaves missed: where there is room, and what has to be made good.
  LOAD_VDEVS,
  // Space maps are opened now by an import that will allocate, and later or never by one that only reads.
  LOAD_VDEVS_TO_WRITE,
  // Changes of metaslabs that stand in the logs alone, so after the metaslabs.
  LIST_LOG_SPACEMAPS,
  // Their content is applied to space maps, which only an import to write has open.
  READ_LOG_SPACEMAPS,
  // Freeing a block asks the dedup table and the table of clones first, so both are there before any txg is begun.
  LOAD_DEDUP_TABLES,
  LOAD_BRT,
  // Logs are claimed after the load, which must not meet an error that could have been seen before.
  CHECK_LOGS,
  // The verification begins with the name of every dataset, for which each is opened.
  OPEN_HEADS,
  // Its traversal begins with the question since when holes have a birth.
  HOLE_BIRTHS,
  // What is met only when the loaded pool is written to.
  ADD_UP_SPACE,
];

const instead = (step: LoadStep<LoadState>, by: Plan): Plan =>
  RING_PLAN.flatMap((each) => (each === step ? by : [each]));

/**
 * The load that goes back to the checkpoint: its uberblock is not looked for in the rings. The steps that lead to it, of
 * the txg that keeps it, were taken when it was found.
 */
export const CHECKPOINT_PLAN: Plan = instead(SELECT_UBERBLOCK, [TAKE_STORED]);

/** The load where top-level vdevs may be missing: without all of them OpenZFS writes nothing. */
export const MISSING_TOPS_PLAN: Plan = instead(TRUSTED_CONFIG, [TRUSTED_CONFIG, ALL_TOPS_TO_WRITE]);

/** As far as the meta-object set is open. */
export const MOS_PLAN: Plan = RING_PLAN.slice(0, RING_PLAN.indexOf(TRUSTED_CONFIG) + 1);

const nothingUnseen = (): null => null;

/** As far as the meta-object set is open: that passing leaves the answer open. */
export const MOS_REPLAY: Replay = { steps: MOS_PLAN, traversal: null, unseen: nothingUnseen };

/**
 * The load of a candidate of the rings where top-level vdevs may be missing.
 *
 * @param data content is looked at too
 */
export const missingTopsReplay = (verifier: Verifier, data: boolean): Replay => ({
  steps: MISSING_TOPS_PLAN,
  traversal: verifyStep(verifier, data),
  unseen: nothingUnseen,
});

/**
 * The load of a candidate.
 *
 * @param checkpoint how it is had; null for one of the rings
 * @param verifier null where no traversal is asked for
 * @param data content is looked at too
 */
export function replayOf(checkpoint: CheckpointHold | null, verifier: Verifier | null, data: boolean): Replay {
  if (checkpoint === null) {
    return { steps: RING_PLAN, traversal: verifier && verifyStep(verifier, data), unseen: nothingUnseen };
  }
  let unseen: Trouble | null = null;
  const onDamage = (damage: Trouble): void => {
    unseen = damage;
  };
  const traversal = verifier && checkpointTraversal(verifier, data, onDamage);
  return { steps: CHECKPOINT_PLAN, traversal, unseen: () => unseen };
}
