/** Two contradictory entries of the accounts of one metaslab: what the second does, the first did already. */
export interface SpaceContradiction {
  /** `alloc`: what is allocated is allocated again, or lies outside; `free`: what is free is freed again. */
  readonly kind: 'alloc' | 'free';
  /** In units of the metaslab, from its start. */
  readonly offset: number;
  readonly run: number;
}

/** Units of a metaslab that are told apart: 512 GiB in sectors of 4 KiB, where OpenZFS makes none of more than 16 GiB. */
export const MOST_UNITS = 2 ** 27;

/**
 * Which units of a metaslab are set: what a tree of ranges holds, a bit a unit. A range is set or cleared as a whole, and
 * what is there already is told.
 */
export class UnitSet {
  /** In the memory of the last one where that is large enough. */
  #words = new Uint32Array(0);
  #size = 0;
  #work = 0;
  /** None is set before the first, nor from the end on. */
  #first = 0;
  #end = 0;

  /** Words that were looked at since it was begun. */
  get work(): number {
    return this.#work;
  }

  /** Units. */
  get size(): number {
    return this.#size;
  }

  /** Empty, and of `size` units. @param size at most {@link MOST_UNITS} */
  begin(size: number): void {
    const words = Math.ceil(size / 32);
    if (this.#words.length < words) this.#words = new Uint32Array(words);
    else this.#words.fill(0, this.#first >>> 5, Math.ceil(this.#end / 32));
    this.#size = size;
    this.#work = 0;
    this.#first = size;
    this.#end = 0;
  }

  /** Whether the range lies within. */
  holds(offset: number, run: number): boolean {
    return offset >= 0 && run > 0 && offset + run <= this.size;
  }

  has(unit: number): boolean {
    this.#work++;
    return ((this.#words[unit >>> 5] ?? 0) & (1 << (unit & 31))) !== 0;
  }

  /** Sets the range. @returns false, with nothing done, where any of it is set already, or it does not lie within */
  add(offset: number, run: number): boolean {
    if (!this.holds(offset, run) || !this.#all(offset, run, false)) return false;
    this.#put(offset, run, true);
    return true;
  }

  /** Clears the range. @returns false, with nothing done, where any of it is not set, or it does not lie within */
  remove(offset: number, run: number): boolean {
    if (!this.holds(offset, run) || !this.#all(offset, run, true)) return false;
    this.#put(offset, run, false);
    return true;
  }

  /** Begin and end of each range that is set, in order. */
  bounds(): Uint32Array {
    const end = Math.min(this.#end, this.#size);
    this.#work += Math.max(0, end - this.#first) >>> 5;
    let count = 0;
    for (let [index, before] = [this.#first >>> 5, 0]; index * 32 < end; index++) {
      const word = this.#words[index] ?? 0;
      const changes = word ^ ((word << 1) | before);
      if (changes !== 0) count += bitsIn(changes);
      before = word >>> 31;
    }
    // Where the last one ends when that is no change any more.
    const bounds = new Uint32Array(count + (count & 1)).fill(end, count);
    for (let [index, before, i] = [this.#first >>> 5, 0, 0]; index * 32 < end; index++) {
      const word = this.#words[index] ?? 0;
      let changes = word ^ ((word << 1) | before);
      before = word >>> 31;
      for (; changes !== 0; changes &= changes - 1) bounds[i++] = index * 32 + 31 - Math.clz32(changes & -changes);
    }
    return bounds;
  }

  /** The first unit from `at` on that is set, or is not; `end` when there is none before it. */
  next(at: number, end: number, set: boolean): number {
    const next = this.#next(at, end, set);
    this.#work += 1 + ((next - at) >>> 5);
    return next;
  }

  #next(at: number, end: number, set: boolean): number {
    const words = this.#words;
    const other = set ? 0 : ALL;
    for (let next = at; next < end; next = (next | 31) + 1) {
      const sought = ((words[next >>> 5] ?? 0) ^ other) >>> (next & 31);
      // The lowest bit of them alone, by the number of zeros above it.
      if (sought !== 0) return Math.min(next + 31 - Math.clz32(sought & -sought), end);
    }
    return end;
  }

  #all(offset: number, run: number, set: boolean): boolean {
    const end = offset + run;
    this.#work += 1 + (run >>> 5);
    for (let at = offset; at < end; at = (at | 31) + 1) {
      const mask = maskOf(at, end);
      const word = (this.#words[at >>> 5] ?? 0) & mask;
      if (set ? word !== mask : word !== 0) return false;
    }
    return true;
  }

  #put(offset: number, run: number, set: boolean): void {
    const end = offset + run;
    this.#work += 1 + (run >>> 5);
    if (set) {
      this.#first = Math.min(this.#first, offset);
      this.#end = Math.max(this.#end, end);
    }
    const words = this.#words;
    for (let at = offset; at < end; at = (at | 31) + 1) {
      const index = at >>> 5;
      const word = words[index] ?? 0;
      words[index] = set ? word | maskOf(at, end) : word & ~maskOf(at, end);
    }
  }
}

const ALL = 0xffffffff;

/** How many bits of a word are set: of ever larger parts of it side by side. */
function bitsIn(word: number): number {
  const twos = word - ((word >>> 1) & 0x55555555);
  const fours = (twos & 0x33333333) + ((twos >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The bits of the word that `at` lies in, from `at` to before `end`. */
function maskOf(at: number, end: number): number {
  const first = at & 31;
  const last = Math.min(end - (at - first), 32);
  return ((last === 32 ? ALL : (1 << last) - 1) & (ALL << first)) | 0;
}

/** What a space map has allocated: ranges in order, none beside another. */
export class AllocatedRuns {
  /** Begin and end of each. */
  readonly #bounds: Uint32Array;

  constructor(bounds: Uint32Array) {
    this.#bounds = bounds;
  }

  /** Nothing of the range is allocated. */
  hasNone(offset: number, run: number): boolean {
    const next = this.#endingBehind(offset);
    return next === this.#bounds.length || (this.#bounds[next] ?? 0) >= offset + run;
  }

  /** All of the range is allocated. */
  hasAll(offset: number, run: number): boolean {
    const next = this.#endingBehind(offset);
    if (next === this.#bounds.length) return false;
    return (this.#bounds[next] ?? 0) <= offset && (this.#bounds[next + 1] ?? 0) >= offset + run;
  }

  /** Where the first range stands that ends behind `offset`. */
  #endingBehind(offset: number): number {
    let [low, high] = [0, this.#bounds.length / 2];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#bounds[middle * 2 + 1] ?? 0) > offset) high = middle;
      else low = middle + 1;
    }
    return low * 2;
  }
}

/**
 * What a metaslab has allocated, as OpenZFS finds it out when it loads one: the space map from its begin, then what the
 * logs hold since it was last flushed. OpenZFS keeps that as ranges, and halts where one is added that is there or one
 * removed that is not.
 *
 * Source: module/zfs/space_map.c, space_map_load_callback; module/zfs/spa_log_spacemap.c, spa_ld_log_sm_cb;
 * module/zfs/metaslab.c, metaslab_load_impl; module/zfs/range_tree.c, range_tree_add_impl, range_tree_remove_impl and
 * range_tree_remove_xor_add_segment
 */
export class MetaslabSpace {
  readonly #allocated = new UnitSet();
  readonly #allocs = new UnitSet();
  readonly #frees = new UnitSet();

  /** @param size in units, at most {@link MOST_UNITS}; all of it is free at first */
  begin(size: number): void {
    this.#allocated.begin(size);
    this.#allocs.begin(size);
    this.#frees.begin(size);
  }

  /** Words that were looked at since it was begun: ranges that cross each other again and again take any time. */
  get work(): number {
    return this.#allocated.work + this.#allocs.work + this.#frees.work;
  }

  /** An entry of the space map. @returns false where it contradicts those before it */
  take(kind: SpaceContradiction['kind'], offset: number, run: number): boolean {
    return kind === 'alloc' ? this.#allocated.add(offset, run) : this.#allocated.remove(offset, run);
  }

  /** What the entries of the space map come to. */
  allocated(): AllocatedRuns {
    return new AllocatedRuns(this.#allocated.bounds());
  }

  /** An entry of a log, in their order. @returns false where it contradicts what the logs said before */
  takeLogged(kind: SpaceContradiction['kind'], offset: number, run: number): boolean {
    const [from, to] = kind === 'alloc' ? [this.#frees, this.#allocs] : [this.#allocs, this.#frees];
    if (!to.holds(offset, run)) return false;
    // What the other has of it is taken back there; the rest is new.
    const end = offset + run;
    for (let at = offset; at < end; ) {
      const there = from.has(at);
      const begin = at;
      at = from.next(begin, end, !there);
      if (!(there ? from.remove(begin, at - begin) : to.add(begin, at - begin))) return false;
    }
    return true;
  }

  /**
   * Lays what the logs said over the space map.
   *
   * @param allocated by the map; OpenZFS adds before it removes, and what it adds it does not remove
   * @returns the first that does not fit; null where all does
   */
  merge(allocated: AllocatedRuns): SpaceContradiction | null {
    return (
      firstUnlike('alloc', this.#allocs.bounds(), (offset, run) => allocated.hasNone(offset, run)) ??
      firstUnlike('free', this.#frees.bounds(), (offset, run) => allocated.hasAll(offset, run))
    );
  }
}

function firstUnlike(
  kind: SpaceContradiction['kind'],
  bounds: Uint32Array,
  fits: (offset: number, run: number) => boolean,
): SpaceContradiction | null {
  for (let i = 0; i < bounds.length; i += 2) {
    const [offset = 0, end = 0] = [bounds[i], bounds[i + 1]];
    if (!fits(offset, end - offset)) return { kind, offset, run: end - offset };
  }
  return null;
}
