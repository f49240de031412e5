import type { VdevConfig } from '../../format/vdevConfig.ts';
import type { TreeAt } from '../facts/poolFacts.ts';
import { type Evidence, type Finding, list } from './finding.ts';

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
    if (changes.length === 0) return [];
    const since = candidates.filter(({ uberblock }) => uberblock.guidSum === newer.guidSum).at(-1)?.txg ?? newer.txg;
    const until = candidates.find(({ uberblock }) => uberblock.guidSum === older.guidSum)?.txg ?? older.txg;
    return [
      {
        code: 'devices-changed',
        severity: 'info' as const,
        message: `Between txg ${until} and ${since} the pool changed: ${list(changes)}. ${meaning(older, newer, until)}`,
        devices: [],
      },
    ];
  });
}

const meaning = (older: TreeAt, newer: TreeAt, until: bigint): string =>
  older.tree.guid === newer.tree.guid
    ? `Up to txg ${until} it needs the devices of before.`
    : `Up to txg ${until} nothing imports with labels of the new guid.`;

function differences(older: TreeAt, newer: TreeAt): string[] {
  const [before, after] = [nodesOf(older.tree), nodesOf(newer.tree)];
  const changes: string[] = [];
  if (older.tree.guid !== newer.tree.guid) {
    changes.push(`its guid went from ${older.tree.guid} to ${newer.tree.guid} (zpool reguid)`);
  }
  for (const [guid, node] of after) if (!before.has(guid)) changes.push(`${describe(node)} came`);
  for (const [guid, node] of before) if (!after.has(guid)) changes.push(`${describe(node)} went`);
  return changes;
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

function describe({ type, path, guid, isLog }: VdevConfig): string {
  const what = type === 'indirect' ? 'the place of a removed vdev' : `${isLog ? 'log ' : ''}${path ?? type}`;
  return `${what} (guid ${guid})`;
}
