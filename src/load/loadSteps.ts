import { DATASET_STEPS } from './datasetSteps.ts';
import { DEDUP_STEPS } from './dedupSteps.ts';
import { FEATURE_STEPS } from './featureSteps.ts';
import { LABEL_STEPS } from './labelSteps.ts';
import type { LoadState } from './loadState.ts';
import { POOL_OBJECT_STEPS } from './poolObjectSteps.ts';
import type { LoadStep } from './predict.ts';
import { REMOVAL_STEPS } from './removalSteps.ts';
import { TRUSTED_CONFIG } from './trustedConfig.ts';
import { VDEV_STEPS } from './vdevSteps.ts';

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
