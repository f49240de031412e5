import { keptState } from './keptState.ts';
import type { VdevNode } from './pool.ts';
import { vdevHealth } from './vdevHealth.ts';

/**
 * What became of a log top-level vdev. One that is closed by its own state is not missed: an import needs no `-m` for
 * it. Of a mirror that holds only where all its disks are offline, not where they were faulted.
 */
export type LogHealth = 'there' | 'closed' | 'missing';

/** Source: module/zfs/spa.c, spa_check_for_missing_logs; module/zfs/vdev_mirror.c, vdev_mirror_open */
export function logHealth(top: VdevNode): LogHealth {
  if (vdevHealth(top) !== 'missing') return 'there';
  if (top.children.length === 0) return keptState(top.config) === null ? 'missing' : 'closed';
  return isOffline(top) ? 'closed' : 'missing';
}

const isOffline = (node: VdevNode): boolean =>
  node.children.length === 0 ? keptState(node.config) === 'offline' : node.children.every(isOffline);
