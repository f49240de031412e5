/** 32-bit words of a block pointer. */
const WORDS = 32;
/** Tables that grow each for itself, so that growing never needs much memory at once. */
const SHARDS = 256;
const FIRST_SLOTS = 16;
/** Slots of the small table that forgets. */
const RECENT = 2 ** 15;

/**
 * Knows blocks that were found sound by a mark of their pointer: 63 bits that are kept and 8 that choose the table. So
 * an entry is 8 bytes, in tables of which three in eight to three in four slots are used.
 *
 * The marks are seeded at random, so that two pointers of one mark cannot be prepared; by chance one block among 10^8
 * is taken for another in about one of 10^5 pools.
 */
export class SoundBlocks {
  readonly #limit: number;
  readonly #keys: Uint32Array;
  readonly #within: SoundBlocks | null;
  readonly #shards: Uint32Array[] = [];
  readonly #counts = new Uint32Array(SHARDS);
  readonly #recent = new Uint32Array(RECENT * 2);
  #size = 0;
  /** Something was not remembered because the limit was reached. */
  full = false;
  /** The mark that {@link mark} made last. */
  slot = 0;
  high = 0;
  low = 0;

  /**
   * @param limit entries; beyond it nothing is remembered, and what is asked for again is verified again
   * @param random numbers from 0 to below 1
   * @param within what is sound there is sound here
   */
  constructor(limit: number, random: () => number = Math.random, within: SoundBlocks | null = null) {
    this.#limit = limit;
    this.#within = within;
    this.#keys =
      within !== null
        ? within.#keys
        : Uint32Array.from({ length: WORDS * 3 + 6 }, () => Math.floor(random() * 2 ** 32));
    for (let i = 0; i < SHARDS; i++) this.#shards.push(new Uint32Array(FIRST_SLOTS * 2));
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes of the tables. */
  get bytes(): number {
    return this.#shards.reduce((sum, { byteLength }) => sum + byteLength, this.#recent.byteLength);
  }

  /**
   * Marks the 128 bytes at `at`, and what else tells two questions about one pointer apart.
   *
   * All bytes count: two pointers to one place that tell different stories are different.
   */
  mark(view: DataView, at: number, one: number, other: number): void {
    const keys = this.#keys;
    let a = one | 0;
    let b = other | 0;
    let c = (one ^ (other << 16)) | 0;
    for (let i = 0, k = 0; i < WORDS; i++, k += 3) {
      const word = view.getUint32(at + i * 4, true);
      a = Math.imul(a ^ (word + (keys[k] ?? 0)), 0x85ebca6b);
      a = (a << 13) | (a >>> 19);
      b = Math.imul(b ^ (word + (keys[k + 1] ?? 0)), 0xc2b2ae35);
      b = (b << 17) | (b >>> 15);
      c = Math.imul(c ^ (word + (keys[k + 2] ?? 0)), 0x27d4eb2f);
      c = (c << 11) | (c >>> 21);
    }
    const last = WORDS * 3;
    this.slot = finish(a + Math.imul(one, 0x9e3779b1) + (keys[last] ?? 0));
    this.high = finish(b + Math.imul(other, 0x9e3779b1) + Math.imul(one, 0x165667b1) + (keys[last + 1] ?? 0));
    // Never 0, which stands for an empty slot.
    this.low = (finish(c + Math.imul(one ^ other, 0x9e3779b1) + (keys[last + 2] ?? 0)) | 1) >>> 0;
  }

  has(slot: number, high: number, low: number): boolean {
    const recent = (slot & (RECENT - 1)) * 2;
    if (this.#recent[recent] === high && this.#recent[recent + 1] === low) return true;
    const shard = this.#shards[slot >>> 24];
    if (shard === undefined) return false;
    const mask = shard.length / 2 - 1;
    for (let at = high & mask; shard[at * 2 + 1] !== 0; at = (at + 1) & mask) {
      if (shard[at * 2 + 1] === low && shard[at * 2] === high) return true;
    }
    return this.#within?.has(slot, high, low) ?? false;
  }

  /** Remembers for a while, until another comes to stand in the same place. */
  addRecent(slot: number, high: number, low: number): void {
    const recent = (slot & (RECENT - 1)) * 2;
    this.#recent[recent] = high;
    this.#recent[recent + 1] = low;
  }

  /** @returns false when it is not remembered because the limit is reached */
  add(slot: number, high: number, low: number): boolean {
    if (this.#size >= this.#limit) {
      this.full = true;
      return false;
    }
    const index = slot >>> 24;
    let shard = this.#shards[index];
    if (shard === undefined) return false;
    const count = this.#counts[index] ?? 0;
    if ((count + 1) * 4 > (shard.length / 2) * 3) {
      shard = grown(shard);
      this.#shards[index] = shard;
    }
    if (!insert(shard, high, low)) return true;
    this.#counts[index] = count + 1;
    this.#size++;
    return true;
  }
}

function grown(shard: Uint32Array): Uint32Array {
  const larger = new Uint32Array(shard.length * 2);
  for (let at = 0; at < shard.length; at += 2) {
    const low = shard[at + 1] ?? 0;
    if (low !== 0) insert(larger, shard[at] ?? 0, low);
  }
  return larger;
}

/** @returns false when it was there */
function insert(shard: Uint32Array, high: number, low: number): boolean {
  const mask = shard.length / 2 - 1;
  let at = high & mask;
  for (; shard[at * 2 + 1] !== 0; at = (at + 1) & mask) {
    if (shard[at * 2 + 1] === low && shard[at * 2] === high) return false;
  }
  shard[at * 2] = high;
  shard[at * 2 + 1] = low;
  return true;
}

function finish(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
