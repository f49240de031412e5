import type { Txg } from '../../bytes/units.ts';
import { openPoolAt } from '../../dataset/openAt.ts';
import { orNull } from '../../dataset/orNull.ts';
import type { PoolAt } from '../../dataset/poolAt.ts';
import type { PoolReaders } from '../../dataset/poolReaders.ts';
import type { Uberblock } from '../../format/uberblock.ts';
import type { VdevConfig } from '../../format/vdevConfig.ts';
import type { Candidate } from '../../load/candidates.ts';
import type { Pool } from '../../pool/pool.ts';
import type { Judged } from '../judge.ts';
import { type Branch, branchesOf } from './branchFacts.ts';
import { configTxgs } from './configTxgs.ts';
import { type OngoingFacts, ongoingFacts } from './ongoingFacts.ts';
import { type StateFacts, stateFacts } from './stateFacts.ts';
import { type TrimFacts, trimFacts } from './trimFacts.ts';

/** The devices that the pool had at one txg, as its meta-object set has them. */
export interface TreeAt {
  readonly txg: Txg;
  readonly guidSum: bigint;
  /** The root vdev. */
  readonly tree: VdevConfig;
}

/** What meta-object sets tell beside the verdicts. */
export interface PoolFacts {
  /** One for each set of devices that the pool had in the txgs of its rings, newest first, as far as one opens. */
  readonly trees: readonly TreeAt[];
  /** At the recommended txg, else at the newest that opens. */
  readonly trim: TrimFacts | null;
  /** Histories that went on without each other, as each ends; empty where there is one. */
  readonly branches: readonly Branch[];
  /** When the config of a state was written, by the key of its candidate; empty where times and txgs agree. */
  readonly configTxgs: ReadonlyMap<string, Txg>;
  /** Of the recommended txg. */
  readonly state: StateFacts | null;
  /** Of the recommended txg. */
  readonly ongoing: OngoingFacts | null;
}

export interface FactsOptions {
  /** Those through which the pool was judged: what they have read is not read again. */
  readonly readers: PoolReaders;
  /** Log devices that the pool had at the recommended txg are missing. */
  readonly logMissing: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Meta-object sets that are tried for one question before it stays open. */
const TRIES = 8;
/** Different sets of devices that are told apart. */
const TREES = 8;

/**
 * Reads what a person has to know beside the verdicts; few blocks, most of which judging has read before. What cannot be
 * read is null: it is evidence beside the verdicts, which say what is damaged.
 *
 * @param judged newest first
 * @param best the recommended one
 */
export async function readPoolFacts(
  pool: Pool,
  judged: readonly Judged[],
  best: Judged | null,
  { readers, logMissing, signal }: FactsOptions,
): Promise<PoolFacts> {
  const views = new Map<Candidate, PoolAt | null>();
  const viewOf = async (candidate: Candidate): Promise<PoolAt | null> => {
    const known = views.get(candidate);
    if (known !== undefined) return known;
    const view = await orNull(() => viewAt(pool, candidate.uberblock, readers, signal));
    views.set(candidate, view);
    return view;
  };
  const firstView = async (wanted: readonly Judged[]): Promise<PoolAt | null> => {
    for (const { candidate } of wanted.slice(0, TRIES)) {
      const view = await viewOf(candidate);
      if (view !== null) return view;
    }
    return null;
  };
  const readable = judged.filter(({ root }) => root.state === 'reads');
  const readableOnes = new Set(readable.map(({ candidate }) => candidate));
  const taken = readable.filter(({ candidate }) => candidate.taken);
  const newest = await firstView(taken);
  const chosen = best === null ? null : await viewOf(best.candidate);
  const trees: TreeAt[] = [];
  const sums = [...new Set(taken.map(({ candidate }) => candidate.uberblock.guidSum))];
  for (const guidSum of sums.slice(0, TREES)) {
    const view = await firstView(taken.filter(({ candidate }) => candidate.uberblock.guidSum === guidSum));
    if (view?.vdevTree != null) trees.push({ txg: view.txg, guidSum, tree: view.vdevTree });
  }
  const trimView = chosen ?? newest;
  return {
    trees,
    trim: trimView === null ? null : await trimFacts(trimView, signal),
    branches: await branchesOf(readable, viewOf, signal),
    configTxgs: await configTxgs(
      pool,
      judged.map(({ candidate }) => candidate),
      (candidate) => readableOnes.has(candidate),
      viewOf,
    ),
    ongoing: chosen === null ? null : await ongoingFacts(pool, chosen, signal),
    state: chosen === null ? null : await stateFacts(chosen, { logMissing, signal }),
  };
}

async function viewAt(
  pool: Pool,
  uberblock: Uberblock,
  readers: PoolReaders,
  signal: AbortSignal | undefined,
): Promise<PoolAt | null> {
  if (pool.root === null) return null;
  return (await openPoolAt(pool, pool.root, uberblock, readers, { signal })).view;
}
