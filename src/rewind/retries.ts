import { TXG_DEFER_SIZE } from '../bytes/units.ts';
import type { Candidate } from '../load/candidates.ts';
import { CLONES_FREED, type Hazard, hasDanger } from '../load/hazard.ts';
import { JUDGED_AS, type OpenZfs } from '../load/openzfs.ts';
import { fails } from '../load/predict.ts';
import type { StepName } from '../load/stepNames.ts';
import type { Judged } from './judge.ts';

/**
 * The candidates with what their commands would do to the machine after their own txg has failed: an import goes on to
 * older uberblocks until the one that it tried last is more than two txgs older than the first.
 *
 * @param all candidates of the rings, newest first
 * @param judged some of them, by that OpenZFS
 */
export function withRetries(
  all: readonly Candidate[],
  judged: readonly Judged[],
  openZfs: OpenZfs = JUDGED_AS,
): Judged[] {
  if (judged.every(isHarmless)) return [...judged];
  const known = byCandidate(judged);
  return judged.map((each) => {
    const { prediction } = each;
    if (prediction.hazards.length > 0) return each;
    const writes = prediction.verdict === 'readonly';
    const harm = harmOf(each, all, known, writes, (tried) => failsWhen(tried, writes), openZfs);
    return harm === null ? each : { ...each, prediction: { ...prediction, hazards: [harm] } };
  });
}

/** Where all are, no harm comes of going on to others, with any OpenZFS. */
export const isHarmless = ({ prediction, clones }: Judged): boolean => prediction.hazards.length === 0 && !clones;

/** As `harmOf` wants them. */
export const byCandidate = (judged: readonly Judged[]): ReadonlyMap<Candidate, Judged> =>
  new Map(judged.map((each) => [each.candidate, each]));

/**
 * What an import comes to that begins with `first`; null where it comes to no harm, and where that is not known.
 *
 * @param first its own load does no harm
 * @param known some of `all`, judged
 * @param writes the devices are opened to be written to
 * @param failing whether a load is known to fail
 * Source: module/zfs/spa.c, spa_load_best and spa_load_retry: also without `-F` older ones are tried, to tell of them
 */
export function harmOf(
  first: Judged,
  all: readonly Candidate[],
  known: ReadonlyMap<Candidate, Judged>,
  writes: boolean,
  failing: (judged: Judged) => boolean,
  openZfs: OpenZfs = JUDGED_AS,
): Hazard | null {
  if (!failing(first) || first.candidate.checkpoint !== null) return null;
  const afterFirst = ({ txg: at }: Candidate) => ({ first: first.candidate.txg, at, writes });
  const frees = hasDanger(openZfs, CLONES_FREED);
  let freed = frees && metClones(first, writes);
  let last = first.candidate;
  for (const at of all) {
    if (!at.taken || at.txg >= last.txg) continue;
    if (last.txg + TXG_DEFER_SIZE < first.candidate.txg) return null;
    const tried = known.get(at);
    if (freed && (tried === undefined || metMetaslabs(tried, writes)))
      return { ...CLONES_FREED, meets: 'freed-tables', listing: false, after: afterFirst(at) };
    if (tried === undefined || !failing(tried)) return null;
    const [own] = tried.prediction.hazards;
    if (own !== undefined) return { ...own, after: afterFirst(at) };
    freed ||= frees && metClones(tried, writes);
    last = at;
  }
  return null;
}

/** Steps that only a load to write takes, by how far it came before. Source: module/zfs/spa.c, spa_load_impl */
const BEFORE_METASLABS: StepName = 'spa_ld_check_features';
const AFTER_CLONES: StepName = 'spa_ld_verify_logs';

const stopsWriting = ({ prediction }: Judged, writes: boolean): boolean => writes && prediction.verdict === 'readonly';

const metMetaslabs = (judged: Judged, writes: boolean): boolean =>
  judged.metaslabs && !(stopsWriting(judged, writes) && judged.prediction.failsAt === BEFORE_METASLABS);

const metClones = (judged: Judged, writes: boolean): boolean =>
  judged.clones && (!stopsWriting(judged, writes) || judged.prediction.failsAt === AFTER_CLONES);

/** What is met after the load does not send an import back to an older txg. */
const AFTER_LOAD: StepName = 'metaslab_load';

/** @param writes the devices are opened to be written to */
export const failsWhen = ({ prediction }: Judged, writes: boolean): boolean =>
  fails(prediction) || (writes && prediction.verdict === 'readonly' && prediction.failsAt !== AFTER_LOAD);
