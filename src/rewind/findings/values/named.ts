/** A state, by when its uberblock was written. */
export interface StateAt {
  readonly txg: bigint;
  readonly time: bigint;
}

/** A vdev that labels or meta-object sets name. */
export interface NamedVdev {
  readonly type: string;
  readonly path: string | null;
  readonly guid: bigint;
  readonly log: boolean;
}
