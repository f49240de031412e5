import type { Evidence, Finding } from './finding.ts';
import { count } from './finding.ts';

/**
 * A plain import verifies only what the last three txgs wrote, so that it may take a txg that `-T`, which verifies the
 * whole pool, refuses for damage in older metadata.
 *
 * Source: module/zfs/spa.c, spa_ld_select_uberblock_done (verify_min_txg) and spa_load_verify
 */
export function plainImport({ judged }: Evidence): Finding[] {
  const newest = judged.find(({ candidate }) => candidate.taken);
  if (newest?.prediction.verdict !== 'damaged' || newest.prediction.failsAt !== 'spa_load_verify') return [];
  if (newest.counts?.recentErrors !== 0) return [];
  const { txg } = newest.candidate;
  return [
    {
      code: 'plain-import-passes',
      severity: 'warning',
      message: `A plain zpool import, without -F and -T, verifies only what the last 3 txgs wrote and should take txg ${txg}: nothing is lost then, but ${count(Math.max(1, newest.counts.metadataErrors), 'damaged block')} of older metadata or more stay in the pool. Copy the data out read-only before anything writes.`,
      devices: [],
    },
  ];
}
