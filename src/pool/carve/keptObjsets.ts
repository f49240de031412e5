import type { MetObjset } from './metObjset.ts';

/** Roots that are kept; twice as many are held until the oldest go. */
const MOST_ROOTS = 256;
/** A block of metadata has three copies at most, and what a disk was copied from may have more. */
const MOST_COPIES = 8;

/** How many object sets were met, copies included. */
export interface ObjsetCounts {
  readonly meta: number;
  readonly filesystems: number;
  readonly volumes: number;
}

/** An object set, and where its copies are. */
export interface CarvedObjset extends MetObjset {
  /** Bytes of the source, in the order in which they were met; the first ones. */
  readonly copies: readonly number[];
}

/** Counts object sets, and keeps the newest of those that root a pool. */
export class KeptObjsets {
  #counts: ObjsetCounts;
  readonly #roots = new Map<string, CarvedObjset>();
  /** The txg of the newest that was dropped for want of room. */
  #oldest = 0n;

  /** @param counts of what was met before */
  constructor(counts: ObjsetCounts = { meta: 0, filesystems: 0, volumes: 0 }) {
    this.#counts = counts;
  }

  get counts(): ObjsetCounts {
    return this.#counts;
  }

  /** The newest first. */
  get roots(): CarvedObjset[] {
    return [...this.#roots.values()]
      .sort((a, b) => (a.txg === b.txg ? a.at - b.at : a.txg < b.txg ? 1 : -1))
      .slice(0, MOST_ROOTS);
  }

  /** @returns it is kept, or a copy of one that is */
  take(objset: MetObjset): boolean {
    const { meta, filesystems, volumes } = this.#counts;
    if (objset.type === 'zfs') this.#counts = { meta, filesystems: filesystems + 1, volumes };
    else if (objset.type === 'zvol') this.#counts = { meta, filesystems, volumes: volumes + 1 };
    else this.#counts = { meta: meta + 1, filesystems, volumes };
    return objset.type === 'meta' && this.keep(objset);
  }

  /** As {@link take}, of one that was counted before. */
  keep(objset: MetObjset): boolean {
    if (objset.txg <= this.#oldest) return false;
    // All that is below hangs on the pointer and its checksum: two with the same one are one.
    const key = `${objset.txg} ${objset.pointer.checksumWords.join()}`;
    const known = this.#roots.get(key);
    if (known !== undefined) {
      if (known.copies.length === MOST_COPIES || known.copies.includes(objset.at)) return false;
      this.#roots.set(key, { ...known, copies: [...known.copies, objset.at] });
      return true;
    }
    this.#roots.set(key, { ...objset, copies: [objset.at] });
    if (this.#roots.size > 2 * MOST_ROOTS) this.#dropOldest();
    return true;
  }

  #dropOldest(): void {
    const kept = this.roots;
    const before = [...this.#roots];
    this.#roots.clear();
    for (const [key, root] of before) {
      if (kept.includes(root)) this.#roots.set(key, root);
      else if (root.txg > this.#oldest) this.#oldest = root.txg;
    }
  }
}
