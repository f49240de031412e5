import type { Need } from './need.ts';

/** Where a rewind shall lead. */
export interface AimChoice {
  /** Text of a command in the pool's history, or a time: only txgs before it. */
  readonly before: string | null;
  /** Only txgs that have all of these whole. */
  readonly needs: readonly Need[];
}
