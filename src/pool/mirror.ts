import type { Place } from '../bytes/place.ts';
import type { Attempt } from './blockRead.ts';
import { type BlockTask, type Fetched, isAttempt, type VdevLayout } from './vdevLayout.ts';

/**
 * A mirror, and the pair that `replacing` and `spare` are while a disk takes another's place: every child has the same
 * bytes at the same offset, or should have.
 *
 * Which children are out of date only the DTLs tell, that are objects of the pool. Here a checksum tells.
 * Source: module/zfs/vdev_mirror.c, vdev_mirror_map_init
 */
export class MirrorLayout implements VdevLayout {
  readonly name: string;
  readonly copies: number;
  readonly #children: readonly VdevLayout[];

  constructor(name: string, children: readonly VdevLayout[]) {
    this.name = name;
    this.#children = children;
    this.copies = children.reduce((sum, child) => sum + child.copies, 0);
  }

  place(offset: number): Place | null {
    for (const child of this.#children) {
      const place = child.place(offset);
      if (place !== null) return place;
    }
    return null;
  }

  lacks(offset: number, size: number): boolean {
    return this.#children.every((child) => child.lacks?.(offset, size) ?? false);
  }

  /** Those last of which the range was never kept. */
  #inOrder(offset: number, size: number): readonly VdevLayout[] {
    const lacking = this.#children.filter((child) => child.lacks?.(offset, size));
    if (lacking.length === 0) return this.#children;
    return [...this.#children.filter((child) => !lacking.includes(child)), ...lacking];
  }

  async read(offset: number, size: number, task: BlockTask): Promise<Uint8Array | null> {
    let good: Uint8Array | null = null;
    for (const child of this.#inOrder(offset, size)) {
      const bytes = await child.read(offset, size, task);
      good ??= bytes;
      if (good !== null && !task.scrub) break;
    }
    return good;
  }

  async fetch(offset: number, size: number, signal?: AbortSignal): Promise<Uint8Array | Attempt> {
    let failed: Attempt | null = null;
    for (const child of this.#inOrder(offset, size)) {
      const got = await child.fetch(offset, size, signal);
      if (!isAttempt(got)) return got;
      failed = worse(failed, got);
    }
    return failed ?? { place: null, vdev: this.name, outcome: 'absent', error: null };
  }

  async fetchAll(offset: number, size: number, signal?: AbortSignal): Promise<readonly (Fetched | Attempt)[]> {
    const all = await Promise.all(this.#children.map((child) => child.fetchAll(offset, size, signal)));
    return all.flat();
  }
}

/** Of several failures the one that says more: a device that gives an error is there. */
const worse = (a: Attempt | null, b: Attempt): Attempt => (a === null || a.outcome === 'absent' ? b : a);
