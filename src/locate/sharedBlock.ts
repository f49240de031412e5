import { BONUS, decodeBonus } from '../dataset/bonus.ts';
import type { DmuObject } from '../dataset/object.ts';
import { Objset } from '../dataset/objset.ts';
import { orNull } from '../dataset/orNull.ts';
import type { PoolAt } from '../dataset/poolAt.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { type DslDataset, decodeDslDataset } from '../format/dslDataset.ts';

/** Where a block stands in a dataset. */
export interface BlockPosition {
  /** Number of the dataset in the MOS. */
  readonly dataset: bigint;
  /** 0 for the dnodes, -1 to -3 for the space accounting of users, groups and projects. */
  readonly object: bigint;
  readonly level: number;
  /** -1 for a spill block. */
  readonly blockId: bigint;
  readonly bp: Blkptr;
}

/** Pointers looked up for all blocks together. */
const MAX_LOOKUPS = 200_000;
/** Clones of one snapshot that are looked at. */
const MAX_CLONES = 1024;
/** Datasets kept open. */
const MAX_OPEN = 1024;

interface Open {
  readonly phys: DslDataset;
  readonly objset: Objset | null;
}

/**
 * Finds the other datasets that have a block of a snapshot: the younger snapshots, the dataset itself, and clones. A
 * traversal meets the block in the oldest of them only.
 *
 * Source: module/zfs/spa_errlog.c, check_filesystem and check_clones
 */
export class SharedBlocks {
  readonly #pool: PoolAt;
  readonly #signal: AbortSignal | undefined;
  readonly #open = new Map<bigint, Open>();
  #lookups = 0;

  constructor(pool: PoolAt, signal?: AbortSignal) {
    this.#pool = pool;
    this.#signal = signal;
  }

  /**
   * Numbers of the other datasets that have the block, in the order of the search; what cannot be read has it not.
   *
   * @throws the reason of the signal
   */
  async others(position: BlockPosition): Promise<readonly bigint[]> {
    const others: bigint[] = [];
    const first = await this.#dataset(position.dataset);
    // A set grows while it is gone through, by each dataset once.
    const seen = new Set([position.dataset, ...(first === null ? [] : await this.#after(first.phys))]);
    for (const id of seen) {
      this.#signal?.throwIfAborted();
      if (id === position.dataset) continue;
      if (++this.#lookups > MAX_LOOKUPS) break;
      const dataset = await this.#dataset(id);
      // A block that was replaced does not come back in what is younger.
      if (dataset === null || !(await this.#has(dataset, position))) continue;
      others.push(id);
      for (const next of await this.#after(dataset.phys)) seen.add(next);
    }
    return others;
  }

  /** The dataset after a snapshot, and the first of each clone. */
  async #after({ snapshot, nextSnapshot, nextClones }: DslDataset): Promise<bigint[]> {
    if (!snapshot) return [];
    const after = nextSnapshot === null ? [] : [nextSnapshot];
    if (nextClones === null) return after;
    await orNull(async () => {
      const zap = await this.#pool.mos.zap(nextClones, this.#signal);
      for await (const { integers } of zap.entries({ signal: this.#signal, onTrouble: () => {} })) {
        if (after.length > MAX_CLONES) break;
        after.push(...integers.slice(0, 1));
      }
      return null;
    });
    return after;
  }

  async #has({ phys, objset }: Open, position: BlockPosition): Promise<boolean> {
    const { object: id, level, blockId, bp } = position;
    if (same(phys.bp, bp)) return true;
    const object = objset === null ? null : await orNull(async () => objectOf(objset, id, this.#signal));
    if (object === null) return false;
    const { spill } = object.dnode;
    if (blockId < 0n) return spill !== null && same(spill, bp);
    const found = await orNull(() => pointerOf(object, level, blockId, this.#signal));
    return found !== null && same(found, bp);
  }

  async #dataset(id: bigint): Promise<Open | null> {
    const known = this.#open.get(id);
    if (known !== undefined) return known;
    const open = await orNull(async () => {
      const object = await this.#pool.mos.object(id, this.#signal);
      const phys = decodeBonus(object, BONUS.dslDataset, decodeDslDataset);
      const objset = await orNull(() => Objset.open(this.#pool.blocks, phys.bp, `objset ${id}`, this.#signal));
      return { phys, objset };
    });
    if (open === null) return null;
    if (this.#open.size >= MAX_OPEN) this.#open.clear();
    this.#open.set(id, open);
    return open;
  }
}

async function objectOf(objset: Objset, id: bigint, signal: AbortSignal | undefined): Promise<DmuObject | null> {
  if (id > 0n) return objset.find(id, signal);
  if (id === 0n) return objset.metaObject;
  return objset.accounting().find(({ object }) => object.id === id)?.object ?? null;
}

async function pointerOf(
  object: DmuObject,
  level: number,
  blockId: bigint,
  signal: AbortSignal | undefined,
): Promise<Blkptr | null> {
  const from = blockId * object.dnode.blocksBelow(level);
  for await (const pointer of object.pointers({ from, to: from + 1n }, { signal })) {
    if (pointer.level === level && pointer.blockId === blockId) return pointer.bp;
    if (pointer.level < level) return null;
  }
  return null;
}

/** The same block, however often its pointer was copied. */
function same(a: Blkptr, b: Blkptr): boolean {
  if (a.hole || b.hole || a.embedded || b.embedded || a.birth !== b.birth) return false;
  const [x, y] = [a.dvas[0], b.dvas[0]];
  return x !== undefined && y !== undefined && x.vdev === y.vdev && x.offset === y.offset;
}
