import type { Verdict } from '../load/predict.ts';
import type { Reading } from '../load/reading.ts';
import type { NeedTrouble, Reason } from '../load/reason.ts';
import type { CommandsEntry } from './parts.types.ts';

export interface CheckpointEntry {
  /** The newest txg whose meta-object set opens and keeps it. */
  readonly heldBy: string;
}

export interface CandidateEntry extends CommandsEntry {
  readonly rank: number;
  readonly txg: string;
  readonly timestamp: number;
  readonly lossSeconds: number;
  readonly copies: number;
  readonly verdict: Verdict;
  readonly metadataErrors: number | null;
  readonly dataErrors: number | null;
  readonly blocksChecked: number;
  readonly reasons: readonly string[];
  /** The same as data, in the same order. */
  readonly reasonData: readonly ReasonEntry[];
  /** The step of the load that decides, by its name in OpenZFS; null where none stops it. */
  readonly failsAt: string | null;
  /**
   * What the deciding reason is; absent where nothing stops it. `failed-read`: a device gave an error where it may stand,
   * so that a copy of the device may bring it back.
   */
  readonly because?: 'damage' | 'missing-device' | 'failed-read' | 'unknown';
  /** Reads that failed and had to do with it; the first few. Absent without. */
  readonly failedReads?: readonly { readonly source: string; readonly offsetBytes: string; readonly code: string }[];
  /** What trying it would do to the machine; `releases`: the first and the last of OpenZFS that do it. */
  readonly hazards: readonly HazardEntry[];
  /** What the commands do beside going to that txg: they go on without a log device, import what was destroyed. */
  readonly withoutLog?: true;
  readonly destroyed?: true;
  /** Indexes into `sources` of those that carry it. */
  readonly sources: readonly number[];
  /** It is the uberblock that the pool keeps as its checkpoint, in no ring; absent for those of the rings. */
  readonly checkpoint?: CheckpointEntry;
}

/** A reason as data: what makes a reason of its code one, 64-bit numbers as decimal strings. */
export interface ReasonEntry {
  readonly code: Reason['code'];
  /** Of the load, by its name in OpenZFS; null where none decides. */
  readonly step: string | null;
  /** The reason in short: which block it is, not where each of its copies was looked for. */
  readonly brief: string;
  /** What was being read, by its role in the pool. */
  readonly what?: ReadingEntry;
  readonly error?: { readonly code: string; readonly source: string | null; readonly offsetBytes: string | null };
  /** Of a block that is lost: vdev and byte offset of each copy, `0:1a2b000`. */
  readonly copies?: readonly string[];
  readonly block?: {
    readonly what: string;
    /** Number of the dataset in the MOS, 0 for the MOS; its name where that is known. */
    readonly datasetObject: string;
    readonly dataset: string | null;
    readonly object: string;
    readonly level: number;
    readonly blockId: string;
  };
  /** Blocks that are bad in all. */
  readonly blocks?: number;
  readonly vdev?: { readonly name: string; readonly guid: string };
  /** Leaves that are not opened, and why; null for one without a device. */
  readonly closed?: readonly { readonly name: string; readonly guid: string; readonly refusal: string | null }[];
  readonly rootState?: string;
  /** Sources by name. */
  readonly devices?: readonly string[];
  readonly features?: readonly string[];
  readonly release?: string;
  readonly version?: string;
  readonly txg?: string;
  readonly dataset?: string;
  readonly need?: string;
  /** What is wrong with `need`. */
  readonly trouble?: NeedTrouble['kind'];
  readonly path?: string | null;
  readonly expected?: string;
  readonly found?: string;
}

export interface ReadingEntry {
  readonly role: Reading['role'];
  /** The name that a directory or list has for it. */
  readonly key?: string;
  readonly dataset?: string;
  readonly snapshot?: 'last' | 'numbered' | 'origin';
  readonly directory?: string;
  readonly vdev?: string;
  readonly vdevId?: string;
  readonly metaslab?: number;
  readonly txg?: string;
}

export interface HazardEntry {
  readonly kind: string;
  readonly message: string;
  readonly releases: string;
  /** It always does; otherwise it may. */
  readonly certain: boolean;
  /** Why, without what it does and where the copies of a block were looked for. */
  readonly brief: string;
  /** Only an import that may write. */
  readonly writes: boolean;
}
