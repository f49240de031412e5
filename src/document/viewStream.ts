import type { PoolAt } from '../dataset/poolAt.ts';
import type { DocumentError } from './parts.types.ts';
import type { DescribedSource } from './sourceEntry.ts';
import type { Troubles } from './troubles.ts';
import { type LateError, lateErrors, type ViewHead } from './viewHead.ts';

/** What a stream of a view's lists is made with. */
export interface StreamFacts {
  readonly head: ViewHead;
  /** Null when there is none: then the lists are empty. */
  readonly view: PoolAt | null;
  readonly signal?: AbortSignal | undefined;
  /** Asked for at the end. */
  readonly sources: () => readonly DescribedSource[];
}

/** What a document with streamed lists ends with. */
export interface StreamEnd {
  /** Ended by a signal: there may be more. */
  readonly stopped: boolean;
  /** What could not be read of the lists. */
  readonly troubles: readonly DocumentError[];
  /** What could not be read of the sources after `sources` was told; it may have been had elsewhere. */
  readonly sourceErrors: readonly LateError[];
}

export const streamEnd = (
  head: ViewHead,
  troubles: Troubles,
  signal: AbortSignal | undefined,
  sources: readonly DescribedSource[],
): StreamEnd => ({
  stopped: signal?.aborted ?? false,
  troubles: troubles.entries,
  sourceErrors: lateErrors(head, sources),
});
