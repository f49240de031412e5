import { asTxg, type Txg } from '../bytes/units.ts';
import type { Uberblock } from '../format/uberblock.ts';
import type { Candidate } from '../load/candidates.ts';
import { refusedLeaves } from '../load/usableLeaves.ts';
import type { Pool, VdevNode } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { uberblockCopies } from '../pool/uberblockCopies.ts';
import { leavesOf, vdevHealth } from '../pool/vdevHealth.ts';

/** A device that shows by its own ring that it missed what was written after `newest`. */
export interface StaleLeaf {
  readonly leaf: VdevNode;
  readonly device: DeviceSurvey;
  /** The newest uberblock that it has. */
  readonly newest: Uberblock;
}

/** A top-level vdev that was written to after all that its devices at hand have of it. */
export interface StoppedTop {
  readonly top: VdevNode;
  /** The newest txg of which enough of its devices are at hand. */
  readonly until: Txg;
  /** The newest that the pool wrote to it, as other devices tell. */
  readonly newest: Uberblock;
  /** Leaves that no source is: what was written after `until` can be on them. */
  readonly missing: readonly VdevNode[];
  readonly stale: readonly StaleLeaf[];
}

/** Top-level vdevs that get every uberblock; of more, each txg is written to so many of them. */
const WRITTEN_EACH_TXG = 3;
/** Likelihood of being passed over by chance, below which a device counts as having stopped. */
const BY_CHANCE = 0.001;

/**
 * Top-level vdevs of which the newest writing is on no device at hand: those that would have it are missing, or what is
 * there of them is older. No log is among them: what a log lacks costs nothing but the last synchronous writes.
 *
 * A txg is written to three top-level vdevs in a row, counted from a random one, logs left out; to all of them, logs too,
 * when their config changed, and that is when labels are written. So a device missed a txg when its pool has three or
 * fewer, when a label elsewhere is of that txg, or when chance passes it over more often than is likely.
 *
 * @param candidates newest first
 * Source: module/zfs/spa.c, spa_sync_rewrite_vdev_config; module/zfs/vdev_label.c, vdev_config_sync
 */
export function stoppedTops(pool: Pool, candidates: readonly Candidate[]): StoppedTop[] {
  const newest = candidates.find(({ seen, checkpoint }) => seen && checkpoint === null)?.uberblock;
  const data = (pool.root?.children ?? []).filter(isWritten);
  if (newest === undefined) return [];
  const written = newestLabelTxg(pool);
  const missed = (from: Txg): boolean => {
    if (from >= newest.txg) return false;
    if (data.length <= WRITTEN_EACH_TXG || from < written) return true;
    const since = new Set(candidates.filter(({ txg }) => txg > from).map(({ txg }) => txg)).size;
    return (1 - WRITTEN_EACH_TXG / data.length) ** since < BY_CHANCE;
  };
  return data.flatMap((top) => {
    const stale = [...leavesOf(top)].flatMap((leaf): StaleLeaf[] => {
      const own = leaf.device === null ? null : newestOn(leaf.device);
      return leaf.device !== null && own !== null && missed(own.txg)
        ? [{ leaf, device: leaf.device, newest: own }]
        : [];
    });
    const refused = refusedLeaves(top);
    const behind = new Map(stale.map((each) => [each.leaf, each.newest.txg]));
    const healthAt = (txg: Txg) =>
      vdevHealth(top, (leaf) => leaf.device !== null && !refused.has(leaf) && (behind.get(leaf) ?? newest.txg) >= txg);
    if (healthAt(newest.txg) !== 'missing') return [];
    const until = [...behind.values()].sort((a, b) => (a > b ? -1 : 1)).find((txg) => healthAt(txg) !== 'missing');
    if (until === undefined) return [];
    const missing = [...leavesOf(top)].filter(({ device, config }) => device === null && config.type !== 'dspare');
    return [{ top, until, newest, missing, stale }];
  });
}

const isWritten = ({ role, config }: VdevNode): boolean =>
  role !== 'log' && !['hole', 'indirect', 'missing'].includes(config.type);

/** The newest txg in which labels were written, going by those whose checksum holds. */
function newestLabelTxg({ devices, guid }: Pool): Txg {
  let newest = asTxg(0n);
  for (const { labels } of devices) {
    for (const { status, config } of labels) {
      const txg = status === 'ok' && config?.poolGuid === guid ? config.txg : null;
      if (txg !== null && txg > newest) newest = txg;
    }
  }
  return newest;
}

/** The newest uberblock in the rings of a device; null without any. */
export function newestOn(device: DeviceSurvey): Uberblock | null {
  let newest: Uberblock | null = null;
  for (const { uberblock } of uberblockCopies(device)) {
    if (newest === null || uberblock.txg > newest.txg) newest = uberblock;
  }
  return newest;
}
