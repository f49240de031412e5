import type { LogHealth } from '../../../pool/logHealth.ts';
import type { VdevRole } from '../../../pool/pool.ts';
import type { OtherDevicesGiven } from '../../choice.ts';
import type { NamedVdev, StateAt } from './named.ts';

/** What findings about devices that are not there, not whole or not of the tree know. */
export interface DeviceValues {
  'device-missing': /** Leaves, and what stopped before them is here: only they can have what was written last. */
    | {
        readonly kind: 'newest';
        readonly leaves: readonly NamedVdev[];
        readonly vdev: string;
        /** The newest txg that is here of `vdev`, and the newest of all. */
        readonly until: bigint;
        readonly newest: bigint;
        /** Seconds between the two; null where no time is known. */
        readonly seconds: bigint | null;
        readonly stopped: readonly { readonly vdev: string; readonly txg: bigint }[];
      }
    /** `lost`: more than the vdev can do without, which is `spare`. */
    | {
        readonly kind: 'leaves';
        readonly leaves: readonly NamedVdev[];
        readonly vdev: string;
        readonly lost: boolean;
        readonly spare: number;
        /** All missing devices together may have been written to later than those at hand, and these cannot tell. */
        readonly later: boolean;
      }
    | { readonly kind: 'top-level-leaf'; readonly leaf: NamedVdev; readonly id: number | null }
    | MissingTop<'data' | 'unknown'>;
  'log-missing':
    | {
        readonly kind: 'leaves';
        readonly leaves: readonly NamedVdev[];
        /** Null where the leaf is the log by itself. */
        readonly vdev: string | null;
        readonly health: LogHealth;
      }
    | MissingTop<'log'>;
  'top-level-unknown': { readonly id: number };
  'device-truncated': {
    readonly device: string;
    readonly size: bigint;
    readonly needed: bigint;
    readonly short: bigint;
    /** Redundancy does without it. */
    readonly spared: boolean;
  };
  'former-member': {
    readonly device: string;
    /** Its labels have txg 0. */
    readonly txgZero: boolean;
  };
  'device-by-ring': { readonly device: string };
  'spare-device': { readonly device: string };
  'cache-device': { readonly device: string };
  'duplicate-device': {
    readonly device: string;
    /** The one that was used; null where nobody knows which. */
    readonly twin: string | null;
    /** Where the copy stops, if that is before its twin does. */
    readonly older: { readonly stopped: bigint; readonly twin: bigint } | null;
    /** Each went on without the other. */
    readonly parted: boolean;
    /** Txgs that it alone has. */
    readonly only: readonly bigint[];
  };
  'detached-device': {
    readonly device: string;
    /** When it left, or was just being added. */
    readonly left: StateAt | null;
    /** What it has imports once its labels are repaired. */
    readonly leads: boolean;
  };
  'offline-leg': OtherDevicesGiven;
  'guid-sum-mismatch': {
    readonly expected: bigint;
    readonly found: bigint;
    readonly difference: bigint;
    readonly explained:
      | { readonly by: 'mos'; readonly vdevs: readonly (NamedVdev & { readonly role: VdevRole })[] }
      | { readonly by: 'changes'; readonly changes: readonly TreeChange[] }
      | { readonly by: 'missing'; readonly ids: readonly (number | null)[] }
      | { readonly by: 'older-labels' };
  };
}

/** A top-level vdev that no label describes: what it held, and its guid if it is one disk. */
interface MissingTop<Held> {
  readonly kind: 'top-level';
  readonly id: number;
  readonly held: Held;
  readonly guid: bigint | null;
}

/** A vdev that the tree of the labels would have to have, or not to have. */
export interface TreeChange {
  readonly there: boolean;
  readonly vdev: NamedVdev;
  /** That come or go with it; null for the vdev alone. */
  readonly children: number | null;
}
