/** What findings about reads that failed know. */
export interface ReadValues {
  'device-vanished': {
    readonly device: string;
    readonly error: string;
    /** Where it was asked; null where nobody knows. */
    readonly offset: number | null;
    /** It is known to be of this pool. */
    readonly known: boolean;
    /** The newest txg that is not judged for it; null where the others supply all. */
    readonly txg: bigint | null;
  };
  'read-failed': UnreadValues;
  /** Not in the image that was given. */
  'never-read': UnreadValues;
  'not-in-bundle': {
    readonly device: string;
    readonly ranges: readonly { readonly offset: number; readonly length: number; readonly error: string }[];
    readonly omitted: number;
    /** The newest txg that is not judged for it; null where the bundle has all that was looked at. */
    readonly txg: bigint | null;
  };
  'better-after-copy': {
    readonly devices: readonly string[];
    /** The best as they are; null where nothing imports. */
    readonly best: bigint | null;
    readonly txg: bigint;
    readonly readOnly: boolean;
  };
}

/** Places that were needed and could not be had. */
export interface UnreadValues {
  readonly device: string;
  readonly ranges: readonly { readonly offset: number; readonly length: number; readonly error: string }[];
  /** Places beside `ranges`. */
  readonly omitted: number;
  readonly outcome: /** `label`: one of its labels is among it, for which zpool import passes the device over. */
    | { readonly kind: 'none' | 'label' }
    /** Nothing is known of what stands there: the newest txg that is not judged for it. */
    | { readonly kind: 'open'; readonly txg: bigint }
    /** Txgs that fail for nothing else: the newest, and how many older ones. */
    | {
        readonly kind: 'fails';
        readonly txg: bigint;
        readonly older: number;
        /** It imports, but only read-only. */
        readonly readOnly: boolean;
        /** The best where nothing is recovered; null where nothing better is known. */
        readonly best: bigint | null;
      };
}
