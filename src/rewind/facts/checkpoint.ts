import { ZfsUberError } from '../../bytes/errors.ts';
import type { Txg } from '../../bytes/units.ts';
import type { PoolReaders } from '../../dataset/poolReaders.ts';
import type { Uberblock } from '../../format/uberblock.ts';
import type { Candidate } from '../../load/candidates.ts';
import { LoadMemo } from '../../load/loadMemo.ts';
import { MOS_REPLAY } from '../../load/plan.ts';
import { beginReplay } from '../../load/replay.ts';
import { checkRoots, NOT_CHECKED } from '../../load/rootCheck.ts';
import { opensPlainly } from '../../load/validatedLabel.ts';
import type { BlockReader } from '../../pool/blockRead.ts';
import type { Pool } from '../../pool/pool.ts';
import { contentKey, rootKey } from '../../pool/uberblockCopies.ts';
import { newLoad } from '../judge.ts';

/** Why what is kept can be no checkpoint. */
export type Refusal =
  | { readonly kind: 'of-another-txg'; readonly txg: bigint; readonly checkpointTxg: bigint }
  | { readonly kind: 'not-older'; readonly txg: bigint }
  | { readonly kind: 'no-root' }
  | { readonly kind: 'newer-root'; readonly txg: bigint; readonly root: bigint }
  /** With what the error says. */
  | { readonly kind: 'unreadable'; readonly error: string };

/** What meta-object sets say of a checkpoint, the newest that opens first. */
export interface FoundCheckpoint {
  /** The uberblock that `zpool import --rewind-to-checkpoint` goes back to; null when none that is kept can be one. */
  readonly candidate: Candidate | null;
  /** Newer txgs than the one that keeps it whose own makes no sense or does not read, and why. */
  readonly refused: readonly { readonly txg: Txg; readonly why: Refusal }[];
}

export interface CheckpointSearch {
  /** Of the pool as its labels describe it. */
  readonly reader: BlockReader;
  readonly readers: PoolReaders;
  readonly signal?: AbortSignal | undefined;
}

/** Txgs that are tried: the newest may not open, all of them hardly. */
const TRIES = 16;
const REFUSED = 3;

/**
 * Looks for the checkpoint as an import does: by the newest uberblock whose meta-object set and config open. One that was
 * discarded since an older txg is none.
 *
 * @param all candidates of the rings of `pool`, newest first
 * @returns null when the pool keeps none
 * @throws the reason of `signal`
 * Source: module/zfs/spa.c, spa_ld_checkpoint_rewind
 */
export async function findCheckpoint(
  pool: Pool,
  all: readonly Candidate[],
  { reader, readers, signal }: CheckpointSearch,
): Promise<FoundCheckpoint | null> {
  const memo = new LoadMemo();
  const taken = all.filter((each) => each.taken);
  const refused: { txg: Txg; why: Refusal }[] = [];
  for (const holder of taken.slice(0, TRIES)) {
    const roots = await checkRoots([holder], reader, signal === undefined ? {} : { signal });
    const root = roots.get(holder.rootKey) ?? NOT_CHECKED;
    const state = newLoad(pool, all, holder, { root, readers, memo, signal });
    await beginReplay(state, MOS_REPLAY);
    if (state.view === null) continue;
    try {
      const uberblock = await state.view.mos.checkpoint(signal);
      if (uberblock === null) break;
      const why = impossible(uberblock, holder);
      if (why === null) {
        const plain = holder === taken[0] && opensPlainly(state.view.root, holder.txg);
        return { candidate: storedCandidate(uberblock, { heldBy: holder.txg, plain }), refused };
      }
      refused.push({ txg: holder.txg, why });
    } catch (error) {
      if (!(error instanceof ZfsUberError)) throw error;
      refused.push({ txg: holder.txg, why: { kind: 'unreadable', error: error.message } });
    }
    if (refused.length === REFUSED) break;
  }
  return refused.length === 0 ? null : { candidate: null, refused };
}

function storedCandidate(uberblock: Uberblock, checkpoint: NonNullable<Candidate['checkpoint']>): Candidate {
  return {
    key: `checkpoint ${contentKey(uberblock)} ${uberblock.timestamp}`,
    uberblock,
    txg: uberblock.txg,
    rootKey: rootKey(uberblock),
    copies: [],
    heartbeats: [],
    taken: false,
    foreignRivals: [],
    seen: true,
    startsFrom: null,
    checkpoint,
  };
}

/** Why no writer of a checkpoint can have stored that; null when one can. Source: module/zfs/spa_checkpoint.c, spa_checkpoint_sync */
function impossible({ txg, checkpointTxg, rootbp }: Uberblock, holder: Candidate): Refusal | null {
  if (txg === 0n || txg !== checkpointTxg) return { kind: 'of-another-txg', txg, checkpointTxg };
  if (txg >= holder.txg) return { kind: 'not-older', txg };
  if (rootbp.hole) return { kind: 'no-root' };
  if (rootbp.birth > txg) return { kind: 'newer-root', txg, root: rootbp.birth };
  return null;
}
