import { orNull } from '../../dataset/orNull.ts';
import type { PoolAt } from '../../dataset/poolAt.ts';
import { leavesBelow, type VdevConfig } from '../../format/vdevConfig.ts';
import type { Pool } from '../../pool/pool.ts';

/** What the pool at one txg needs to be used, and what it goes on with as soon as it is imported to write. */
export interface OngoingFacts {
  /** Some dataset is encrypted: keys have to be loaded before it mounts. */
  readonly encrypted: boolean;
  /** The top-level vdev that is being removed; null where none is. */
  readonly removing: string | null;
  /** Devices that stand in for another, or take its place. */
  readonly substitutes: readonly {
    readonly kind: 'spare' | 'replacing';
    readonly of: string;
    readonly by: string;
    /** Of the leaf that is replaced, and of the one that stands for it; null where either is a vdev of several. */
    readonly guids: { readonly of: bigint; readonly by: bigint } | null;
  }[];
  /** Top-level vdevs, logs left out, that no label at hand knows of: the labels are older than the `zpool add`. */
  readonly unlabelled: readonly string[];
}

const ENCRYPTION = 'com.datto:encryption';
/** Vdevs that are nothing to be given. */
const NO_DEVICE: ReadonlySet<string> = new Set(['hole', 'indirect', 'missing']);
/** Vdevs that are looked at; a pool has hardly more. */
const MAX_VDEVS = 4096;

/**
 * What cannot be read is left out.
 *
 * Source: module/zfs/vdev_removal.c, spa_restart_removal; module/zfs/spa.c, spa_vdev_resilver_done; include/sys/fs/zfs.h,
 * VDEV_TYPE_SPARE
 */
export async function ongoingFacts(pool: Pool, view: PoolAt, signal?: AbortSignal): Promise<OngoingFacts> {
  const tops = view.vdevTree?.children ?? [];
  const features = await orNull(() => view.mos.features(signal));
  const removal = await orNull(() => view.mos.removal(signal));
  const removed = removal?.state === 'scanning' && removal.vdev !== null ? tops[Number(removal.vdev)] : undefined;
  const known = new Set(pool.root?.children.map(({ config }) => config.guid));
  const late = tops.filter((top) => !known.has(top.guid) && !top.isLog && !NO_DEVICE.has(top.type));
  return {
    encrypted: features?.some(({ guid, references }) => guid === ENCRYPTION && references > 0n) ?? false,
    removing: removed === undefined ? null : nameOf(removed),
    substitutes: substitutesIn(tops),
    unlabelled: pool.root === null ? [] : late.map(nameOf),
  };
}

function substitutesIn(tops: readonly VdevConfig[]): OngoingFacts['substitutes'] {
  const found: OngoingFacts['substitutes'][number][] = [];
  const open = [...tops];
  for (let looked = 0; looked < MAX_VDEVS; looked++) {
    const next = open.pop();
    if (next === undefined) break;
    open.push(...next.children);
    const [first, last] = [next.children[0], next.children.at(-1)];
    if ((next.type !== 'spare' && next.type !== 'replacing') || first === undefined || last === undefined) continue;
    const leaves = first.children.length + last.children.length === 0;
    const guids = leaves ? { of: first.guid, by: last.guid } : null;
    found.push({ kind: next.type, of: nameOf(first), by: nameOf(last), guids });
  }
  return found;
}

function nameOf(vdev: VdevConfig): string {
  const paths = vdev.children.length === 0 ? [vdev.path] : Array.from(leavesBelow(vdev), ({ path }) => path);
  const [first] = paths;
  if (vdev.children.length === 0) return first ?? `${vdev.type} (guid ${vdev.guid})`;
  return `${vdev.type}-${vdev.id ?? '?'}${first == null ? '' : ` (${first}${paths.length > 1 ? ', ...' : ''})`}`;
}
