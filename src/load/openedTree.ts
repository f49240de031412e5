import type { Pool, VdevNode } from '../pool/pool.ts';
import { keepDevices } from './mosTree.ts';
import { refusedLeaves } from './usableLeaves.ts';

/** The label tree as OpenZFS opens it: without what it is not given, and without what it refuses. */
export function openedTree(root: VdevNode, devices: Pool['devices']): VdevNode {
  const children = root.children.map((top) => {
    const refused = refusedLeaves(top);
    return keepDevices(top, (leaf) => leaf.device !== null && devices.includes(leaf.device) && !refused.has(leaf));
  });
  return { ...root, children };
}
