import { BONUS, decodeBonus } from '../dataset/bonus.ts';
import type { Mos } from '../dataset/mos.ts';
import type { DmuObject } from '../dataset/object.ts';
import { Zap } from '../dataset/zap.ts';
import { DSL_DATASET_FIELD } from '../format/dslDataset.layout.ts';
import { type DslDataset, decodeDslDataset } from '../format/dslDataset.ts';
import { type DslDir, decodeDslDir } from '../format/dslDir.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import { ASSERTED } from './hazard.ts';
import { type Head, holdDirectory, openedBeside, walkOf } from './heads.ts';
import type { LoadState } from './loadState.ts';
import type { OnAsked } from './objectMemo.ts';
import type { Subject } from './reading.ts';
import type { At } from './step.ts';
import { throughMos, viewOf } from './viewOf.ts';

/** Properties of a head that it does not inherit, so that they are its own directory's alone. */
const LIMITS = ['refreservation', 'refquota'];
/** What may be kept of one property; whatever is there ends the search. Source: module/zfs/dsl_prop.c, dsl_prop_get_dd */
const FORMS = ['$iuv', '', '$inherit', '$recvd'];

export interface HeldHead {
  readonly dataset: DslDataset;
  /** Directory of the snapshot before it; null where that was not opened for it. */
  readonly snapshotDir: bigint | null;
}

/** What it takes for a head that was held at one txg to be held at another that has the same objects. */
interface HeldBefore {
  readonly properties: bigint | null;
  readonly previousSnapshot: bigint | null;
  readonly wasNamed: boolean;
  readonly otherDir: bigint | null;
}

/** Holds a head of the walk over the directories; once for all txgs that have the same. */
export async function holdKnownHead(
  state: LoadState,
  { name, id, directory }: Head,
  at: At,
  onAsked?: OnAsked,
): Promise<void> {
  const { names, memo } = state;
  const isNamed = (snapshot: bigint | null): boolean => snapshot !== null && names.has(snapshot);
  const [walked, beside] = [await walkOf(state), await openedBeside(state)];
  const hold = async (mos: Mos): Promise<HeldBefore> => {
    const { dataset, snapshotDir } = await holdHead(throughMos(state, mos), name, id, directory, at);
    const { previousSnapshot, dir } = dataset;
    const otherDir = snapshotDir === dir ? null : snapshotDir;
    return { properties: directory.properties, previousSnapshot, wasNamed: isNamed(previousSnapshot), otherDir };
  };
  await memo.objects.of('head', id, viewOf(state).mos, hold, {
    holds: ({ properties, previousSnapshot, wasNamed, otherDir }) =>
      properties === directory.properties &&
      isNamed(previousSnapshot) === wasNamed &&
      (otherDir === null || walked.directories.has(otherDir) || beside.has(otherDir)),
    ...(onAsked && { onAsked }),
  });
}

/**
 * Opens a head as OpenZFS does, with the snapshot before it.
 *
 * @param name `tank/home`, or its number where nobody knows the name
 * @param directory its own; null to have it looked up
 * Source: module/zfs/dsl_dataset.c, dsl_dataset_hold_obj
 */
export async function holdHead(
  state: LoadState,
  name: string,
  id: bigint,
  directory: Pick<DslDir, 'properties'> | null,
  at: At,
): Promise<HeldHead> {
  const { mos } = viewOf(state);
  const { signal } = state;
  const of = { dataset: name };
  const dataset = await datasetAt(state, of, id, at);
  let own = directory;
  let snapshotDir: bigint | null = null;
  if (own === null) {
    await holdDirectory(state, of, dataset.dir, at);
    own = decodeBonus(await mos.object(dataset.dir, signal), BONUS.dslDir, decodeDslDir);
  }
  const { previousSnapshot } = dataset;
  if (previousSnapshot !== null && !state.names.has(previousSnapshot)) {
    snapshotDir = await holdSnapshot(state, { dataset: name, snapshot: 'last' }, previousSnapshot, dataset.dir, at);
  }
  const object = await mos.object(id, signal);
  if (isZapified(object)) {
    at({ role: 'bookmarks', of });
    const bookmarks = await (await mos.zap(id, signal)).integer(DSL_DATASET_FIELD.bookmarks, signal);
    if (bookmarks !== null) await (await mos.zap(bookmarks, signal)).all({ signal });
  }
  at({ role: 'properties', of });
  const properties = await mos.object(own.properties ?? 0n, signal);
  await state.memo.of('limits', properties, 0, () => readLimits(properties));
  await openDeadlists(state, of, dataset, object, at);
  return { dataset, snapshotDir };
}

/**
 * The same for a snapshot.
 *
 * @param held the directory that is open already
 * @returns the snapshot's directory
 * Source: same file and function
 */
export async function holdSnapshot(
  state: LoadState,
  of: Subject,
  id: bigint,
  held: bigint | null,
  at: At,
): Promise<bigint> {
  const { mos } = viewOf(state);
  const { signal } = state;
  const snapshot = await datasetAt(state, of, id, at);
  if (snapshot.dir !== held) await holdDirectory(state, of, snapshot.dir, at);
  at({ role: 'holds', of });
  if (snapshot.userReferences !== null) await mos.zap(snapshot.userReferences, signal);
  await openDeadlists(state, of, snapshot, await mos.object(id, signal), at);
  return snapshot.dir;
}

export async function datasetAt(state: LoadState, of: Subject, id: bigint, at: At): Promise<DslDataset> {
  at({ role: 'dataset', of });
  return decodeBonus(await viewOf(state).mos.object(id, state.signal), BONUS.dslDataset, decodeDslDataset);
}

/**
 * No error is survived here. Where the dnode of a deadlist does not read, what was half opened is closed, of which
 * nothing is there: the kernel follows a null pointer. That what a dataset has more to say reads is asserted; of a head
 * it was read before, for its bookmarks.
 *
 * Source: module/zfs/dsl_deadlist.c, dsl_deadlist_open and dsl_deadlist_close; module/zfs/dsl_dataset.c,
 * dsl_dataset_get_remap_deadlist_object
 */
async function openDeadlists(
  state: LoadState,
  of: Subject,
  { deadlist }: DslDataset,
  object: DmuObject,
  at: At,
): Promise<void> {
  const { mos } = viewOf(state);
  const { signal } = state;
  at({ role: 'deadlist', of }, ASSERTED);
  if (deadlist !== null) await mos.object(deadlist, signal);
  if (!isZapified(object)) return;
  at({ role: 'extension', of }, ASSERTED);
  const remapped = await state.memo.of('remapped', object, 0, async () =>
    (await Zap.open(object)).integer(DSL_DATASET_FIELD.remapDeadlist),
  );
  at({ role: 'remapped blocks', of }, ASSERTED);
  if (remapped !== null) await mos.object(remapped, signal);
}

const isZapified = ({ dnode }: DmuObject): boolean => dnode.type !== OBJECT_TYPE.dslDataset;

/** Source: module/zfs/dsl_prop.c, dsl_prop_get_dd */
async function readLimits(properties: DmuObject): Promise<void> {
  const zap = await Zap.open(properties);
  for (const name of LIMITS) {
    for (const form of FORMS) if ((await zap.get(`${name}${form}`)) !== null) break;
  }
}
