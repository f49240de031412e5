import type { Uberblock } from '../../../format/uberblock.ts';
import type { VdevConfig } from '../../../format/vdevConfig.ts';

/** A state, by when its uberblock was written. */
export interface StateAt {
  readonly txg: bigint;
  readonly time: bigint;
}

export const stateAt = ({ txg, timestamp }: Pick<Uberblock, 'txg' | 'timestamp'>): StateAt => ({
  txg,
  time: timestamp,
});

/** A vdev that labels or meta-object sets name. */
export interface NamedVdev {
  readonly type: string;
  readonly path: string | null;
  readonly guid: bigint;
  readonly log: boolean;
}

export const namedVdev = ({ type, path, guid, isLog }: VdevConfig): NamedVdev => ({ type, path, guid, log: isLog });
