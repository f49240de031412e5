import { unlessStopped } from '../bytes/stopping.ts';
import type { Uberblock } from '../format/uberblock.ts';
import { type Candidate, seenForeign } from '../load/candidates.ts';
import { compareUberblocks } from '../pool/uberblockCopies.ts';
import type { AfterCopy } from './afterCopy.ts';
import type { Alternative } from './alternatives.ts';
import type { Chosen } from './chooseBest.ts';
import type { CutPool } from './cutPool.ts';
import type { PoolFacts } from './facts/poolFacts.ts';
import { vanishedStranger } from './findings/failedReads.ts';
import type { Evidence, Finding } from './findings/finding.ts';
import { collectFindings } from './findings/findings.ts';
import { abandonedTimelines } from './findings/timeGoingBack.ts';
import type { TimeJump } from './findings/timeJumps.ts';
import { findWays } from './findWays.ts';
import type { Gathered } from './gather.ts';
import type { Verdicts } from './judgeAll.ts';
import type { JudgedCandidate } from './judgedCandidate.ts';
import type { Damage } from './recommendation.ts';
import { type StoppedTop, stoppedTops } from './stoppedTops.ts';
import type { Relaxed, WayOut } from './waysOut.ts';

/** What is worth knowing of a pool beside the verdicts, and what else opens it. */
export interface FoundOut {
  /** What meta-object sets tell; null where none was read. */
  readonly facts: PoolFacts | null;
  /** Top-level vdevs of which the newest writing is on no device at hand. */
  readonly stopped: readonly StoppedTop[];
  /** What the recommended txg has lost, as far as that was looked for; null where nothing is known to be. */
  readonly damage: Damage | null;
  /** Null where no vdev ends before its device. */
  readonly cut: CutPool | null;
  /** What the evidence itself tells, the gravest first. */
  readonly evident: readonly Finding[];
  /** All findings, in the order in which they are told. */
  readonly findings: readonly Finding[];
  /** Rewinds whose abandoned states are still in the rings. */
  readonly rewinds: readonly TimeJump[];
  /** Txgs that take other devices, or copies of them. */
  readonly others: readonly Alternative[];
  readonly waysOut: readonly WayOut[];
  /** The least that makes OpenZFS load states that it does not load as it is set. */
  readonly relaxed: ReadonlyMap<Candidate, Relaxed>;
  /** The newest uberblock that an import without `-T` may take and that is another pool's; null without one. */
  readonly foreign: Uberblock | null;
}

/** Finds out what the verdicts do not say, now that it is known which state is to be tried. */
export async function findOut(gathered: Gathered, verdicts: Verdicts, chosen: Chosen): Promise<FoundOut> {
  const { all, aim, kept, options } = gathered;
  const { pool, choice } = chosen;
  const best = choice?.judged ?? null;
  const facts = await factsOf(gathered, verdicts, best);
  const stopped = stoppedTops(pool, all);
  const cut = await cutOf(gathered, best);
  const evidence: Evidence = {
    ...{ pool, candidates: all, judged: verdicts.rings, best, stopped, cut, facts, placeOf: options.placeOf },
    openZfs: options.openZfs,
    overlaps: options.overlaps ?? [],
    spent: [...(gathered.verifier?.spent ?? []), ...gathered.memo.spent],
    checkpoint: kept === null ? null : { ...kept, judged: verdicts.checkpoint },
  };
  const evident = [...vanishedStranger(options.stranger ?? null, verdicts.rings), ...collectFindings(evidence)];
  const copied = await afterCopyOf(gathered, best);
  const damage = await namedDamage(gathered, best);
  const { others, relaxed, detached } = await findWays(gathered, verdicts.rings, best);
  const nothing = choice === null;
  return {
    ...{ facts, stopped, damage, cut, evident },
    findings: [
      ...(aim?.findings(verdicts.all) ?? []),
      ...(nothing ? others.flatMap(({ finding }) => finding ?? []) : []),
      ...(copied === null ? [] : [copied.finding]),
      ...detached.findings,
      ...evident,
    ],
    rewinds: abandonedTimelines(evidence),
    others: [others[0]?.alternative ?? [], copied?.alternative ?? []].flat(),
    relaxed: relaxed.relaxed,
    waysOut: [...relaxed.ways, ...(nothing ? others.map(({ way }) => way) : []), ...detached.ways],
    foreign: newestForeign(gathered),
  };
}

async function factsOf(
  { pool, readers, options: { signal } }: Gathered,
  { rings }: Verdicts,
  best: JudgedCandidate | null,
): Promise<PoolFacts | null> {
  if (readers === null) return null;
  const { readPoolFacts } = await import('./facts/poolFacts.ts');
  const logMissing = best?.logMissing ?? false;
  return unlessStopped(
    signal,
    () => readPoolFacts(pool, rings, best, { readers, logMissing, signal }),
    () => null,
  );
}

async function namedDamage(gathered: Gathered, best: JudgedCandidate | null): Promise<Damage | null> {
  // Of a pool that is judged with other devices only the verdicts are wanted.
  if (best === null || (best.counts?.dataErrors ?? 0) === 0 || gathered.options.waysOut === false) return null;
  const { damageOf } = await import('./damage.ts');
  return unlessStopped(
    gathered.options.signal,
    () => damageOf(gathered, best),
    () => null,
  );
}

/** Hardly a pool has another one's remains behind its vdevs; what looks at them is not loaded for the others. */
async function cutOf(gathered: Gathered, best: JudgedCandidate | null): Promise<CutPool | null> {
  const foreign = gathered.pool.devices.some(({ labels }) =>
    labels.some(({ ring }) => ring?.slots.some(({ state }) => state === 'foreign')),
  );
  if (!foreign) return null;
  const { cutPool } = await import('./cutVdevs.ts');
  return cutPool(gathered, best);
}

async function afterCopyOf(gathered: Gathered, best: JudgedCandidate | null): Promise<AfterCopy | null> {
  const { pool, options } = gathered;
  const unread = pool.devices.some(({ labels }) => labels.some(({ status }) => status === 'unreadable'));
  if (!unread || options.depth === 'labels' || options.waysOut === false) return null;
  const { afterCopy } = await import('./afterCopy.ts');
  return unlessStopped(
    options.signal,
    () => afterCopy(gathered, best),
    () => null,
  );
}

function newestForeign({ pool }: Gathered): Uberblock | null {
  const [newest = null] = seenForeign(pool)
    .map(({ uberblock }) => uberblock)
    .sort((a, b) => compareUberblocks(b, a));
  return newest;
}
