import type { ForeignKind } from '../../../source/foreign.ts';

/** A signature of something that is no ZFS, at that byte of a file or device. */
interface Signed {
  readonly path: string;
  readonly kind: ForeignKind;
  readonly name: string;
  readonly offset: number;
}

/** How a signature lies to the vdev. */
export type SignaturePlace =
  /** In front of the vdev, which begins at that byte; `around` keeps the vdev inside. */
  | { readonly at: 'around' | 'before'; readonly begin: number }
  /** In front of label 0, which may be damaged. */
  | { readonly at: 'front'; readonly sound: boolean }
  | { readonly at: 'label-0' | 'inside' | 'end-labels' | 'end' }
  /** Behind the vdev, which ends at that byte. */
  | { readonly at: 'behind'; readonly end: number };

/** What findings about signatures of arrays, volumes, containers and file systems know. */
export interface SignatureValues {
  'foreign-signature': Signed & {
    /** How it lies to a vdev; null where nothing shows of ZFS. */
    readonly vdev: {
      readonly place: SignaturePlace;
      /** The pool is got at through it alone. */
      readonly inside: boolean;
      /** `wipefs` takes the signature away. */
      readonly wiped: boolean;
      /** What the device is called that opening it makes; null where that depends. */
      readonly makes: string | null;
    } | null;
  };
  'container-not-opened': Signed & {
    /** Bytes of `path` that it is; null for all. */
    readonly part: { readonly start: number; readonly length: number } | null;
    /** What the device is called that opening it makes; null where that depends. */
    readonly makes: string | null;
  };
}
