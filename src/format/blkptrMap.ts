import type { Blkptr } from './blkptr.ts';

/**
 * Values by block pointer, told apart by all 128 bytes, oldest first.
 *
 * Of pointers that share a hash only the last is kept: it is for what can be had again.
 */
export class BlkptrMap<Value> {
  readonly #entries = new Map<number, { readonly bp: Blkptr; readonly value: Value }>();

  get size(): number {
    return this.#entries.size;
  }

  get(bp: Blkptr): Value | undefined {
    const entry = this.#entries.get(bp.hash);
    return entry?.bp.equals(bp) ? entry.value : undefined;
  }

  /** As `get`, and makes it the youngest. */
  use(bp: Blkptr): Value | undefined {
    const hash = bp.hash;
    const entry = this.#entries.get(hash);
    if (entry === undefined || !entry.bp.equals(bp)) return undefined;
    this.#entries.delete(hash);
    this.#entries.set(hash, entry);
    return entry.value;
  }

  /** @returns the value that had to go for it */
  set(bp: Blkptr, value: Value): Value | undefined {
    const hash = bp.hash;
    const before = this.#entries.get(hash);
    this.#entries.delete(hash);
    this.#entries.set(hash, { bp: bp.copy(), value });
    return before?.value;
  }

  delete(bp: Blkptr): void {
    const hash = bp.hash;
    if (this.#entries.get(hash)?.bp.equals(bp)) this.#entries.delete(hash);
  }

  /** Undefined when there is none. */
  get oldest(): Value | undefined {
    for (const { value } of this.#entries.values()) return value;
    return undefined;
  }

  /** @returns the oldest value; undefined when there is none */
  shift(): Value | undefined {
    for (const [hash, { value }] of this.#entries) {
      this.#entries.delete(hash);
      return value;
    }
    return undefined;
  }
}
