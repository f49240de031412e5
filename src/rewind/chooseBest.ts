import { unlessStopped } from '../bytes/stopping.ts';
import type { Candidate } from '../load/candidates.ts';
import type { Pool } from '../pool/pool.ts';
import type { Choice } from './choice.ts';
import { importCommands } from './commands.ts';
import type { Gathered } from './gather.ts';
import type { Judged } from './judge.ts';
import type { Verdicts } from './judgeAll.ts';
import type { JudgedCandidate } from './judgedCandidate.ts';
import { guessMissingTops, needsLogLess } from './missingTops.ts';
import { choose, rank } from './rank.ts';

/** The states of a pool in the order in which they are worth trying. */
export interface Chosen {
  /** With the top-level vdevs that no label describes filled in from a meta-object set, where one reads. */
  readonly pool: Pool;
  /** Best first, each with its commands; those that lack what was asked for come last. */
  readonly candidates: readonly JudgedCandidate[];
  /** Those that have all that was asked for. */
  readonly fitting: readonly JudgedCandidate[];
  /** Null where none is worth trying. */
  readonly choice: Choice<JudgedCandidate> | null;
}

/** Ranks what was judged, makes the commands of each and chooses the one to try. */
export async function chooseBest(gathered: Gathered, verdicts: Verdicts): Promise<Chosen> {
  const { all, aim } = gathered;
  const meets = (each: Judged): boolean => aim?.meets(each) ?? true;
  const ranked = rank(verdicts.all);
  const inOrder = [...ranked.filter(meets), ...ranked.filter((each) => !meets(each))];
  const pool = await completeByMos(gathered, verdicts);
  const logMissing = needsLogLess(pool, guessMissingTops(pool, all));
  const newest = all.find(({ taken }) => taken) ?? all[0];
  const candidates = inOrder.map((each, i) => candidateOf(each, i + 1, newest, logMissing, gathered));
  const fitting = candidates.filter(meets);
  const choice = choose(fitting, newest?.txg ?? 0n);
  return {
    ...{ pool, candidates, fitting },
    choice: choice && { ...choice, why: { ...choice.why, aim: aim?.aimed ?? null } },
  };
}

/** @param logMissing as far as the pool tells that the load of the candidate does not reach */
function candidateOf(
  judged: Judged,
  rank: number,
  newest: Candidate | undefined,
  logMissing: boolean,
  { pool, options: { placeOf, ambiguousName = false } }: Gathered,
): JudgedCandidate {
  const { candidate, devices, root, counts, prediction } = judged;
  return {
    ...judged,
    rank,
    lossSeconds: newest === undefined ? 0 : secondsBetween(candidate, newest),
    copies: candidate.copies.length,
    blocksChecked: counts?.blocksChecked ?? (root.state === 'reads' || root.state === 'corrupted' ? 1 : 0),
    commands: importCommands(pool, candidate.txg, devices ?? pool.devices, {
      ...{ placeOf, ambiguousName },
      logMissing: judged.logMissing ?? logMissing,
      checkpoint: candidate.checkpoint,
      verdict: prediction.verdict,
      hazardous: prediction.hazards.length > 0,
    }),
  };
}

function secondsBetween(candidate: Candidate, newest: Candidate): number {
  const seconds = newest.uberblock.timestamp - candidate.uberblock.timestamp;
  // A torn or forged time may be anything up to 2^64.
  return seconds <= 0n ? 0 : Number(seconds > MAX_SECONDS ? MAX_SECONDS : seconds);
}

const MAX_SECONDS = BigInt(Number.MAX_SAFE_INTEGER);

/** Meta-object sets that are tried for the names of missing vdevs: the newest may be damaged, all of them hardly. */
const MOS_TRIES = 8;

/** The kernel too goes by the labels until it has read the MOS: what that adds names things, it decides no verdict. */
async function completeByMos({ pool, reader, options: { signal } }: Gathered, { rings }: Verdicts): Promise<Pool> {
  if (reader === null || !pool.root?.children.some(({ config }) => config.type === 'missing')) return pool;
  const sound = rings.filter(({ root, candidate }) => root.state === 'reads' && candidate.taken).slice(0, MOS_TRIES);
  const rootbps = sound.map(({ candidate }) => candidate.uberblock.rootbp);
  // Reading objects is more code than all of this, and hardly a scan needs it here.
  const { completePool, firstMosTree } = await import('./mosConfig.ts');
  const tree = await unlessStopped(
    signal,
    () => firstMosTree(reader, rootbps, signal),
    () => null,
  );
  return tree === null ? pool : completePool(pool, tree);
}
