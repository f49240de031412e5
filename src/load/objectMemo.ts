import type { BlockCache } from '../dataset/blockCache.ts';
import { DnodeVersions, type NumberedBlocks } from '../dataset/dnodeVersions.ts';
import type { Mos } from '../dataset/mos.ts';
import type { SpentBound } from '../traverse/spentBound.ts';

/** Answers that are kept, some 400 bytes each; what is asked beyond them is found out again at each txg. */
const CAPACITY = 2 ** 18;

const NOTHING = { slots: [], things: [] };

/** An object that was asked for, by where its dnode stood. */
export interface Asked {
  /** Of dnodes. */
  readonly block: number;
  /** Of the pointer to it. */
  readonly number: number;
  readonly slot: number;
}

interface Answer {
  readonly value: unknown;
  readonly asked: readonly Asked[];
}

/** Answers of one kind. */
interface Answers {
  readonly kept: Map<bigint, Answer>;
  readonly underWay: Map<bigint, Promise<void>>;
}

/** What was read through one cache. */
interface Known {
  readonly versions: DnodeVersions;
  /** By kind, and by dnodes a block: of thousands at each txg no text is made to look one up. */
  readonly kinds: Map<string, Map<number, Answers>>;
}

/** Takes what an answer rests on; null where it is one for nobody else. */
export type OnAsked = (asked: readonly Asked[] | null) => void;

export interface Conditions<T> {
  /** Whether an answer that was kept holds here too, for what it depends on besides objects. */
  readonly holds?: (value: T) => boolean;
  /** Whether an answer is one for others at all. */
  readonly keeps?: (value: T) => boolean;
  readonly onAsked?: OnAsked;
}

/**
 * What answers about many things rest on, at one meta-object set: tells of another set which of them to ask again, at the
 * cost of what differs between the two.
 */
export class Ground<Thing> {
  readonly blocks: NumberedBlocks;
  /** By block of dnodes: slots, and what rests on the dnode in each. */
  readonly inBlock = new Map<number, { readonly slots: number[]; readonly things: Thing[] }>();
  /** Of which no answer is kept. */
  readonly unkept: Thing[] = [];
  #size = 0;

  constructor(blocks: NumberedBlocks) {
    this.blocks = blocks;
  }

  /** Things that were added. */
  get size(): number {
    return this.#size;
  }

  /** @param asked what the answer about `thing` rests on; null where none is kept */
  add(thing: Thing, asked: readonly Asked[] | null): void {
    this.#size++;
    if (asked === null) this.unkept.push(thing);
    for (const { block, slot } of asked ?? []) {
      const known = this.inBlock.get(block);
      const { slots, things } = known ?? { slots: [], things: [] };
      slots.push(slot);
      things.push(thing);
      if (known === undefined) this.inBlock.set(block, { slots, things });
    }
  }
}

/**
 * Remembers what was found out about datasets and directories for as long as the objects that it was read from stay
 * what they are: a txg changes few of them, and a pool has thousands.
 *
 * Only for the same {@link BlockCache}, as for LoadMemo.
 */
export class ObjectMemo {
  readonly #known = new WeakMap<BlockCache, Known>();
  readonly #capacity: number;
  #size = 0;
  #full = false;

  /** @param capacity answers that are kept */
  constructor(capacity = CAPACITY) {
    this.#capacity = capacity;
  }

  /** The bound, where an answer was not kept for it. */
  get spent(): readonly SpentBound[] {
    return this.#full ? [{ what: 'answers', most: this.#capacity }] : [];
  }

  /**
   * What `make` gives, found out again only where an object that it asked for is another than then.
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
    const known = this.#knownTo(mos.objset.metaObject.cache);
    const blocks = known.versions.of(mos.objset);
    const answers = answersOf(known, kind, blocks.perBlock);
    const { holds = () => true, onAsked } = conditions;
    const kept = answers.kept.get(id);
    // Most are found here, of thousands at each txg. The kind says of which type the value is.
    if (kept !== undefined && stands(kept, blocks, known) && holds(kept.value as T)) {
      onAsked?.(kept.asked);
      return kept.value as T;
    }
    return this.#find(answers, id, known, mos, make, conditions);
  }

  /** For answers at the set that `mos` is. */
  ground<Thing>({ objset }: Mos): Ground<Thing> {
    return new Ground(this.#knownTo(objset.metaObject.cache).versions.of(objset));
  }

  /**
   * What has to be asked again at the set that `mos` is, where answers are known at that of `ground`.
   *
   * @param most things; where more are to be asked
   * @returns null, as where nobody can tell
   */
  async differing<Thing>(ground: Ground<Thing>, { objset }: Mos, most: number): Promise<ReadonlySet<Thing> | null> {
    const { cache } = objset.metaObject;
    if (cache !== ground.blocks.objset.metaObject.cache) return null;
    const { versions } = this.#knownTo(cache);
    const blocks = versions.of(objset);
    const differing = await versions.differing(ground.blocks, blocks);
    if (differing === null) return null;
    const again = new Set(ground.unkept);
    for (const block of differing) {
      const { slots, things } = ground.inBlock.get(block) ?? NOTHING;
      if (things.length === 0) continue;
      const numbers = [versions.numberOf(ground.blocks, block), versions.numberOf(blocks, block)] as const;
      const before = typeof numbers[0] === 'number' ? numbers[0] : await numbers[0];
      const here = typeof numbers[1] === 'number' ? numbers[1] : await numbers[1];
      const comparing = versions.compare(before, here);
      if (comparing !== undefined) await comparing;
      for (const [i, thing] of things.entries()) {
        if (versions.isSame(before, here, slots[i] ?? 0) !== true) again.add(thing);
      }
      if (again.size > most) return null;
    }
    return again.size > most ? null : again;
  }

  async #find<T>(
    { kept, underWay }: Answers,
    id: bigint,
    known: Known,
    mos: Mos,
    make: (mos: Mos) => Promise<T>,
    { holds = () => true, keeps = () => true, onAsked }: Conditions<T>,
  ): Promise<T> {
    const blocks = known.versions.of(mos.objset);
    // Several txgs are looked at at once: the first to ask finds out what is the same at the others.
    const before = underWay.get(id);
    if (before !== undefined) await before;
    const found = kept.get(id);
    if (found !== undefined) {
      const asked = await sameObjects(found, blocks, known);
      if (asked !== null && holds(found.value as T)) {
        this.#keep(kept, id, { ...found, asked });
        onAsked?.(asked);
        return found.value as T;
      }
    }
    const making = makeNoting(mos, blocks, known, make);
    const settled = making.then(
      (answer) => (keeps(answer.value) ? this.#keep(kept, id, answer) : undefined),
      () => undefined,
    );
    underWay.set(id, settled);
    try {
      const { value, asked } = await making;
      onAsked?.(keeps(value) ? asked : null);
      return value;
    } finally {
      if (underWay.get(id) === settled) underWay.delete(id);
    }
  }

  #keep(kept: Answers['kept'], id: bigint, answer: Answer): void {
    if (!kept.has(id)) {
      if (this.#size >= this.#capacity) {
        this.#full = true;
        return;
      }
      this.#size++;
    }
    kept.set(id, answer);
  }

  #knownTo(cache: BlockCache): Known {
    const found = this.#known.get(cache) ?? { versions: new DnodeVersions(cache), kinds: new Map() };
    this.#known.set(cache, found);
    return found;
  }
}

function answersOf({ kinds }: Known, kind: string, perBlock: number): Answers {
  const known = kinds.get(kind)?.get(perBlock);
  if (known !== undefined) return known;
  const bySize = kinds.get(kind) ?? new Map<number, Answers>();
  const answers = { kept: new Map(), underWay: new Map() };
  kinds.set(kind, bySize.set(perBlock, answers));
  return answers;
}

async function makeNoting<T>(
  mos: Mos,
  blocks: NumberedBlocks,
  { versions }: Known,
  make: (mos: Mos) => Promise<T>,
): Promise<Answer & { readonly value: T }> {
  const ids = new Set<bigint>();
  const value = await make(mos.noting((id) => ids.add(id)));
  const perBlock = BigInt(blocks.perBlock);
  const asked: Asked[] = [];
  for (const id of ids) {
    const block = Number(id / perBlock);
    const number = versions.numberOf(blocks, block);
    asked.push({ block, number: typeof number === 'number' ? number : await number, slot: Number(id % perBlock) });
  }
  return { value, asked };
}

/** All that it was read from is known to be the same. */
function stands({ asked }: Answer, { numbers }: NumberedBlocks, { versions }: Known): boolean {
  for (const { block, number, slot } of asked) {
    const own = numbers.get(block);
    if (own !== number && (own === undefined || versions.isSame(number, own, slot) !== true)) return false;
  }
  return true;
}

/** What it was read from as it stands here; null where some of it is not the same. */
async function sameObjects({ asked }: Answer, blocks: NumberedBlocks, { versions }: Known): Promise<Asked[] | null> {
  const here: Asked[] = [];
  for (const { block, number, slot } of asked) {
    const looked = versions.numberOf(blocks, block);
    const own = typeof looked === 'number' ? looked : await looked;
    const comparing = versions.compare(number, own);
    if (comparing !== undefined) await comparing;
    if (versions.isSame(number, own, slot) !== true) return null;
    here.push({ block, number: own, slot });
  }
  return here;
}
