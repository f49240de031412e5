import { ZfsUberError } from '../bytes/errors.ts';
import type { BlockCache } from '../dataset/blockCache.ts';
import type { Mos } from '../dataset/mos.ts';
import type { DmuObject } from '../dataset/object.ts';
import type { Objset } from '../dataset/objset.ts';
import { BlkptrMap } from '../format/blkptrMap.ts';
import { DNODE_SLOT } from '../format/dnode.layout.ts';

/** Answers that are kept, some 300 bytes each; what is asked beyond them is found out again at each txg. */
const CAPACITY = 2 ** 18;
/** Pointers to blocks of dnodes that have a number; one that lost it gets another, and what stands on it is asked anew. */
const NUMBERED = 2 ** 17;
const HOLE = 0;

interface Answer {
  readonly value: unknown;
  /** Blocks of dnodes that it was read from, each followed by the number of its pointer. */
  readonly blocks: readonly number[];
}

/** Answers of one kind. */
interface Answers {
  readonly kept: Map<bigint, Answer>;
  readonly underWay: Map<bigint, Promise<void>>;
}

/** What was read through one cache. */
interface Known {
  /** By dnodes a block, which block ids depend on, and kind. */
  readonly sizes: Map<bigint, Map<string, Answers>>;
  readonly numbers: BlkptrMap<number>;
}

/** The blocks of dnodes of one meta-object set, as far as their pointers were looked at. */
interface DnodeBlocks {
  readonly perBlock: bigint;
  readonly kinds: Map<string, Answers>;
  /** Numbers of their pointers by block id. */
  readonly numbers: Map<number, number>;
}

export interface Conditions<T> {
  /** Whether an answer that was kept holds here too, for what it depends on besides objects. */
  readonly holds?: (value: T) => boolean;
  /** Whether an answer is one for others at all. */
  readonly keeps?: (value: T) => boolean;
}

/**
 * Remembers what was found out about datasets and directories for as long as the objects that it was read from stay
 * what they are: a txg changes few of them, and a pool has thousands.
 *
 * An object is taken for unchanged where the pointer to its block of dnodes is the same, all 128 bytes of it: then its
 * dnode is, and all below it. Only for the same {@link BlockCache}, as for LoadMemo.
 */
export class ObjectMemo {
  readonly #known = new WeakMap<BlockCache, Known>();
  readonly #sets = new WeakMap<Objset, DnodeBlocks>();
  #lastNumber = HOLE;
  #size = 0;

  /**
   * What `make` gives, found out again only where an object that it asked for may be another than then.
   *
   * Errors are not kept: each who asks meets them.
   *
   * @param kind of answer: says of which type it is
   * @param id tells it apart from others of its kind
   * @param make asks for objects through the Mos that it is given, and never by the signal of one who asks
   * @throws what `make` throws
   */
  of<T>(
    kind: string,
    id: bigint,
    mos: Mos,
    make: (mos: Mos) => Promise<T>,
    conditions: Conditions<T> = {},
  ): Promise<T> | T {
    const blocks = this.#blocksOf(mos.objset);
    const answers = kindOf(blocks, kind);
    const kept = answers.kept.get(id);
    // The kind says of which type the value is. Most are found here, of thousands at each txg.
    if (kept !== undefined && stands(kept, blocks) && conditions.holds?.(kept.value as T) !== false)
      return kept.value as T;
    return this.#find(answers, id, mos, make, conditions);
  }

  async #find<T>(
    { kept, underWay }: Answers,
    id: bigint,
    mos: Mos,
    make: (mos: Mos) => Promise<T>,
    { holds = () => true, keeps = () => true }: Conditions<T>,
  ): Promise<T> {
    // Several txgs are looked at at once: the first to ask finds out what is the same at the others.
    const before = underWay.get(id);
    if (before !== undefined) await before;
    const found = kept.get(id);
    if (found !== undefined) {
      for (let i = 0; i < found.blocks.length; i += 2) await this.#numberOf(found.blocks[i] ?? 0, mos.objset);
      if (stands(found, this.#blocksOf(mos.objset)) && holds(found.value as T)) return found.value as T;
    }
    const making = this.#make(mos, make, keeps);
    const settled = making.then(
      ({ answer }) => this.#keep(kept, id, answer),
      () => undefined,
    );
    underWay.set(id, settled);
    try {
      return (await making).value;
    } finally {
      if (underWay.get(id) === settled) underWay.delete(id);
    }
  }

  #keep(kept: Answers['kept'], id: bigint, answer: Answer | null): void {
    if (answer === null) return;
    if (!kept.has(id)) {
      if (this.#size >= CAPACITY) return;
      this.#size++;
    }
    kept.set(id, answer);
  }

  async #make<T>(
    mos: Mos,
    make: (mos: Mos) => Promise<T>,
    keeps: (value: T) => boolean,
  ): Promise<{ readonly value: T; readonly answer: Answer | null }> {
    const { perBlock } = this.#blocksOf(mos.objset);
    const asked = new Set<number>();
    const value = await make(mos.noting((id) => asked.add(Number(id / perBlock))));
    if (!keeps(value)) return { value, answer: null };
    const blocks: number[] = [];
    for (const block of asked) blocks.push(block, await this.#numberOf(block, mos.objset));
    return { value, answer: { value, blocks } };
  }

  /** NaN, which is like no number, where nobody can tell. */
  async #numberOf(block: number, objset: Objset): Promise<number> {
    const { numbers } = this.#blocksOf(objset);
    const found = numbers.get(block) ?? (await this.#lookUp(block, objset.metaObject));
    numbers.set(block, found);
    return found;
  }

  async #lookUp(block: number, metaObject: DmuObject): Promise<number> {
    const { numbers } = this.#knownTo(metaObject.cache);
    if (!Number.isSafeInteger(block)) return Number.NaN;
    try {
      const bp = await metaObject.blockPointer(BigInt(block));
      if (bp === null) return HOLE;
      const known = numbers.get(bp);
      if (known !== undefined) return known;
      numbers.set(bp, ++this.#lastNumber);
      if (numbers.size > NUMBERED) numbers.shift();
      return this.#lastNumber;
    } catch (error) {
      if (error instanceof ZfsUberError) return Number.NaN;
      throw error;
    }
  }

  #blocksOf(objset: Objset): DnodeBlocks {
    const known = this.#sets.get(objset);
    if (known !== undefined) return known;
    const perBlock = BigInt(objset.metaObject.dnode.check().dataBlockSize / DNODE_SLOT);
    const { sizes } = this.#knownTo(objset.metaObject.cache);
    const kinds = sizes.get(perBlock) ?? new Map<string, Answers>();
    sizes.set(perBlock, kinds);
    const blocks = { perBlock, kinds, numbers: new Map() };
    this.#sets.set(objset, blocks);
    return blocks;
  }

  #knownTo(cache: BlockCache): Known {
    const found = this.#known.get(cache) ?? { sizes: new Map(), numbers: new BlkptrMap() };
    this.#known.set(cache, found);
    return found;
  }
}

function kindOf({ kinds }: DnodeBlocks, name: string): Answers {
  const found = kinds.get(name) ?? { kept: new Map(), underWay: new Map() };
  kinds.set(name, found);
  return found;
}

/** All that it was read from is known to be the same. */
function stands({ blocks }: Answer, { numbers }: DnodeBlocks): boolean {
  for (let i = 0; i < blocks.length; i += 2) if (numbers.get(blocks[i] ?? 0) !== blocks[i + 1]) return false;
  return true;
}
