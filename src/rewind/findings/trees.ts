import type { VdevConfig } from '../../format/vdevConfig.ts';
import type { TreeAt } from '../facts/poolFacts.ts';
import type { Evidence, Finding } from './finding.ts';
import { namedVdev } from './values/named.ts';
import type { TimelineValues } from './values/timelines.ts';

/**
 * Devices that came and went between the txgs of the rings: a candidate imports with those that the pool had then.
 *
 * The guid sum of an uberblock says which txgs share one set of devices, so one tree of each is compared.
 */
export function changedDevices({ facts, candidates }: Evidence): Finding[] {
  const trees = facts?.trees ?? [];
  return trees.flatMap((newer, i) => {
    const older = trees[i + 1];
    if (older === undefined) return [];
    const changes = differences(older, newer);
    if (changes.reguid === null && changes.came.length + changes.went.length === 0) return [];
    const since = candidates.filter(({ uberblock }) => uberblock.guidSum === newer.guidSum).at(-1)?.txg ?? newer.txg;
    const until = candidates.find(({ uberblock }) => uberblock.guidSum === older.guidSum)?.txg ?? older.txg;
    return [
      {
        code: 'devices-changed' as const,
        severity: 'info' as const,
        values: { until, since, ...changes },
        devices: [],
      },
    ];
  });
}

type Changes = Pick<TimelineValues['devices-changed'], 'reguid' | 'came' | 'went'>;

function differences(older: TreeAt, newer: TreeAt): Changes {
  const [before, after] = [nodesOf(older.tree), nodesOf(newer.tree)];
  const [from, to] = [older.tree.guid, newer.tree.guid];
  return {
    reguid: from === to ? null : { from, to },
    came: [...after].flatMap(([guid, node]) => (before.has(guid) ? [] : [namedVdev(node)])),
    went: [...before].flatMap(([guid, node]) => (after.has(guid) ? [] : [namedVdev(node)])),
  };
}

/** By guid; inner vdevs only where they are no matter of course: one of the pool's own making around a leaf. */
function nodesOf(root: VdevConfig): Map<bigint, VdevConfig> {
  const nodes = new Map<bigint, VdevConfig>();
  const open = [...root.children];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    open.push(...next.children);
    if (next.children.length === 0 && next.type !== 'hole') nodes.set(next.guid, next);
  }
  return nodes;
}
