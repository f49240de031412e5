import type { Verdict } from '../load/predict.ts';
import type { KeptState } from '../pool/keptState.ts';
import type { Judged } from './judge.ts';

/** What a rewind was asked to lead to. */
export interface Aimed {
  /** Null where nothing was asked to lie behind it. */
  readonly before:
    | { readonly kind: 'time'; readonly time: bigint }
    /** A record of the history, and the txg in which it took effect. */
    | { readonly kind: 'record'; readonly txg: bigint; readonly title: string }
    | null;
  /** What has to be there and whole. */
  readonly needs: readonly string[];
}

/** Why a txg is the one to try, and not a newer one. */
export interface ChoiceReason {
  /**
   * `newest` there is none newer; `newest-asked-for` the newer ones were not asked for; `newest-fitting` the newer ones
   * are worse; `checkpoint` of the rings nothing imports.
   */
  readonly kind: 'newest' | 'newest-asked-for' | 'newest-fitting' | 'checkpoint';
  readonly verdict: Verdict;
  /** Newer txgs by what is wrong with them; `unread` fail for reads that failed and for nothing else. */
  readonly passedOver: readonly {
    /** What is wrong with them. */
    readonly kind: Verdict | 'unread';
    /** So many txgs. */
    readonly count: number;
  }[];
  /** Null where nothing was asked for. */
  readonly aim: Aimed | null;
}

/** The candidate to try. */
export interface Choice<T extends Judged = Judged> {
  readonly judged: T;
  readonly why: ChoiceReason;
  /** Txgs newer than the chosen one that were judged and that zpool would take. */
  readonly passedOver: readonly T[];
}

/** Devices to give, without the others, and what is told of those that were taken offline or faulted. */
export interface OtherDevicesGiven {
  /** Names of sources. */
  readonly given: readonly string[];
  /** Those that were taken offline or faulted, and how. */
  readonly closed: readonly string[];
  readonly states: readonly KeptState[];
  /** The offline ones are given, alone or among others, or left out. */
  readonly which: 'all' | 'some' | 'left-out';
  readonly txg: bigint;
  readonly verdict: Verdict;
}

interface OtherDevicesWorth extends OtherDevicesGiven {
  readonly kind: 'other-devices';
}

/** What another txg is worth, against the one that is recommended. Spans are seconds. */
export type Worth =
  /** What was written after that txg can be copied out. */
  | { readonly kind: 'newer-read-only'; readonly seconds: bigint; readonly after: bigint }
  /** Fewer blocks of content that are bad: 0, or so many. */
  | { readonly kind: 'fewer-data-errors'; readonly errors: number; readonly best: number; readonly seconds: bigint }
  | { readonly kind: 'other-history'; readonly devices: readonly string[] }
  /** Written after a rewind that had given up that txg. */
  | { readonly kind: 'after-rewind'; readonly givenUp: bigint }
  | { readonly kind: 'root-reads-too' }
  | { readonly kind: 'checkpoint'; readonly verdict: Verdict; readonly damaged: boolean }
  /** From copies of devices of which a label gives a read error. */
  | { readonly kind: 'after-copy'; readonly devices: readonly string[]; readonly readOnly: boolean }
  | OtherDevicesWorth;
