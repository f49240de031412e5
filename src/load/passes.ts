import { ZfsUberError } from '../bytes/errors.ts';
import type { BlockCache } from '../dataset/blockCache.ts';
import type { Mos } from '../dataset/mos.ts';
import type { Ground, ObjectMemo } from './objectMemo.ts';

/** What to ask again before all is: so many, or one in so many of all. */
const LEAST_AGAIN = 64;
const ONE_IN = 8;

/** What going through a list gave at one txg, and what it rests on. */
interface Pass {
  readonly ground: Ground<unknown>;
  readonly value: unknown;
}

/** How a list is gone through. */
export interface Through<Thing, T> {
  /**
   * All of it.
   *
   * @param ground takes each thing of the list with what the answer about it rests on
   * @returns `keeps` where others may start from it: nothing in the list came out in a way that another has to meet itself
   */
  readonly whole: (ground: Ground<Thing>) => Promise<{ readonly value: T; readonly keeps: boolean }>;
  /**
   * What `before` is with those of the list asked anew that may be different; null where they make so much of a difference
   * that all has to be gone through.
   */
  readonly again: (before: T, things: ReadonlySet<Thing>) => Promise<T | null>;
}

/**
 * Goes through long lists at each txg: what came out at one is taken for another, but for what rests on objects that
 * differ between the two. A pool has thousands of datasets, of which a txg changes few.
 *
 * Only for the same {@link BlockCache}, as for LoadMemo.
 */
export class Passes {
  readonly #objects: ObjectMemo;
  /** By kind of list, the one to start from: null where it is for nobody else. */
  readonly #last = new WeakMap<BlockCache, Map<string, Promise<Pass | null>>>();

  constructor(objects: ObjectMemo) {
    this.#objects = objects;
  }

  /**
   * @param kind of list: says of which types things and value are
   * @throws what `whole` throws
   */
  async through<Thing, T>(kind: string, mos: Mos, { whole, again }: Through<Thing, T>): Promise<T> {
    const { cache } = mos.objset.metaObject;
    const last = this.#last.get(cache) ?? new Map<string, Promise<Pass | null>>();
    this.#last.set(cache, last);
    // Several txgs are looked at at once: the first goes through all of it.
    const first = last.get(kind);
    const before = first === undefined ? null : await first;
    if (before !== null) {
      const value = await this.#from(before as Pass & { ground: Ground<Thing>; value: T }, mos, again);
      if (value !== null) return value;
    }
    const ground = this.#objects.ground<Thing>(mos);
    const going = whole(ground);
    const pass = going.then(
      ({ value, keeps }) => (keeps ? { ground, value } : null),
      () => null,
    );
    // Until it is done others start from the one before.
    if (before === null) last.set(kind, pass);
    else void pass.then((found) => found === null || last.set(kind, pass));
    return (await going).value;
  }

  async #from<Thing, T>(
    { ground, value }: { readonly ground: Ground<Thing>; readonly value: T },
    mos: Mos,
    again: Through<Thing, T>['again'],
  ): Promise<T | null> {
    const most = Math.max(LEAST_AGAIN, Math.floor(ground.size / ONE_IN));
    const things = await this.#objects.differing(ground, mos, most);
    if (things === null) return null;
    try {
      return await again(value, things);
    } catch (error) {
      // Who goes through all of it meets the error in its turn.
      if (error instanceof ZfsUberError) return null;
      throw error;
    }
  }
}
