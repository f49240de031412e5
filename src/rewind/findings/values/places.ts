import type { HiddenReason } from '../../../source/partition.ts';
import type { StateAt } from './named.ts';

/** What findings about where vdevs lie, and whose remains lie beside them, know. */
export interface PlaceValues {
  'device-shifted': {
    readonly device: string;
    /** The file or device that the vdev lies in, and its size. */
    readonly path: string;
    readonly pathSize: number;
    /** Where in it the vdev begins, which may be before it, and where it was looked for. */
    readonly start: number;
    readonly expected: number;
    /** What begins where it was looked for; null for the file or device itself. */
    readonly expectedBy: string | null;
    readonly size: number;
    /** `file` or `disk` as the label has it. */
    readonly type: string;
    /** Labels that verify for that start, and where in the file or device. */
    readonly labels: readonly { readonly label: number; readonly offset: number }[];
    readonly cause: ShiftCause | null;
    /** zpool does not see it as it is: `needed` the pool does not import without it; null where it does. */
    readonly unseen: 'needed' | 'spared' | null;
    /** Labels that lie in the source and are not where that start has them; null without. */
    readonly misplaced: { readonly labels: number; readonly of: number } | null;
  };
  'partition-hidden': {
    readonly path: string;
    readonly name: string | null;
    readonly reason: HiddenReason;
    readonly start: number;
    readonly length: number;
    /** The pool does not import without it. */
    readonly needed: boolean;
  };
  'labels-from-root': {
    readonly device: string;
    /** Byte of the device where the root begins that its labels were made of. */
    readonly at: number;
    readonly txg: bigint;
  };
  'image-not-shown': {
    readonly device: string;
    readonly format: string;
  };
  'foreign-pool': {
    readonly device: string;
    /** This one, and when the device was last written by it. */
    readonly pool: string | null;
    readonly written: bigint | null;
    readonly remains: readonly Remains[];
    /** What OpenZFS makes of them; null where they are not in its way. */
    readonly trouble: /** The newest label of the device is that pool's, so that the device is not opened. */
      | { readonly kind: 'label'; readonly other: string | null; readonly spared: boolean }
      /** Newer uberblocks, which an import without `-T` takes. */
      | { readonly kind: 'uberblocks'; readonly newer: number; readonly newest: bigint }
      | null;
    /** The device goes on behind its vdev; null where it does not, or nothing is known of that. */
    readonly cut: {
      readonly type: 'file' | 'disk';
      readonly size: number;
      readonly deviceSize: number;
      /** What imports once it ends there; null where nothing is known to. */
      readonly then: { readonly txg: bigint; readonly readOnly: boolean } | null;
    } | null;
  };
}

/** What usually makes vdevs begin, or end, elsewhere. */
export type ShiftCause =
  | {
      readonly kind:
        | 'front-lost'
        | 'partition-moved'
        | 'wrong-offset'
        | 'device-grown'
        | 'end-lost'
        | 'partition-lost'
        | 'put-in-front';
    }
  /** It lies inside what that signature belongs to. */
  | { readonly kind: 'inside'; readonly name: string; readonly offset: number };

/** What another pool left on a device. */
export interface Remains {
  /** Null where nothing but uberblocks is left, which do not say whose they are. */
  readonly pool: { readonly name: string | null; readonly guid: bigint } | null;
  readonly labels: readonly number[];
  /** Its newest uberblock; null without any. */
  readonly newest: StateAt | null;
}
