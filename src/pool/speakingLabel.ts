import type { Guid } from '../bytes/units.ts';
import type { LabelConfig } from '../format/labelConfig.ts';
import type { Pool } from './pool.ts';
import type { DeviceSurvey } from './survey.ts';

/** A node of a balanced tree of paths. */
interface PathNode {
  readonly path: string;
  readonly left: PathNode | null;
  readonly right: PathNode | null;
  readonly height: number;
}

const heightOf = (node: PathNode | null): number => node?.height ?? 0;

const nodeOf = (path: string, left: PathNode | null, right: PathNode | null): PathNode => ({
  path,
  left,
  right,
  height: 1 + Math.max(heightOf(left), heightOf(right)),
});

const rightUp = ({ path, left, right }: PathNode): PathNode =>
  right === null ? nodeOf(path, left, right) : nodeOf(right.path, nodeOf(path, left, right.left), right.right);

const leftUp = ({ path, left, right }: PathNode): PathNode =>
  left === null ? nodeOf(path, left, right) : nodeOf(left.path, left.left, nodeOf(path, left.right, right));

function balanced(node: PathNode): PathNode {
  const { path, left, right } = node;
  if (heightOf(right) > heightOf(left) + 1) {
    const leans = right !== null && heightOf(right.left) > heightOf(right.right);
    return rightUp(leans ? nodeOf(path, left, leftUp(right)) : node);
  }
  if (heightOf(left) > heightOf(right) + 1) {
    const leans = left !== null && heightOf(left.right) > heightOf(left.left);
    return leftUp(leans ? nodeOf(path, rightUp(left), right) : node);
  }
  return node;
}

function insert(node: PathNode | null, path: string): PathNode {
  if (node === null) return nodeOf(path, null, null);
  const { left, right } = node;
  if (path === node.path) return node;
  return path < node.path
    ? balanced(nodeOf(node.path, insert(left, path), right))
    : balanced(nodeOf(node.path, left, insert(right, path)));
}

function upwards(node: PathNode | null, found: string[]): string[] {
  if (node === null) return found;
  upwards(node.left, found);
  upwards(node.right, found);
  found.push(node.path);
  return found;
}

/** A device by the path that `zpool import` is given. */
export interface GivenDevice {
  readonly path: string;
  readonly device: DeviceSurvey;
}

/**
 * The label that says of the pool what it is called and whether it was destroyed, once `zpool import` has looked at what
 * its `-d` name; null where none is a member's. It keeps the paths in a balanced tree and takes that down, each node
 * after those below it. Of the top-level vdevs that it comes to, the last speaks, and of that one the newest label. Of
 * each device it reads the first label that decodes, whatever its checksum says.
 *
 * Source: lib/libzutil/zutil_import.c, zpool_find_import_scan, zpool_find_import_impl, add_config, get_configs and
 * zpool_read_label; module/avl/avl.c, avl_destroy_nodes
 *
 * @param given in the order of the command
 */
export function speakingLabel(given: readonly GivenDevice[]): LabelConfig | null {
  const byPath = new Map(given.map(({ path, device }) => [path, labelRead(device)] as const));
  const tree = [...byPath.keys()].reduce<PathNode | null>((below, path) => insert(below, path), null);
  const tops = new Map<Guid, LabelConfig>();
  for (const path of upwards(tree, [])) {
    const config = byPath.get(path) ?? null;
    if (config?.topGuid == null) continue;
    const other = tops.get(config.topGuid);
    if (other === undefined || (config.txg ?? 0n) > (other.txg ?? 0n)) tops.set(config.topGuid, config);
  }
  return [...tops.values()].at(-1) ?? null;
}

/**
 * What a device says the pool is called, where that is another name: asked for the pool by name, `zpool import` leaves the
 * device out. Null where it says the same, or nothing.
 *
 * Source: lib/libzutil/zutil_import.c, zpool_find_import_impl
 */
export function otherNameOf({ name }: Pool, device: DeviceSurvey): string | null {
  const read = labelRead(device)?.name ?? null;
  return read === name ? null : read;
}

/**
 * What `zpool import` takes a device for: by the first label that says a state there is, and a txg where it is no spare
 * and no cache; null for one that is no member of a pool. Checksums are not looked at.
 *
 * Source: lib/libzutil/zutil_import.c, zpool_read_label and add_config
 */
export function labelRead({ labels }: Pick<DeviceSurvey, 'labels'>): LabelConfig | null {
  const first = firstTaken(labels);
  return first === null || isOutside(first) || !first.txg ? null : first;
}

/**
 * `zpool import` learns where the leaf of that guid lies. Of a device whose labels say spare or cache it takes that alone:
 * the tree in them counts for nothing, and the leaf is found where a label of another device has it in its tree.
 *
 * Source: lib/libzutil/zutil_import.c, add_config and fix_paths; asked of OpenZFS 2.3.2
 */
export const isFoundByGuid = ({ labels }: Pick<DeviceSurvey, 'labels'>): boolean => {
  const first = firstTaken(labels);
  return first !== null && (isOutside(first) || Boolean(first.txg));
};

const firstTaken = (labels: DeviceSurvey['labels']): LabelConfig | null =>
  labels.find(({ config }) => config?.poolGuid != null && isTaken(config))?.config ?? null;

const isOutside = ({ role }: LabelConfig): boolean => role === 'spare' || role === 'cache';

const isTaken = ({ role, state }: LabelConfig): boolean => role !== 'uninitialised' && state !== 'unknown';
