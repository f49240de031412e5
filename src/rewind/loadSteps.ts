import { DATASET_STEPS } from './load/datasetSteps.ts';
import { DEDUP_STEPS } from './load/dedupSteps.ts';
import { FEATURE_STEPS } from './load/featureSteps.ts';
import { LABEL_STEPS } from './load/labelSteps.ts';
import type { LoadState } from './load/loadState.ts';
import { POOL_OBJECT_STEPS } from './load/poolObjectSteps.ts';
import { REMOVAL_STEPS } from './load/removalSteps.ts';
import { TRUSTED_CONFIG } from './load/trustedConfig.ts';
import { VDEV_STEPS } from './load/vdevSteps.ts';
import type { LoadStep } from './predict.ts';

/** All steps before the traversal that verifies the pool, in the order of the load. Source: module/zfs/spa.c, spa_load_impl */
export const MOS_STEPS: readonly LoadStep<LoadState>[] = [
  ...LABEL_STEPS,
  TRUSTED_CONFIG,
  ...REMOVAL_STEPS,
  ...FEATURE_STEPS,
  ...POOL_OBJECT_STEPS,
  ...VDEV_STEPS,
  ...DEDUP_STEPS,
  ...DATASET_STEPS,
];
