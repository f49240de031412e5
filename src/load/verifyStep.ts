import { TXG_DEFER_SIZE } from '../bytes/units.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { failedReadsIn } from '../pool/blockRead.ts';
import type { RewrittenBirth } from '../traverse/pointerScan.ts';
import type { BlockFailure, Verification, Verifier } from '../traverse/verifier.ts';
import { holdInTurn } from './datasetHolds.ts';
import { isActive } from './featureSteps.ts';
import { POINTERS_HALT } from './hazard.ts';
import type { LoadState, PlainTraversal } from './loadState.ts';
import type { LoadStep, Trouble } from './predict.ts';
import type { LostBlock } from './reason.ts';
import { step } from './step.ts';
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
    at({ role: 'all blocks' });
    // The steps before looked at much of the meta-object set.
    const kept = (bp: Blkptr) => blocks.cache.peek(bp);
    const lost = new Set<bigint>();
    let nonsense = false;
    const onFailure = ({ dataset, object, error }: BlockFailure) => {
      if (dataset === 0n) lost.add(object);
      nonsense ||= error === null;
    };
    const rewritten = rewrittenBirth(state);
    const found = await verifier.verify(
      { uberblock: state.candidate.uberblock, root, salted: blocks.choice.salted },
      // What a read-write import counts is a part of what a read-only one does.
      {
        reader: blocks.reader,
        kept,
        data,
        readOnly: true,
        rewritten,
        onFailure,
        ...(signal === undefined ? {} : { signal }),
      },
    );
    const { metadataErrors, dataErrors, blocksChecked, fatal } = found;
    const fails = fatal !== null || metadataErrors > 0;
    const { candidate, newest } = state;
    const plain = fails && candidate === newest ? await traversePlainly(verifier, state, candidate.txg) : null;
    state.counts = { metadataErrors, dataErrors: data ? (dataErrors ?? 0) : null, blocksChecked, plain };
    if (!fails) return undefined;
    const crash = await crashIn(found, lost, state);
    if (crash !== null) return crash;
    const trouble = troubleIn(found, state);
    return nonsense ? { ...trouble, danger: POINTERS_HALT } : trouble;
  });
}

/** The feature that blocks are rewritten by where they lie. */
const PHYSICAL_REWRITE = 'com.truenas:physical_rewrite';

/** By which birth the traversal goes: which, is of account only where something was rewritten. */
const rewrittenBirth = (state: LoadState): RewrittenBirth =>
  isActive(state, PHYSICAL_REWRITE) && !state.openZfs.does('rewritten-births') ? 'logical' : 'physical';

/**
 * What the traversal opens beside the blocks that it visits is of the meta-object set: no dataset opens with more than
 * an error unless something of its own is lost.
 *
 * @param lost objects of the meta-object set
 */
async function crashIn(
  { fatal, datasets }: Verification,
  lost: Set<bigint>,
  state: LoadState,
): Promise<Trouble | null> {
  const end = fatal?.dataset ?? null;
  const suspects = datasets.map(({ id }) => BigInt(id)).filter((id) => lost.has(id) && (end === null || id <= end));
  const last = suspects.at(-1);
  if (last === undefined) return null;
  const trouble = await holdInTurn(state, datasets, last);
  return trouble?.danger === undefined ? null : trouble;
}

/**
 * The traversal of an import without `-T`: of what the last txgs wrote, and of datasets whose dnodes they wrote.
 *
 * @param txg the last of them
 * Source: module/zfs/spa.c, spa_ld_select_uberblock_done (spa_verify_min_txg) and spa_load_verify
 */
export async function traversePlainly(verifier: Verifier, state: LoadState, txg: bigint): Promise<PlainTraversal> {
  const minTxg = txg > TXG_DEFER_SIZE ? txg - TXG_DEFER_SIZE - 1n : 0n;
  const { blocks, root } = viewOf(state);
  const { signal, candidate } = state;
  const { uberblock } = candidate;
  const { rootbp } = uberblock;
  if ((rootbp.rewritten ? rootbp.physicalBirth : rootbp.birth) <= minTxg) return 'passes';
  const { metadataErrors, fatal, datasets } = await verifier.verify(
    { uberblock, root, salted: blocks.choice.salted },
    {
      reader: blocks.reader,
      data: false,
      readOnly: true,
      rewritten: rewrittenBirth(state),
      minTxg,
      ...(signal === undefined ? {} : { signal }),
    },
  );
  const trouble = await holdInTurn(state, datasets, fatal?.dataset ?? null);
  if (trouble?.danger !== undefined) return 'panics';
  return fatal !== null || metadataErrors > 0 || trouble !== null ? 'fails' : 'passes';
}

/** The gravest first. */
const CAUSES = ['damage', 'missing-device', 'failed-read'] as const;
/** Reads that failed and are told. */
const MOST_UNREAD = 8;

function troubleIn({ fatal, failures, metadataErrors, found }: Verification, state: LoadState): Trouble {
  const wrong = failures.filter(({ kind }) => kind === 'metadata');
  const unread = wrong.flatMap(({ error }) => failedReadsIn(error)).slice(0, MOST_UNREAD);
  // Of what fails where the load ends anyway, a block that no copy of a device brings back says most.
  const ends = fatal === null ? wrong : fatal.because === 'failed-read' ? [...wrong, fatal] : [fatal];
  const deciding = ends.find(({ because }) => because === 'damage') ?? fatal ?? wrong[0];
  if (deciding === undefined) return { reason: { code: 'metadata-errors', count: metadataErrors }, because: 'damage' };
  const causes = new Set(ends.map(({ because }) => because));
  const because = CAUSES.find((cause) => causes.has(cause)) ?? 'unknown';
  const { error } = deciding;
  const block = lostBlock(deciding, state);
  return {
    reason: { code: 'block-lost', block, error, blocks: found.metadata },
    because,
    ...(unread.length === 0 ? {} : { unread }),
  };
}

function lostBlock({ dataset, object, level, blockId, what, bp }: BlockFailure, { names }: LoadState): LostBlock {
  const copies = bp.dvas.map(({ vdev, offset }) => `${vdev}:${(offset * 512n).toString(16)}`);
  return { dataset, object, level, blockId, what, name: names.get(dataset) ?? null, copies };
}
