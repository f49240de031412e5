import type { Reason } from '../load/reason.ts';
import type { Judged } from './judge.ts';

/**
 * What other releases do with states that the one verdicts speak for treats in another way: import them or not, or only
 * read-only, or read-write too; count other errors; do harm to the machine that it does not do, or none.
 */
export type ReleaseChange = 'takes' | 'refuses' | 'reads' | 'writes' | 'counts' | 'endangers' | 'spares';

export interface ReleaseDifference {
  /** Lines of OpenZFS that are alike in this, oldest first. */
  readonly releases: readonly string[];
  readonly change: ReleaseChange;
  /** As these releases would have it, newest first; of the rings. */
  readonly judged: readonly Judged[];
  /** They are all that were judged; of what is refused, all that the other imports. */
  readonly all: boolean;
  /** Why one of the two does not do what the other does; null where it is not that. */
  readonly reason: Reason | null;
}
