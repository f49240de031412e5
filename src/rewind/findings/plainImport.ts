import { restsOnFailedReads } from '../../load/predict.ts';
import { RELEASE_RULES } from '../../load/releaseRules.ts';
import type { Judged } from '../judge.ts';
import { multihostClaim } from '../multihostClaim.ts';
import { byCandidate, failsWhen, harmOf } from '../retries.ts';
import type { Evidence, Finding } from './finding.ts';

/**
 * A plain import verifies only what the last three txgs wrote, so that it may take a txg that `-T`, which verifies the
 * whole pool, refuses for damage in older metadata. It may also come to what crashes the machine where `-T` gives up
 * before.
 *
 * Source: module/zfs/spa.c, spa_ld_select_uberblock_done (verify_min_txg) and spa_load_verify; module/zfs/metaslab.c,
 * metaslab_flush, for what a first txg reads
 */
export function plainImport({
  pool,
  judged,
  candidates,
  openZfs,
}: Pick<Evidence, 'pool' | 'judged' | 'candidates' | 'openZfs'>): Finding[] {
  const newest = judged.find(({ candidate }) => candidate.taken);
  const harmful = newest === undefined ? null : harmfulRetry(newest, { candidates, judged, openZfs });
  if (harmful !== null) return [harmful];
  if (newest?.prediction.verdict !== 'damaged' || newest.counts === null) return [];
  const { txg } = newest.candidate;
  const { plain, metadataErrors } = newest.counts;
  if (plain === 'panics' && newest.prediction.hazards.length === 0) {
    return [
      {
        code: 'plain-import-panics',
        severity: 'error',
        values: { kind: 'opening', txg },
        devices: [],
      },
    ];
  }
  if (plain !== 'passes' || newest.prediction.failsAt !== 'spa_load_verify') return [];
  const { mmp } = newest.candidate.uberblock;
  const claim = mmp === null ? null : multihostClaim(pool, mmp);
  return [
    {
      code: 'plain-import-passes',
      severity: 'warning',
      values: {
        txg,
        blocks: Math.max(1, metadataErrors),
        unread: restsOnFailedReads(newest.prediction),
        freesWait: RELEASE_RULES['frees-wait'].holds,
        claimedBy: claim === null || claim.exported ? null : claim.releases,
      },
      devices: [],
    },
  ];
}

/** Where the newest txg fails, a plain import tries older ones: with `-F` to load them, without it to tell of them. */
function harmfulRetry(
  newest: Judged,
  { candidates, judged, openZfs }: Pick<Evidence, 'judged' | 'candidates' | 'openZfs'>,
): Finding | null {
  const { verdict, hazards } = newest.prediction;
  if (hazards.length > 0) return null;
  const writes = verdict === 'readonly';
  const harm = harmOf(newest, candidates, byCandidate(judged), writes, (each) => failsPlainly(each, writes), openZfs);
  if (harm === null) return null;
  const values = { kind: 'retry', hazard: harm, writes } as const;
  return harm.kind === 'panic'
    ? { code: 'plain-import-panics', severity: 'error', values, devices: [] }
    : { code: 'plain-import-hangs', severity: 'error', values, devices: [] };
}

/** What a plain import verifies of older txgs is not known, so that those may load. */
const failsPlainly = (judged: Judged, writes: boolean): boolean =>
  failsWhen(judged, writes) &&
  // The traversal, which counts, is a part of that step, and the only one of which less is done.
  (judged.prediction.failsAt !== 'spa_load_verify' || judged.counts === null || judged.counts.plain === 'fails');
