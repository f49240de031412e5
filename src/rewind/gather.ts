import { unlessStopped } from '../bytes/stopping.ts';
import type { PoolReaders } from '../dataset/poolReaders.ts';
import type { Candidate } from '../load/candidates.ts';
import { LoadMemo } from '../load/loadMemo.ts';
import { LABELS_ALONE, type Replay } from '../load/replay.ts';
import { NOT_CHECKED, type RootCheck } from '../load/rootState.ts';
import type { BlockReader } from '../pool/blockRead.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import type { Verifier } from '../traverse/verifier.ts';
import type { Aim } from './aim/aim.ts';
import { candidatesOf, rootsOf } from './candidatesOf.ts';
import type { FoundCheckpoint } from './facts/checkpoint.ts';
import { wholePlace } from './importPlace.ts';
import { checkpointOf } from './judgeCheckpoint.ts';
import type { JudgeOptions, JudgePool } from './judgement.ts';
import { type JudgeWith, judgeWithDevicesOf } from './judgeWith.ts';

/** What of a pool there is to be judged, and what it is judged by. */
export interface Gathered extends JudgedBy {
  readonly pool: Pool;
  /** Of the pool's blocks, as its labels describe it; null where no root block is read. */
  readonly reader: BlockReader | null;
  readonly options: JudgeOptions & Required<Pick<JudgeOptions, 'placeOf'>>;
  /** Every candidate of the rings, newest first. */
  readonly all: readonly Candidate[];
  /** Those of them that are to be judged. */
  readonly asked: readonly Candidate[];
  /** What became of a candidate's root block. */
  readonly rootOf: (candidate: Candidate) => RootCheck;
  /** The checkpoint that a meta-object set keeps; null without one, and where that is not looked for. */
  readonly kept: FoundCheckpoint | null;
  /** The candidate that it makes; null where it is none, or not asked for. */
  readonly stored: Candidate | null;
  /** Where the rewind shall lead; null where nobody said so. */
  readonly aim: Aim | null;
  readonly judgeWith: JudgeWith;
}

interface JudgedBy {
  /** Null where no more than labels, rings and root blocks is judged. */
  readonly readers: PoolReaders | null;
  /** The load of a candidate of the rings. */
  readonly replay: Replay;
  /** What loads have read through `readers`. */
  readonly memo: LoadMemo;
  /** What the traversal is made of; null without one. */
  readonly verifier: Verifier | null;
}

/**
 * Gathers the candidates of `pool` and opens what they are judged by.
 *
 * @param reader null when there is no tree to read from
 * @param judge judges a pool with the devices that it has
 */
export async function gather(
  pool: Pool,
  reader: BlockReader | null,
  given: JudgeOptions,
  judge: JudgePool,
): Promise<Gathered> {
  const options = { ...given, placeOf: given.placeOf ?? fileNamedAsIs(pool) };
  const { minTxg = null, maxTxg = null, signal } = options;
  const readers = await readersOf(reader === null ? { depth: 'labels' } : options);
  const all = await candidatesOf(pool, readers, signal);
  const aim = await aimOf(pool, all, readers, options);
  const isAsked = (candidate: Candidate): boolean =>
    (minTxg === null || candidate.txg >= minTxg) &&
    (maxTxg === null || candidate.txg <= maxTxg) &&
    (aim?.wanted(candidate) ?? true);
  const asked = all.filter(isAsked);
  const roots = await rootsOf(asked, reader, readers, options);
  const kept = await checkpointOf(pool, all, reader, readers, signal);
  const stored = kept?.candidate != null && isAsked(kept.candidate) ? kept.candidate : null;
  return {
    ...{ pool, reader, options, all, asked, kept, stored, aim },
    rootOf: ({ rootKey }) => roots.get(rootKey) ?? NOT_CHECKED,
    ...(await judgedBy(readers, stored === null ? asked : [...asked, stored], options)),
    judgeWith: judgeWithDevicesOf(pool, options, judge),
  };
}

/** Where nobody says where a device lies its name is taken for the path of a file. */
const fileNamedAsIs =
  ({ devices }: Pool): Gathered['options']['placeOf'] =>
  (device: DeviceSurvey) =>
    wholePlace(device.source.name, 'file', `zu-d${devices.indexOf(device)}`);

async function readersOf({ blocks, depth }: Pick<JudgeOptions, 'blocks' | 'depth'>): Promise<PoolReaders | null> {
  if (blocks === undefined || depth === 'labels') return null;
  const { PoolReaders } = await import('../dataset/poolReaders.ts');
  return new PoolReaders(blocks.open);
}

async function aimOf(
  pool: Pool,
  all: readonly Candidate[],
  readers: PoolReaders | null,
  { aim, blocks, signal }: JudgeOptions,
): Promise<Aim | null> {
  if (aim === undefined || blocks === undefined || readers === null) return null;
  const { takeAim } = await import('./aim/aim.ts');
  return unlessStopped(
    signal,
    () => takeAim(pool, all, aim, { readers, engine: blocks.engine }, signal),
    () => null,
  );
}

/** What replays the load as deep as asked. Loaded here: at the depth of labels none of it is used. */
async function judgedBy(
  readers: PoolReaders | null,
  asked: readonly Candidate[],
  { blocks, depth, onShare, openZfs }: JudgeOptions,
): Promise<JudgedBy> {
  const memo = new LoadMemo();
  if (blocks === undefined || readers === null) return { readers: null, replay: LABELS_ALONE, memo, verifier: null };
  const { replayOf } = await import('../load/plan.ts');
  if (depth === 'mos') return { readers, replay: replayOf(null, null, false), memo, verifier: null };
  const { createVerifier } = await import('../traverse/verifier.ts');
  const [oldestTxg = 0n] = asked.map(({ txg }) => txg).sort((a, b) => (a < b ? -1 : 1));
  const verifier = telling(
    createVerifier({ engine: blocks.engine, oldestTxg, strictness: openZfs?.strictness }),
    onShare,
  );
  return { readers, replay: replayOf(null, verifier, depth === 'data'), memo, verifier };
}

/** `verifier`, that tells how far it is. */
export function telling(verifier: Verifier, onShare: JudgeOptions['onShare']): Verifier {
  if (onShare === undefined) return verifier;
  return {
    verify: (view, options) => verifier.verify(view, { ...options, onProgress: ({ share }) => onShare(share) }),
    get memoryBytes() {
      return verifier.memoryBytes;
    },
    get spent() {
      return verifier.spent;
    },
  };
}
