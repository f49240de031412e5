import type { NamedVdev, StateAt } from './named.ts';

/** What findings about the order of states, and about devices of different ones, know. */
export interface TimelineValues {
  'history-diverged': {
    /** The last that all branches share. */
    readonly common: StateAt | null;
    readonly branches: readonly {
      readonly devices: readonly string[];
      readonly newest: StateAt | null;
      /** Datasets and snapshots that no other branch has; null where they cannot be compared. */
      readonly only: readonly string[] | null;
    }[];
  };
  'leg-stale': {
    readonly device: string;
    readonly vdev: string;
    readonly stopped: StateAt;
    /** How far others went on, and who. */
    readonly newest: StateAt;
    readonly others: 'siblings' | 'pool';
    /** Uberblocks that it has not. */
    readonly behind: number;
  };
  'abandoned-timeline': {
    readonly devices: readonly string[];
    readonly abandoned: readonly bigint[];
    /** Txgs at which the pool went on, and when it was last written. */
    readonly from: bigint;
    readonly to: StateAt;
    /** `to` is above all that were abandoned, so that an import takes it. */
    readonly passed: boolean;
  };
  'clock-anomaly': {
    readonly devices: readonly string[];
    readonly before: StateAt | null;
    readonly after: StateAt | null;
  };
  'devices-changed': {
    /** The last txg before the change, the first after it. */
    readonly until: bigint;
    readonly since: bigint;
    /** What the guid of the pool became; null where it stayed. */
    readonly reguid: { readonly from: bigint; readonly to: bigint } | null;
    readonly came: readonly NamedVdev[];
    readonly went: readonly NamedVdev[];
  };
  'image-of-two-times': {
    readonly device: string;
    /** Where the newer uberblocks are: labels 0 and 1, or 2 and 3. */
    readonly newerEnd: 'front' | 'rear';
    readonly newest: StateAt;
    /** The oldest that is at the newer end alone. */
    readonly oldest: bigint;
    readonly stopped: StateAt;
    readonly ahead: number;
  };
}
