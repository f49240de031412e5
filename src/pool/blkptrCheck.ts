import { FormatError } from '../bytes/errors.ts';
import type { Blkptr, Dva } from '../format/blkptr.ts';
import { PointerFields } from './pointerFields.ts';
import { type PointerRefusal, PointerRules, type PointerStrictness } from './pointerRules.ts';
import type { VdevNode } from './pool.ts';

/**
 * Refuses pointers that OpenZFS would not follow. A pointer that fails here although its block's checksum holds was
 * written that way: it is corrupted, not destroyed.
 */
export class BlkptrCheck {
  readonly #rules: PointerRules;
  readonly #fields = new PointerFields();

  /** @param tops the top-level vdevs, at the index of their id */
  constructor(tops: readonly VdevNode[], strictness?: PointerStrictness) {
    this.#rules = new PointerRules(tops, strictness);
  }

  /**
   * @returns the copies to read; empty for holes and embedded blocks
   * @throws FormatError `format-value` for a field, `format-bounds` for a size or an address beyond its vdev
   */
  copiesOf(bp: Blkptr): readonly Dva[] {
    const refusal = this.refusal(bp);
    if (refusal !== null) {
      throw new FormatError(refusal.code, refusal.what, refusal.expected, refusal.found, bp.place);
    }
    return bp.hole ? [] : bp.dvas;
  }

  /** What OpenZFS would not follow it for; null when nothing. */
  refusal(bp: Blkptr): PointerRefusal | null {
    this.#fields.at(bp.view, 0, bp.standsInLittleEndian);
    return this.#rules.refusal(this.#fields);
  }
}
