import type { Blkptr } from '../../format/blkptr.ts';
import type { LoadStep, Trouble } from '../predict.ts';
import type { BlockFailure, Verification, Verifier } from '../verify/verifier.ts';
import type { LoadState } from './loadState.ts';
import { explainError, step } from './step.ts';
import { viewOf } from './viewOf.ts';

/**
 * The traversal of all blocks, with which every load at a given txg ends: one block of metadata that nothing supplies
 * fails it; content of files may be lost.
 *
 * @param data also content is looked at, and counted
 * Source: module/zfs/spa.c, spa_load_verify
 */
export function verifyStep(verifier: Verifier, data: boolean): LoadStep<LoadState> {
  return step('spa_load_verify', 'always', async (state, at) => {
    const { blocks, root } = viewOf(state);
    const { signal } = state;
    at('the traversal of all blocks');
    // The steps before looked at much of the meta-object set.
    const kept = (bp: Blkptr) => blocks.cache.peek(bp);
    const found = await verifier.verify(
      { uberblock: state.candidate.uberblock, root, salted: blocks.salted },
      // What a read-write import counts is a part of what a read-only one does.
      { reader: blocks.reader, kept, data, readOnly: true, ...(signal === undefined ? {} : { signal }) },
    );
    const { metadataErrors, dataErrors, blocksChecked, fatal } = found;
    const recentErrors = recentIn(found, state.candidate.txg);
    state.counts = { metadataErrors, dataErrors: data ? (dataErrors ?? 0) : null, blocksChecked, recentErrors };
    return fatal === null && metadataErrors === 0 ? undefined : troubleIn(found, state);
  });
}

/** An import without `-T` verifies what was born after this many txgs before the newest. Source: TXG_DEFER_SIZE + 1 */
const UNVERIFIED_BEFORE = 3n;

/** Bad blocks of metadata that a plain import of `txg` would meet; null when there are more bad ones than are listed. */
function recentIn({ failures, found }: Verification, txg: bigint): number | null {
  const metadata = failures.filter(({ kind }) => kind === 'metadata');
  if (metadata.length < found.metadata) return null;
  return metadata.filter(({ bp }) => (bp.rewritten ? bp.physicalBirth : bp.birth) > txg - UNVERIFIED_BEFORE).length;
}

function troubleIn({ fatal, failures, metadataErrors, found }: Verification, state: LoadState): Trouble {
  const wrong = failures.filter(({ kind }) => kind === 'metadata');
  const deciding = fatal ?? wrong[0];
  if (deciding === undefined) return { message: `${metadataErrors} metadata errors`, because: 'damage' };
  const causes = new Set(fatal === null ? wrong.map(({ because }) => because) : [fatal.because]);
  const because = causes.has('damage') ? 'damage' : causes.has('missing-device') ? 'missing-device' : 'unknown';
  const more = found.metadata > 1 ? `; ${found.metadata} blocks of metadata are bad in all` : '';
  return { message: `${placeOf(deciding, state)}: ${whyOf(deciding)}${more}`, because };
}

/** `tank/home object 7, indirect block 3 of level 1`. */
function placeOf({ dataset, object, level, blockId, what }: BlockFailure, { names }: LoadState): string {
  const objset = dataset === 0n ? 'MOS' : (names.get(dataset) ?? `dataset ${dataset}`);
  if (what === 'object set' || what === 'dataset') return `${what} of ${objset}`;
  const block = `${level === 0 ? what : `${what} of level ${level}`} block ${blockId}`;
  return object === 0n ? `${objset}, ${block}` : `${objset} object ${object}, ${block}`;
}

function whyOf({ error, bp }: BlockFailure): string {
  if (error !== null) return explainError(error);
  const copies = bp.dvas.map(({ vdev, offset }) => `${vdev}:${(offset * 512n).toString(16)}`).join(', ');
  return `OpenZFS does not follow the block pointer to ${copies === '' ? 'nowhere' : copies}`;
}
