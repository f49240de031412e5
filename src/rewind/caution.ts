import type { NamedVdev } from './findings/values/named.ts';
import type { Step } from './steps.ts';

/** Uberblocks that are given up. */
interface GivenUp {
  readonly kind: 'gives-up' | 'checkpoint-gives-up';
  readonly uberblocks: number;
  readonly newest: bigint;
  readonly oldest: bigint;
  /** Of writing. */
  readonly seconds: bigint;
}

/** What was written to a top-level vdev after a txg is not here. */
interface Lacking {
  readonly vdev: string;
  readonly until: bigint;
  /** The recommended txg is newer: files of it lack that. */
  readonly filesLack: boolean;
}

interface NewerCopies extends Lacking {
  readonly kind: 'find-newer-copies';
  readonly devices: readonly string[];
}

interface MissingVdevs extends Lacking {
  readonly kind: 'find-missing';
  readonly vdevs: readonly NamedVdev[];
}

/** What to mind before the recommended txg is tried, as data. Devices are given by the names of their sources. */
export type Caution =
  | {
      readonly kind:
        | 'written-by-another-host'
        | 'work-on-copy'
        | 'not-checked'
        | 'multihost'
        | 'two-histories'
        | 'trims'
        | 'resilvers-stale-leg';
    }
  /** Devices with reads that failed, and the txg that fails for nothing else; what writing to `best` gives up. */
  | {
      readonly kind: 'copy-unread';
      readonly devices: readonly string[];
      readonly txg: bigint;
      readonly best: bigint;
    }
  | NewerCopies
  | MissingVdevs
  /** Newer txgs lack nothing else; one of type `missing` is known by its id alone. */
  | { readonly kind: 'find-lost'; readonly vdevs: readonly (NamedVdev & { readonly id: number | null })[] }
  | GivenUp
  /** Until the pool has written past that txg. */
  | { readonly kind: 'newer-stay'; readonly newest: bigint }
  /** Added after the labels at hand were written. */
  | { readonly kind: 'added-later'; readonly vdevs: readonly string[] }
  | { readonly kind: 'removal-goes-on'; readonly vdev: string; readonly pool: string }
  | { readonly kind: 'replacement-goes-on'; readonly of: string; readonly by: string }
  | {
      readonly kind: 'spare-in-use';
      readonly of: string;
      readonly by: string;
      readonly pool: string;
      /** Of both, where each is a leaf. */
      readonly guids: { readonly of: bigint; readonly by: bigint } | null;
    };

/** What is to be done about it in a shell, once the pool is imported read-write; nothing where nobody can say. */
export function cautionSteps(caution: Caution): Step[] {
  switch (caution.kind) {
    case 'removal-goes-on':
      return caution.pool === '' ? [] : [{ kind: 'cancel-removal', pool: caution.pool }];
    case 'spare-in-use': {
      const { pool, guids } = caution;
      if (pool === '' || guids === null) return [];
      return [
        { kind: 'return-spare', pool, guid: guids.by },
        { kind: 'keep-spare', pool, guid: guids.of },
      ];
    }
    default:
      return [];
  }
}
