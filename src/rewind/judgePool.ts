import { isReason } from '../bytes/stopping.ts';
import type { PoolReaders } from '../dataset/poolReaders.ts';
import { type Candidate, seenForeign } from '../load/candidates.ts';
import { JUDGED_AS } from '../load/openzfs.ts';
import { isLeftByGone } from '../load/predict.ts';
import { NOT_CHECKED } from '../load/rootState.ts';
import type { BlockReader } from '../pool/blockRead.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { compareUberblocks } from '../pool/uberblockCopies.ts';
import type { Verifier } from '../traverse/verifier.ts';
import type { AfterCopy } from './afterCopy.ts';
import type { Aim } from './aim/aim.ts';
import { candidatesOf, rootsOf, unlessAborted } from './candidatesOf.ts';
import { importCommands } from './commands.ts';
import type { CutPool } from './cutPool.ts';
import type { PoolFacts } from './facts/poolFacts.ts';
import { vanishedStranger } from './findings/failedReads.ts';
import { collectFindings } from './findings/findings.ts';
import { abandonedTimelines } from './findings/timeGoingBack.ts';
import { findWays } from './findWays.ts';
import { type ImportPlace, wholePlace } from './importPlace.ts';
import { afterGone, type Judged, type JudgingOptions, judge } from './judge.ts';
import { checkpointOf, judgeCheckpoint } from './judgeCheckpoint.ts';
import type { JudgedCandidate } from './judgedCandidate.ts';
import type { JudgeOptions, PoolJudgement } from './judgement.ts';
import { guessMissingTops, needsLogLess } from './missingTops.ts';
import { choose, rank } from './rank.ts';
import { recommend } from './recommend.ts';
import { withRetries } from './retries.ts';
import { stoppedTops } from './stoppedTops.ts';

/**
 * Judges every state that the rings of `pool` hold, and the checkpoint that a meta-object set keeps. Ends when
 * `options.signal` is aborted, with what is known by then: `stopped` says so.
 *
 * @param reader of the pool's blocks; null when there is no tree to read from, then no root block is read
 */
export async function judgePool(pool: Pool, reader: BlockReader | null, options: JudgeOptions): Promise<PoolJudgement> {
  const readers = await readersOf(reader === null ? { ...options, depth: 'labels' } : options);
  const all = await candidatesOf(pool, readers, options.signal);
  const { minTxg = null, maxTxg = null } = options;
  const aim = await aimOf(pool, all, options);
  const isAsked = (candidate: Candidate): boolean =>
    (minTxg === null || candidate.txg >= minTxg) &&
    (maxTxg === null || candidate.txg <= maxTxg) &&
    (aim?.wanted(candidate) ?? true);
  const asked = all.filter(isAsked);
  const roots = await rootsOf(asked, reader, readers, options);
  // The kernel too goes by the labels until it has read the MOS: what that adds names things, it decides nothing here.
  const judged: Judged[] = [];
  const kept = await checkpointOf(pool, all, reader, readers, options.signal);
  const stored = kept?.candidate != null && isAsked(kept.candidate) ? kept.candidate : null;
  const { verifier, ...how } = await stepsOf(readers, stored === null ? asked : [...asked, stored], options);
  const stranger = options.stranger?.source.failures?.gone ?? null;
  const more = { ...how, ...(aim === null ? {} : { examine: aim.examine }), signal: options.signal, stranger };
  const number = asked.length + (stored === null ? 0 : 1);
  const tell = (found: Judged, done: number): Judged => {
    const each = aim?.explain(found) ?? found;
    options.onCandidate?.(each);
    options.onProgress?.(done, number);
    return each;
  };
  const rootOf = ({ rootKey }: Candidate) => roots.get(rootKey) ?? NOT_CHECKED;
  for await (const found of judge(pool, all, asked, { ...more, rootOf })) judged.push(tell(found, judged.length + 1));
  const checkpoint =
    stored === null || reader === null
      ? null
      : await judgeCheckpoint(pool, all, stored, { ...more, reader, verifier, data: options.depth === 'data' });
  const older = await olderCopiesOf(pool, asked, options);
  const tried = withRetries(all, judged).map((each) => older.get(each.candidate.key) ?? each);
  const left = judged.find(({ prediction }) => isLeftByGone(prediction));
  const stands = checkpoint === null || left === undefined ? checkpoint : afterGone(left, checkpoint);
  const judgedAll = stands === null ? tried : [...tried, tell(stands, number)];
  const complete = await completeByMos(pool, judged, reader, options.signal);
  const logMissing = needsLogLess(complete, guessMissingTops(complete, all));
  const newest = all.find(({ taken }) => taken) ?? all[0];
  const placeOf = options.placeOf ?? fileNamedAsIs(pool);
  const ranked = rank(judgedAll);
  const meets = (each: Judged): boolean => aim?.meets(each) ?? true;
  const inOrder = [...ranked.filter(meets), ...ranked.filter((each) => !meets(each))];
  const candidates = inOrder.map((each, i): JudgedCandidate => {
    const { candidate, devices, root } = each;
    return {
      ...each,
      rank: i + 1,
      lossSeconds: newest === undefined ? 0 : secondsBetween(candidate, newest),
      copies: candidate.copies.length,
      blocksChecked: each.counts?.blocksChecked ?? (root.state === 'reads' || root.state === 'corrupted' ? 1 : 0),
      commands: importCommands(pool, candidate.txg, devices ?? pool.devices, {
        placeOf,
        ambiguousName: options.ambiguousName ?? false,
        logMissing: each.logMissing ?? logMissing,
        checkpoint: candidate.checkpoint,
        verdict: each.prediction.verdict,
        hazardous: each.prediction.hazards.length > 0,
      }),
    };
  });
  const fitting = candidates.filter(meets);
  const chosen = choose(fitting, newest?.txg ?? 0n);
  const choice = chosen && { ...chosen, why: { ...chosen.why, aim: aim?.aimed ?? null } };
  const facts = await factsOf(pool, judged, choice?.judged ?? null, options);
  const keeps = kept === null ? null : { ...kept, judged: stands };
  const best = choice?.judged ?? null;
  const stopped = stoppedTops(complete, all);
  const cut = await cutOf(pool, all, best, { ...options, placeOf });
  const judgedSoFar = { pool: complete, candidates: all, judged, best, stopped, cut };
  const { overlaps = [] } = options;
  const evidence = { ...judgedSoFar, overlaps, facts, checkpoint: keeps, placeOf };
  const findings = [...vanishedStranger(options.stranger ?? null, judged), ...collectFindings(evidence)];
  const rewinds = abandonedTimelines(evidence);
  const copied = await afterCopyOf(pool, all, best, options);
  const [foreign = null] = seenForeign(pool)
    .map(({ uberblock }) => uberblock)
    .sort((a, b) => compareUberblocks(b, a));
  const { others, relaxed, detached } = await findWays(
    { pool, all, judged, best },
    { ...options, placeOf, rootOf, verifier },
    judgePool,
  );
  const recommendation =
    choice === null
      ? null
      : recommend({
          ...{ candidates: fitting, all, choice, findings, facts, rewinds, stopped, foreign, placeOf },
          pool: complete,
          others: [others[0]?.alternative ?? [], copied?.alternative ?? []].flat(),
        });
  return {
    pool: complete,
    depth: options.depth,
    candidates,
    findings: [
      ...(aim?.findings(judgedAll) ?? []),
      ...(choice === null ? others.flatMap(({ finding }) => finding ?? []) : []),
      ...(copied === null ? [] : [copied.finding]),
      ...detached.findings,
      ...findings,
    ],
    recommendation,
    waysOut: [...relaxed, ...(choice === null ? others.map(({ way }) => way) : []), ...detached.ways],
    cut,
    stopped: options.signal?.aborted ?? false,
  };
}

/** Where nobody says where a device lies its name is taken for the path of a file. */
function fileNamedAsIs({ devices }: Pool): (device: DeviceSurvey) => ImportPlace | null {
  return (device) => wholePlace(device.source.name, 'file', `zu-d${devices.indexOf(device)}`);
}

/** Hardly ever are there two images of one device. */
async function olderCopiesOf(
  ...[pool, asked, options]: [Pool, readonly Candidate[], JudgeOptions]
): Promise<ReadonlyMap<string, Judged>> {
  // Of a pool that is judged with other devices, nothing more is tried.
  if (options.waysOut === false || options.depth === 'labels' || !pool.outside.some(({ twin }) => twin !== null))
    return new Map();
  const { olderCopies } = await import('./olderCopies.ts');
  return olderCopies(pool, asked, options, judgePool);
}

/** Hardly a pool has another one's remains behind its vdevs; what looks at them is not loaded for the others. */
async function cutOf(
  ...[pool, all, best, options]: [Pool, readonly Candidate[], JudgedCandidate | null, JudgeOptions]
): Promise<CutPool | null> {
  const foreign = pool.devices.some(({ labels }) =>
    labels.some(({ ring }) => ring?.slots.some(({ state }) => state === 'foreign')),
  );
  if (!foreign) return null;
  const { cutPool } = await import('./cutVdevs.ts');
  return cutPool(pool, all, best, options, judgePool);
}

async function afterCopyOf(
  ...[pool, all, best, options]: [Pool, readonly Candidate[], JudgedCandidate | null, JudgeOptions]
): Promise<AfterCopy | null> {
  const unread = pool.devices.some(({ labels }) => labels.some(({ status }) => status === 'unreadable'));
  if (!unread || options.depth === 'labels' || options.waysOut === false) return null;
  const { afterCopy } = await import('./afterCopy.ts');
  return unlessAborted(options.signal, null, () => afterCopy(pool, all, best, options, judgePool));
}

async function aimOf(
  pool: Pool,
  all: readonly Candidate[],
  { aim, blocks, depth, signal }: JudgeOptions,
): Promise<Aim | null> {
  if (aim === undefined || blocks === undefined || depth === 'labels') return null;
  const { takeAim } = await import('./aim/aim.ts');
  try {
    return await takeAim(pool, all, aim, blocks, signal);
  } catch (error) {
    if (isReason(error, signal)) return null;
    throw error;
  }
}

async function factsOf(
  pool: Pool,
  judged: readonly Judged[],
  best: JudgedCandidate | null,
  { blocks, depth, signal }: JudgeOptions,
): Promise<PoolFacts | null> {
  if (blocks === undefined || depth === 'labels' || signal?.aborted) return null;
  try {
    const { readPoolFacts } = await import('./facts/poolFacts.ts');
    return await readPoolFacts(pool, judged, best, {
      open: blocks.open,
      logMissing: best?.logMissing ?? false,
      signal,
    });
  } catch (error) {
    if (isReason(error, signal)) return null;
    throw error;
  }
}

/** Meta-object sets that are tried for the names of missing vdevs: the newest may be damaged, all of them hardly. */
const MOS_TRIES = 8;

async function completeByMos(
  pool: Pool,
  judged: readonly Judged[],
  reader: BlockReader | null,
  signal: AbortSignal | undefined,
): Promise<Pool> {
  if (reader === null || !pool.root?.children.some(({ config }) => config.type === 'missing')) return pool;
  const sound = judged.filter(({ root, candidate }) => root.state === 'reads' && candidate.taken).slice(0, MOS_TRIES);
  const rootbps = sound.map(({ candidate }) => candidate.uberblock.rootbp);
  // Reading objects is more code than all of this, and hardly a scan needs it here.
  const { completePool, firstMosTree } = await import('./mosConfig.ts');
  const tree = await firstMosTree(reader, rootbps, signal).catch((error: unknown) => {
    if (isReason(error, signal)) return null;
    throw error;
  });
  return tree === null ? pool : completePool(pool, tree);
}

/** Null where no more than labels, rings and root blocks is judged. */
async function readersOf({ blocks, depth }: JudgeOptions): Promise<PoolReaders | null> {
  if (blocks === undefined || depth === 'labels') return null;
  const { PoolReaders } = await import('../dataset/poolReaders.ts');
  return new PoolReaders(blocks.open);
}

interface Steps extends Pick<JudgingOptions, 'readers' | 'replay'> {
  /** What the traversal is made of; null without one. */
  readonly verifier: Verifier | null;
}

/** What is needed to replay the load as deep as asked. Loaded here: at the depth of labels none of it is used. */
async function stepsOf(
  readers: PoolReaders | null,
  asked: readonly Candidate[],
  { blocks, depth, onShare }: JudgeOptions,
): Promise<Steps> {
  if (blocks === undefined || readers === null) return { readers: null, verifier: null };
  const { replayOf } = await import('../load/plan.ts');
  if (depth === 'mos') return { readers, replay: replayOf(null, null, false), verifier: null };
  const { createVerifier } = await import('../traverse/verifier.ts');
  const [oldestTxg = 0n] = asked.map(({ txg }) => txg).sort((a, b) => (a < b ? -1 : 1));
  const verifier = telling(
    createVerifier({ engine: blocks.engine, oldestTxg, rewritten: JUDGED_AS.rewritten }),
    onShare,
  );
  return { readers, replay: replayOf(null, verifier, depth === 'data'), verifier };
}

function telling(verifier: Verifier, onShare: JudgeOptions['onShare']): Verifier {
  if (onShare === undefined) return verifier;
  return {
    verify: (view, options) => verifier.verify(view, { ...options, onProgress: ({ share }) => onShare(share) }),
    get memoryBytes() {
      return verifier.memoryBytes;
    },
  };
}

function secondsBetween(candidate: Candidate, newest: Candidate): number {
  const seconds = newest.uberblock.timestamp - candidate.uberblock.timestamp;
  // A torn or forged time may be anything up to 2^64.
  return seconds <= 0n ? 0 : Number(seconds > MAX_SECONDS ? MAX_SECONDS : seconds);
}

const MAX_SECONDS = BigInt(Number.MAX_SAFE_INTEGER);
