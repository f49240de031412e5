import type { Mmp } from '../format/uberblock.ts';
import { type VdevRef, vdevRef } from '../load/reason.ts';
import { RELEASE_RULES } from '../load/releaseRules.ts';
import { refusedLeaves } from '../load/usableLeaves.ts';
import { keptState } from '../pool/keptState.ts';
import type { Pool, VdevNode } from '../pool/pool.ts';
import { leavesOf, spareable } from '../pool/vdevHealth.ts';

/** What an import without `-T` does to a pool with multihost, in the releases that write a claim of their own. */
export interface MultihostClaim {
  /** First and last of them: `2.3.6-2.3.9, 2.4.1-2.4.4`. */
  readonly releases: string;
  /** How long it watches before; up to a quarter more by chance. */
  readonly seconds: number;
  /** The host that exported the pool neither watches nor claims. */
  readonly exported: boolean;
  /**
   * Leaves that are not there or not opened, where fewer writes than the claim needs are left: a read-write import is
   * refused then (EREMOTEIO). Empty where enough are.
   */
  readonly lacking: readonly VdevRef[];
}

/** Null where none is made: of a pool that was destroyed. */
export function multihostClaim({ root, state }: Pick<Pool, 'root' | 'state'>, mmp: Mmp): MultihostClaim | null {
  if (state === 'destroyed') return null;
  return {
    releases: RELEASE_RULES['multihost-claim'].holds,
    seconds: watchSeconds(mmp),
    exported: state === 'exported',
    lacking: root === null ? [] : claimLacks(root),
  };
}

/**
 * A good write is needed on every leg of a mirror that the config has in service, and on one more leaf of a raidz or dRAID
 * than it has parity. What all leaves take is counted together: a raidz has some to spare.
 *
 * Source: module/zfs/mmp.c, mmp_claim_uberblock_sync
 */
function claimLacks(root: VdevNode): VdevRef[] {
  let needed = 0;
  let written = 0;
  const lacking: VdevRef[] = [];
  for (const top of root.children) {
    if (top.role === 'log' || NOT_CLAIMED.has(top.config.type)) continue;
    needed += neededOf(top);
    const refused = refusedLeaves(top);
    for (const leaf of leavesOf(top)) {
      if (leaf.config.type === 'dspare' || keptState(leaf.config) !== null) continue;
      if (leaf.device !== null && !refused.has(leaf)) written++;
      else lacking.push(vdevRef(leaf));
    }
  }
  return written < needed ? lacking : [];
}

/** Places without space of their own. */
const NOT_CLAIMED: ReadonlySet<string> = new Set(['hole', 'indirect']);

function neededOf(top: VdevNode): number {
  const { type } = top.config;
  if (type === 'raidz' || type === 'draid') return spareable(top) + 1;
  return Math.max(1, top.children.filter(({ config }) => keptState(config) === null).length);
}

/** Intervals that an import watches for at least. Source: module/zfs/mmp.c, zfs_multihost_import_intervals */
const INTERVALS = 20;

/**
 * How many seconds an import watches whether another host writes; up to a quarter more by chance.
 *
 * Source: module/zfs/spa.c, spa_activity_check_duration
 */
export function watchSeconds({ delayNs, intervalMs, failIntervals }: Mmp): number {
  const delay = Number(delayNs / 1_000_000n);
  const interval = intervalMs ?? delay;
  const least = INTERVALS * Math.max(interval, delay);
  const failing = failIntervals === null || failIntervals === 0 ? 0 : 2 * failIntervals * interval;
  return Math.ceil(Math.max(least, failing) / 1000);
}
