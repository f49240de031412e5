import type { Verifier } from '../traverse/verifier.ts';
import { ASSERTED } from './hazard.ts';
import { isKnownVersion } from './labelSteps.ts';
import type { LoadState } from './loadState.ts';
import type { LoadStep, Trouble } from './predict.ts';
import { step } from './step.ts';
import { traversePlainly, verifyStep } from './verifyStep.ts';

/** Takes the uberblock that the meta-object set keeps, in place of one of the rings. Source: module/zfs/spa.c, spa_ld_checkpoint_rewind */
export const TAKE_STORED = step(
  'spa_ld_checkpoint_rewind',
  'always',
  ({ candidate: { uberblock } }): Trouble | undefined => {
    if (isKnownVersion(uberblock.version)) return undefined;
    // Read-only nobody looks at the version here; what the load makes of such a one later was never seen.
    return { reason: { code: 'stored-version-unknown', version: uberblock.version }, because: 'unknown' };
  },
);

/**
 * The traversal as an import of the checkpoint does it. Without `-T` only what the last txgs wrote is verified, where
 * hardly anything of the checkpoint is: the import takes it, whatever is damaged. All of it is counted just the same.
 *
 * @param onDamage takes what a traversal of all would fail for
 * Source: module/zfs/spa.c, spa_ld_select_uberblock_done (spa_verify_min_txg) and spa_load_verify
 */
export function checkpointTraversal(
  verifier: Verifier,
  data: boolean,
  onDamage: (damage: Trouble) => void,
): LoadStep<LoadState> {
  const whole = verifyStep(verifier, data);
  return {
    ...whole,
    async check(state) {
      const { checkpoint } = state.candidate;
      const trouble = await whole.check(state);
      if (trouble === null) return null;
      const plain =
        checkpoint?.plain === true && trouble.because !== 'unknown'
          ? // The uberblock is loaded as one that follows the txg that keeps it.
            await traversePlainly(verifier, state, checkpoint.heldBy + 1n)
          : null;
      const { danger, ...harmless } = trouble;
      if (plain === 'passes') {
        onDamage(trouble);
        return null;
      }
      if (plain === 'panics') return { ...harmless, danger: ASSERTED };
      return plain === null ? trouble : harmless;
    },
  };
}
