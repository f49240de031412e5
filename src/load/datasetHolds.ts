import { ZfsUberError } from '../bytes/errors.ts';
import type { Verification } from '../traverse/verifier.ts';
import { holdHead, holdSnapshot } from './holdDataset.ts';
import type { LoadState } from './loadState.ts';
import type { Trouble } from './predict.ts';
import { type At, troubleOf } from './step.ts';

/**
 * Opens datasets as a traversal does before it goes through each of them, up to the one that ends it.
 *
 * @param last number of the last object to open; null for all
 * @returns why the first that does not open does not; null when all do
 * Source: module/zfs/dmu_traverse.c, traverse_pool
 */
export async function holdInTurn(
  state: LoadState,
  datasets: Verification['datasets'],
  last: bigint | null,
): Promise<Trouble | null> {
  let doing: Parameters<At> | null = null;
  const at: At = (...what) => {
    doing = what;
  };
  for (const { id, snapshot } of datasets) {
    state.signal?.throwIfAborted();
    const object = BigInt(id);
    if (last !== null && object > last) break;
    if (state.names.has(object)) continue;
    try {
      if (snapshot) await holdSnapshot(state, { dataset: `${id}`, snapshot: 'numbered' }, object, null, at);
      else await holdHead(state, `${id}`, object, null, at);
    } catch (error) {
      if (!(error instanceof ZfsUberError)) throw error;
      const [what = null, danger] = doing ?? [];
      return troubleOf(error, what, danger);
    }
  }
  return null;
}
