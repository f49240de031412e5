import { ZfsUberError } from '../../bytes/errors.ts';
import type { Dataset } from '../../dataset/dsl.ts';
import type { PoolAt } from '../../dataset/poolAt.ts';
import { readInOrder, SetsTogether } from '../../dataset/setsTogether.ts';
import { VMSYNCED } from '../../dataset/snapshotFacts.ts';
import { walkZil } from '../../dataset/zil.ts';

/** What the pool at one txg offers to return to, and what an import of it would do to the datasets. */
export interface StateFacts {
  readonly snapshots: {
    readonly count: number;
    /** There are more, or some that cannot be read. */
    readonly incomplete: boolean;
    /** The newest first. */
    readonly newest: readonly SnapshotPoint[];
  };
  /** Datasets with an intent log that holds something, in the order of their names. */
  readonly intentLogs: readonly IntentLogFacts[];
}

export interface SnapshotPoint {
  readonly name: string;
  readonly creationTime: bigint;
  readonly creationTxg: bigint;
  /** `freenas:vmsynced`: made while virtual machines stood still. */
  readonly vmsynced: boolean;
}

export interface IntentLogFacts {
  readonly dataset: string;
  /** Written after the txg: an import replays them when the dataset is mounted. */
  readonly replays: number;
  /** They would be dropped, because a log device is missing. */
  readonly dropped: boolean;
  /** A block that the log says was written cannot be read: what follows it is lost. */
  readonly broken: boolean;
}

const SHOWN = 5;
/** Snapshots and datasets that are looked at: a report has to end. */
const MAX_SNAPSHOTS = 20000;
const MAX_DATASETS = 2000;
/** Object sets that are read together, some KiB each. */
const SETS_TOGETHER = 256;
/** Records of one log that are counted. */
const MAX_RECORDS = 1_000_000;

export async function stateFacts(
  view: PoolAt,
  { logMissing, signal }: { readonly logMissing: boolean; readonly signal?: AbortSignal | undefined },
): Promise<StateFacts> {
  let incomplete = false;
  const onTrouble = (): void => {
    incomplete = true;
  };
  const options = { signal, onTrouble };
  let newest: Dataset[] = [];
  let count = 0;
  let datasets = 0;
  const intentLogs: IntentLogFacts[] = [];
  // What it takes to find the datasets, and then their object sets, as it lies on the devices.
  await new SetsTogether(view.blocks).read([view.uberblock.rootbp], signal);
  for await (const dataset of inOrderOfSets(view, whole(view.datasets(options), onTrouble))) {
    if (++datasets > MAX_DATASETS || count > MAX_SNAPSHOTS) {
      incomplete = true;
      break;
    }
    const log = await intentLogOf(view, dataset, logMissing, signal);
    if (log !== null) intentLogs.push(log);
    for await (const snapshot of whole(view.snapshots(dataset, options), onTrouble)) {
      count++;
      newest.push(snapshot);
      if (newest.length > 8 * SHOWN) newest = newest.sort(youngerFirst).slice(0, SHOWN);
    }
  }
  const points: SnapshotPoint[] = [];
  for (const snapshot of newest.sort(youngerFirst).slice(0, SHOWN)) {
    const { creationTime, creationTxg } = snapshot.phys;
    const vmsynced = await isVmSynced(view, snapshot, signal);
    points.push({ name: snapshot.name, creationTime, creationTxg, vmsynced });
  }
  return { snapshots: { count, incomplete, newest: points }, intentLogs };
}

/** The same datasets; reads the object sets of some of them together. */
async function* inOrderOfSets(view: PoolAt, datasets: AsyncGenerator<Dataset>): AsyncGenerator<Dataset> {
  let some: Dataset[] = [];
  const read = () =>
    readInOrder(
      view.blocks,
      some.flatMap(({ phys: { bp } }) => (bp.hole ? [] : [bp])),
    );
  for await (const dataset of datasets) {
    some.push(dataset);
    if (some.length < SETS_TOGETHER) continue;
    await read();
    yield* some;
    some = [];
  }
  await read();
  yield* some;
}

/** Passes on what comes until it cannot go on. */
async function* whole<T>(items: AsyncGenerator<T>, onTrouble: () => void): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    onTrouble();
  }
}

const youngerFirst = (a: Dataset, b: Dataset): number =>
  a.phys.creationTxg > b.phys.creationTxg ? -1 : a.phys.creationTxg < b.phys.creationTxg ? 1 : a.name < b.name ? -1 : 1;

async function isVmSynced(view: PoolAt, snapshot: Dataset, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    const { value } = await view.properties.get(snapshot, VMSYNCED, { signal });
    return value !== null && value !== '' && value !== 'N';
  } catch (error) {
    if (error instanceof ZfsUberError) return false;
    throw error;
  }
}

/**
 * Records that are newer than the txg; older ones were synced and are passed over.
 *
 * Source: module/zfs/zil.c, zil_replay_log_record and zil_claim
 */
async function intentLogOf(
  view: PoolAt,
  dataset: Dataset,
  dropped: boolean,
  signal: AbortSignal | undefined,
): Promise<IntentLogFacts | null> {
  if (dataset.phys.snapshot || dataset.phys.bp.hole) return null;
  try {
    const { zil } = (await view.objset(dataset, signal)).phys;
    const from = zil.claimTxg === 0n ? view.txg + 1n : zil.claimTxg;
    let [replays, broken] = [0, false];
    for await (const { records, trouble } of walkZil(view.blocks, zil, signal)) {
      broken = trouble !== null;
      for (const { txg, sequence } of records ?? []) {
        if (txg >= from && sequence > zil.replaySequence) replays++;
      }
      if (replays > MAX_RECORDS) break;
    }
    // What stands on a missing device cannot be counted; that there is a log at all is known from its head.
    const unknown = dropped && replays === 0 && !zil.log.hole;
    if (unknown) return { dataset: dataset.name, replays, dropped, broken: true };
    return replays === 0 && !broken ? null : { dataset: dataset.name, replays, dropped, broken };
  } catch (error) {
    if (error instanceof ZfsUberError) return null;
    throw error;
  }
}
