import type { Txg } from '../bytes/units.ts';
import { PoolReaders } from '../dataset/poolReaders.ts';
import type { Candidate } from '../load/candidates.ts';
import { LoadMemo } from '../load/loadMemo.ts';
import { missingTopsReplay } from '../load/plan.ts';
import type { Prediction } from '../load/predict.ts';
import type { Verifier } from '../traverse/verifier.ts';
import { importCommands } from './commands.ts';
import type { Gathered } from './gather.ts';
import type { Judged } from './judge.ts';
import { waySteps } from './waySteps.ts';
import type { Relaxed, WayOut, WayRisk } from './waysOut.ts';
import { lacksTops, loadWithoutTops, NOT_VERIFIED, UNVERIFIED } from './withoutTops.ts';

/** Candidates that are looked at, newest first: each is as much work as a candidate of the scan. */
const TRIES = 12;

export interface RelaxedWays {
  readonly ways: readonly WayOut[];
  /** Of candidates that were looked at and that some parameters open. */
  readonly relaxed: ReadonlyMap<Candidate, Relaxed>;
}

const NOTHING_RELAXED: RelaxedWays = { ways: [], relaxed: new Map() };

/**
 * What parameters of OpenZFS open that an import as it is does not: newer states than the best, or any at all. A way is
 * named only where the load, replayed with it, passes.
 *
 * @param judged candidates of the rings without parameters, newest first
 * @param best what is recommended; null when nothing is
 * @returns nothing where no traversal is done: then nothing is known to help; without top-level vdevs of the newest {@link TRIES}
 * Source: module/zfs/spa.c, spa_ld_open_vdevs and spa_load_verify; module/zfs/vdev_root.c, too_many_errors
 */
export async function relaxedWays(
  gathered: Gathered,
  judged: readonly Judged[],
  best: Judged | null,
): Promise<RelaxedWays> {
  const { verifier } = gathered;
  if (verifier === null || gathered.pool.root === null) return NOTHING_RELAXED;
  const newer = judged.filter(
    ({ candidate }) => candidate.taken && (best === null || candidate.txg > best.candidate.txg),
  );
  const relaxed = new Map<Candidate, Relaxed>();
  const tops = await withoutTops(gathered, newer, verifier, relaxed);
  const unverified = withoutVerification(gathered, newer);
  for (const { candidate, counts, prediction } of newer) {
    // What the traversal comes to and does not survive it leaves alone when it is left out. Every dataset is opened
    // before it all the same.
    if (prediction.failsAt !== 'spa_load_verify' || counts === null) continue;
    if (prediction.hazards.some(({ meets }) => meets === 'freed-tables' || meets.step !== 'spa_load_verify')) continue;
    const { metadataErrors } = counts;
    relaxed.set(candidate, { ...NOT_VERIFIED, parameters: [UNVERIFIED], tops: [], metadataErrors });
  }
  return { ways: unverified === null ? tops : [...tops, unverified], relaxed };
}

/** @param relaxed takes what opens each of those that were looked at */
async function withoutTops(
  gathered: Gathered,
  newer: readonly Judged[],
  verifier: Verifier,
  relaxed: Map<Candidate, Relaxed>,
): Promise<WayOut[]> {
  const { pool, all, rootOf } = gathered;
  const { blocks, signal } = gathered.options;
  if (blocks === undefined || pool.root === null) return [];
  const { openZfs } = gathered.options;
  const given = {
    ...{ readers: new PoolReaders(blocks.open), memo: new LoadMemo(), signal },
    ...(openZfs !== undefined && { openZfs }),
  };
  const lacking = newer.filter(({ prediction }) => lacksTops(prediction));
  const replay = missingTopsReplay(verifier, false);
  const ways: WayOut[] = [];
  for (const { candidate } of lacking.slice(0, TRIES)) {
    const root = rootOf(candidate);
    const load = await loadWithoutTops(pool, all, candidate, { ...given, root }, replay, verifier);
    if (load === null) continue;
    const { opened, how, allowed, state, view } = load;
    const { tops, metadataErrors } = load.relaxed;
    relaxed.set(candidate, load.relaxed);
    // One that is for reading alone is enough; from before the state was set the pool may be written to again.
    if (ways.at(-1)?.verdict === 'importable' || (ways.length > 0 && opened.verdict !== 'importable')) continue;
    const risks: WayRisk[] = view.lost.length > 0 ? ['lost-blocks'] : [];
    if (how.verifies !== 'whole') risks.push('damage-unseen');
    if (opened.verdict === 'importable' && candidate !== state.newest) risks.push('later-state-lost');
    const way = wayOut(gathered, candidate, {
      kind: 'missing-tops',
      newest: state.newest?.txg ?? candidate.txg,
      parameters: how.verifies === 'nothing' ? [allowed, UNVERIFIED] : [allowed],
      plain: how.plain,
      tops,
      prediction: opened,
      risks,
      logMissing: view.logMissing,
      metadataErrors,
    });
    ways.push(way);
  }
  return ways;
}

/** Only the last verification stops it, and that would not have ended in a crash. */
const failsVerification = ({ prediction: { failsAt, hazards }, counts }: Judged): boolean =>
  failsAt === 'spa_load_verify' && hazards.length === 0 && counts !== null && counts.plain !== 'panics';

/** The newest of which nothing but the last verification fails; where a plain import passes it too, none is needed. */
function withoutVerification(gathered: Gathered, newer: readonly Judged[]): WayOut | null {
  if (newer[0]?.counts?.plain === 'passes') return null;
  const found = newer.find(failsVerification);
  if (found === undefined) return null;
  return wayOut(gathered, found.candidate, {
    kind: 'unverified',
    newest: found.candidate.txg,
    parameters: [UNVERIFIED],
    plain: false,
    tops: [],
    prediction: { ...found.prediction, verdict: 'readonly' },
    risks: ['damage-unseen'],
    logMissing: found.logMissing ?? false,
    metadataErrors: found.counts?.metadataErrors ?? null,
  });
}

interface Found extends Pick<WayOut, 'kind' | 'parameters' | 'tops' | 'risks' | 'metadataErrors'> {
  /** In the rings. */
  readonly newest: Txg;
  /** Without `-F -T`. */
  readonly plain: boolean;
  readonly prediction: Prediction;
  readonly logMissing: boolean;
}

function wayOut(
  { pool, options: { placeOf, ambiguousName = false } }: Gathered,
  { txg }: Candidate,
  { plain, newest, prediction: { verdict }, logMissing, ...found }: Found,
): WayOut {
  const tried = importCommands(pool, txg, pool.devices, { placeOf, ambiguousName, logMissing, verdict });
  const commands = plain
    ? { ...tried, readOnly: withoutTxg(tried.readOnly), readWrite: withoutTxg(tried.readWrite) }
    : tried;
  const { parameters } = found;
  return {
    ...found,
    ...waySteps({ pool, placeOf, commands, devices: null, parameters, verdict, txg, newest }),
    txg,
    verdict,
    devices: null,
  };
}

/** The same command as a plain import. */
function withoutTxg(command: readonly string[]): readonly string[] {
  const at = command.indexOf('-F');
  return at < 0 ? command : [...command.slice(0, at), ...command.slice(at + 3)];
}
