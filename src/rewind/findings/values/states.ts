import type { Reason } from '../../../load/reason.ts';
import type { Refusal } from '../../facts/checkpoint.ts';
import type { TrimFacts } from '../../facts/trimFacts.ts';
import type { MultihostClaim } from '../../multihostClaim.ts';

/** An uberblock as it was seen by somebody who watched. */
export interface SeenUberblock {
  readonly txg: bigint;
  readonly time: bigint;
  /** Of its heartbeat. */
  readonly sequence: number | null;
}

/** A state of a leaf that the labels keep. */
export interface KeptLeaf {
  /** The name of its source, or its last path. */
  readonly device: string | null;
  readonly guid: bigint;
  /** The top-level vdev that it is a part of; null where it is one by itself. */
  readonly vdev: string | null;
  /** It is among the sources, or none can be. */
  readonly there: boolean;
  /** What does without it. */
  readonly without: 'redundancy' | 'log' | 'nothing';
}

/** What findings about the state of a pool and of its vdevs know. */
export interface StateValues {
  'pool-exported': { readonly time: bigint | null };
  /** Whether the labels of all devices say so. */
  'pool-destroyed': { readonly unanimous: boolean };
  multihost:
    | {
        readonly seen: 'protection';
        readonly host: string | null;
        readonly heartbeat: bigint | null;
        readonly claim: MultihostClaim | null;
      }
    | {
        readonly seen: 'writing';
        readonly host: string | null;
        readonly seconds: number;
        readonly before: SeenUberblock | null;
        readonly after: SeenUberblock;
      };
  watched: { readonly seconds: number };
  checkpoint:
    | { readonly kind: 'refused'; readonly txg: bigint; readonly why: Refusal; readonly olderHas: boolean }
    | {
        readonly kind: 'kept';
        readonly txg: bigint;
        readonly time: bigint;
        readonly heldBy: bigint | null;
        /** Why it does not import; null where it may. */
        readonly fails: Reason | null;
        /** An import without `-T` gets there; null where that is not known. */
        readonly plain: boolean | null;
      }
    | {
        readonly kind: 'rewound';
        readonly to: readonly { readonly txg: bigint; readonly checkpoint: bigint }[];
      };
  'raidz-expansion': {
    readonly vdevs: readonly {
      readonly vdev: string;
      readonly expanding: boolean;
      readonly disks: number;
      /** At which it was expanded before. */
      readonly txgs: readonly bigint[];
    }[];
    /** Txgs that OpenZFS refuses to go back to. */
    readonly refused: readonly bigint[];
  };
  'trim-hazard': Pick<TrimFacts, 'txg' | 'autotrim' | 'running'>;
  'device-offline': KeptLeaf;
  'device-faulted': KeptLeaf & { readonly faulted: boolean; readonly degraded: boolean };
  'overwritten-by-pool': {
    readonly device: string;
    readonly pool: string | null;
    readonly by: { readonly name: string | null; readonly guid: bigint };
    /** Bytes of `device` that the other one lies in, the last included; null for the same place. */
    readonly bytes: { readonly first: number; readonly last: number } | null;
    readonly until: bigint;
  };
}
