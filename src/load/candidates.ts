import type { Txg } from '../bytes/units.ts';
import type { Uberblock } from '../format/uberblock.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import {
  compareUberblocks,
  contentKey,
  rootKey,
  type UberblockCopy,
  uberblockCopies,
} from '../pool/uberblockCopies.ts';
import type { MatchedTree } from './mosTree.ts';
import { usableDevices } from './usableLeaves.ts';

/** How `zpool import --rewind-to-checkpoint` comes by the uberblock of a checkpoint. */
export interface CheckpointHold {
  /** The newest candidate whose meta-object set opens and keeps it. */
  readonly heldBy: Txg;
  /** An import without `-T` gets there. Otherwise it takes `-T heldBy`, which leads to the checkpoint only read-only. */
  readonly plain: boolean;
}

/** One state that the pool can be rewound to. */
export interface Candidate {
  /** Equal for equal candidates of one scan, whatever the order of its sources. */
  readonly key: string;
  /** The sync itself where one of the copies is it; otherwise the last heartbeat that repeats it. */
  readonly uberblock: Uberblock;
  readonly txg: Txg;
  /** Of the root block pointer: candidates that share it share the whole meta-object set. */
  readonly rootKey: string;
  /** Every slot that holds it, by device and label; heartbeats that repeat it are not among them. */
  readonly copies: readonly UberblockCopy[];
  /** Heartbeats of multihost that repeat it, the newest first. */
  readonly heartbeats: readonly UberblockCopy[];
  /**
   * `zpool import -T txg` takes this one: a leaf that OpenZFS can use carries it, and no other uberblock of the same
   * txg comes before it.
   */
  readonly taken: boolean;
  /** Devices on which an uberblock of another pool has the same txg and comes before this one. */
  readonly foreignRivals: readonly DeviceSurvey[];
  /** Some leaf that OpenZFS can use carries it. */
  readonly seen: boolean;
  /**
   * The tree from which the load that takes it starts, where that is not the tree of the labels; see importStages.ts.
   */
  readonly startsFrom: MatchedTree | null;
  /** It is the one that a meta-object set keeps as the pool's checkpoint; null for those of the rings. */
  readonly checkpoint: CheckpointHold | null;
}

/**
 * The union over all devices and labels of what is in the rings: with more than three top-level vdevs a txg is written
 * to some of them only. Newest first, in the order in which OpenZFS prefers uberblocks.
 *
 * After a split brain two candidates have one txg: both are there, one of them is `taken`.
 */
export function collectCandidates(pool: Pool): Candidate[] {
  const usable = usableDevices(pool.root);
  const groups = new Map<string, UberblockCopy[]>();
  const heartbeats = new Map<string, UberblockCopy[]>();
  for (const device of pool.devices) {
    for (const copy of uberblockCopies(device)) {
      const content = contentKey(copy.uberblock);
      if (copy.heartbeat) add(heartbeats, content, copy);
      else add(groups, `${content} ${copy.uberblock.timestamp}`, copy);
    }
  }
  // A heartbeat whose sync is nowhere to be found is all that is left of that txg.
  const synced = new Set([...groups.values()].flatMap(([copy]) => (copy ? [contentKey(copy.uberblock)] : [])));
  for (const [content, beats] of heartbeats) if (!synced.has(content)) groups.set(`${content} beat`, beats);

  const candidates: Candidate[] = [];
  for (const [key, copies] of groups) {
    const [first] = copies;
    if (first === undefined) continue;
    const beats = (heartbeats.get(contentKey(first.uberblock)) ?? []).sort(newestFirst);
    // Heartbeats that stand for a lost sync differ in time: the newest speaks.
    const uberblock = first.heartbeat ? (beats[0]?.uberblock ?? first.uberblock) : first.uberblock;
    const seen = [...copies, ...beats].some(({ device }) => usable.has(device));
    const heartbeatsOnly = first.heartbeat;
    candidates.push({
      key,
      uberblock,
      txg: uberblock.txg,
      rootKey: rootKey(uberblock),
      copies,
      heartbeats: heartbeatsOnly ? [] : beats,
      seen,
      taken: false,
      foreignRivals: [],
      startsFrom: null,
      checkpoint: null,
    });
  }
  candidates.sort(compareCandidates);
  const decided = new Set<Txg>();
  const foreign = seenForeign(pool);
  return candidates.map((candidate) => {
    if (!candidate.seen || decided.has(candidate.txg)) return candidate;
    decided.add(candidate.txg);
    const foreignRivals = foreign.flatMap(({ uberblock, device }) =>
      uberblock.txg === candidate.txg && compareUberblocks(uberblock, newestOf(candidate)) > 0 ? [device] : [],
    );
    return { ...candidate, taken: foreignRivals.length === 0, foreignRivals };
  });
}

/** An uberblock of another pool that OpenZFS takes for one of this pool's, as nothing in it says whose it is. */
export interface ForeignUberblock {
  readonly uberblock: Uberblock;
  readonly device: DeviceSurvey;
}

/**
 * Uberblocks of other pools in the rings of devices that are opened, where slots are as long as the pool's own: with
 * others no checksum verifies. No candidates, but of one txg the later is taken, and a plain import takes the newest.
 *
 * Source: module/zfs/vdev_label.c, vdev_uberblock_load
 */
export function seenForeign(pool: Pool): ForeignUberblock[] {
  const usable = usableDevices(pool.root);
  return pool.devices.flatMap((device) => {
    if (!usable.has(device)) return [];
    const own = device.labels.find(({ config }) => config?.poolGuid === pool.guid)?.ring?.slotSize;
    const known = new Set<Uberblock>();
    for (const { ring } of device.labels) {
      if (ring === null || ring.slotSize !== own) continue;
      for (const { state, uberblock } of ring.slots)
        if (state === 'foreign' && uberblock !== null) known.add(uberblock);
    }
    return [...known].map((uberblock) => ({ uberblock, device }));
  });
}

/** Devices in whose rings the candidate is, or a heartbeat of it. */
export const carriers = ({ copies, heartbeats }: Pick<Candidate, 'copies' | 'heartbeats'>): ReadonlySet<DeviceSurvey> =>
  new Set([...copies, ...heartbeats].map(({ device }) => device));

function add<T>(map: Map<string, T[]>, key: string, item: T): void {
  const items = map.get(key);
  if (items === undefined) map.set(key, [item]);
  else items.push(item);
}

const newestFirst = (a: UberblockCopy, b: UberblockCopy): number => compareUberblocks(b.uberblock, a.uberblock);

const newestOf = (each: Candidate): Uberblock => each.heartbeats[0]?.uberblock ?? each.uberblock;

/** Newest of all that are seen at import first; a heartbeat makes its sync as new as itself. */
function compareCandidates(a: Candidate, b: Candidate): number {
  return compareUberblocks(newestOf(b), newestOf(a)) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}
