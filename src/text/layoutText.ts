import type { PoolEntry, VdevEntry } from '../document/pool.types.ts';

/** Vdevs that are no device: what is left of removed ones, and the spare space within a dRAID. */
const NO_DEVICE = new Set(['hole', 'indirect', 'dspare']);

export interface LeafCount {
  readonly present: number;
  readonly all: number;
}

/** Devices of the pool, and how many of them are among the sources. */
export function countLeaves(root: VdevEntry): LeafCount {
  let [present, all] = [0, 0];
  const waiting: VdevEntry[] = [root];
  for (let vdev = waiting.pop(); vdev !== undefined; vdev = waiting.pop()) {
    waiting.push(...vdev.children);
    if (vdev.children.length > 0 || NO_DEVICE.has(vdev.type) || vdev.type === 'root') continue;
    all++;
    if (vdev.source !== null) present++;
  }
  return { present, all };
}

/** The layout in a few words: `single disk`, `2 x raidz2 of 6 + log mirror`. Types of vdevs stand in it raw. */
export function layoutText(pool: PoolEntry): string {
  if (pool.vdevs === null) return 'layout unknown';
  const kinds = new Map<string, number>();
  for (const top of topLevels(pool)) {
    if (NO_DEVICE.has(top.type)) continue;
    const kind = (top.role === 'normal' ? '' : `${top.role} `) + kindOf(top);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  if (kinds.size === 0) return 'layout unknown';
  return [...kinds].map(([kind, count]) => countedKind(kind, count, kinds.size)).join(' + ');
}

/** Kinds of vdev that are a device by themselves. */
const LEAVES: ReadonlySet<string> = new Set(['disk', 'file']);

function countedKind(kind: string, count: number, kinds: number): string {
  if (count === 1) return LEAVES.has(kind) && kinds === 1 ? `single ${kind}` : kind;
  return LEAVES.has(kind) ? `stripe of ${count} ${kind}s` : `${count} x ${kind}`;
}

/** Top-level vdevs in order. */
export const topLevels = (pool: PoolEntry): readonly VdevEntry[] =>
  pool.vdevs === null ? [] : pool.vdevs.type === 'root' ? pool.vdevs.children : [pool.vdevs];

function kindOf(vdev: VdevEntry): string {
  const parity = vdev.nparity === undefined ? '' : String(vdev.nparity);
  if (vdev.type === 'raidz' || vdev.type === 'draid') return `${vdev.type}${parity} of ${vdev.children.length}`;
  if (vdev.type === 'missing') return 'missing vdev';
  if (vdev.type === 'mirror' && vdev.children.length > 2) return `mirror of ${vdev.children.length}`;
  return vdev.type;
}
