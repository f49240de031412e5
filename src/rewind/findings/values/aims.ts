import type { NeedTrouble } from '../../../load/reason.ts';
import type { StateAt } from './named.ts';

/** What was done to the pool at some time. */
export interface AimedRecord {
  readonly title: string;
  readonly time: bigint | null;
  readonly txg: bigint | null;
}

/** What findings about where a rewind shall lead know. `left`: candidates from before it. */
export interface AimValues {
  'aimed-before':
    | {
        readonly kind: 'time';
        readonly time: bigint;
        readonly left: number;
        /** The newest from before; where none is, the oldest of all. */
        readonly reach: StateAt | null;
      }
    | {
        readonly kind: 'record';
        readonly record: AimedRecord & { readonly txg: bigint };
        readonly user: bigint | null;
        readonly host: string | null;
        readonly left: number;
        /** Records that fit as well, and how many have the words in another text. */
        readonly matches: number;
        readonly others: number;
      }
    | {
        readonly kind: 'not-found';
        readonly asked: string;
        /** The history reads. */
        readonly opened: boolean;
        /** The last that took something away. */
        readonly near: readonly AimedRecord[];
      };
  'aimed-needs': {
    readonly needs: readonly string[];
    readonly candidates: number;
    /** Those that have all of it whole. */
    readonly meeting: number;
    readonly newest: bigint | null;
    /** Those that do not import and were not looked at. */
    readonly unseen: number;
    /** In how many candidates each need is not met; `trouble` says of one why that cannot be told. */
    readonly unmet: readonly {
      readonly need: string;
      readonly absent: number;
      readonly damaged: number;
      readonly unknown: number;
      readonly trouble: NeedTrouble | null;
    }[];
    /** The name of the pool, where a need does not begin with it. */
    readonly begin: string | null;
  };
}
