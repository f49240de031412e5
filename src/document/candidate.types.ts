import type { Verdict } from '../load/predict.ts';
import type { Reading } from '../load/reading.ts';
import type { NeedTrouble, ReasonCode } from '../load/reason.ts';
import type { ByGuid } from '../rewind/commands.ts';
import type { WayRisk } from '../rewind/waysOut.ts';
import type { CommandsEntry } from './parts.types.ts';

export interface CheckpointEntry {
  /** The newest txg whose meta-object set opens and keeps it. */
  readonly heldBy: string;
}

export interface CandidateEntry extends CommandsEntry {
  /** 1 for the best. */
  readonly rank: number;
  /** Of the uberblock. */
  readonly txg: string;
  /** When it was written. */
  readonly timestamp: number;
  /** From it to the newest uberblock: so much writing is given up. */
  readonly lossSeconds: number;
  /** Valid copies over all sources and labels. */
  readonly copies: number;
  /** What is predicted of its commands. */
  readonly verdict: Verdict;
  /** What the load would count; null when not checked. */
  readonly metadataErrors: number | null;
  /** The same of content; null unless `depth` is `data`. */
  readonly dataErrors: number | null;
  /** So many were verified; one that several txgs lead to counts for that which came to it first. */
  readonly blocksChecked: number;
  /** In words, the deciding one first. */
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
  readonly failedReads?: readonly {
    /** Its name. */
    readonly source: string;
    /** In the source. */
    readonly offsetBytes: string;
    /** Name of the system's error. */
    readonly code: string;
  }[];
  /** What trying it would do to the machine; `releases`: the first and the last of OpenZFS that do it. */
  readonly hazards: readonly HazardEntry[];
  /** The least that makes OpenZFS load it by its commands, where it does not as it is set; null where nothing is known to. */
  readonly relaxed: RelaxedEntry | null;
  /** What the commands do beside going to that txg: they go on without a log device, import what was destroyed. */
  readonly withoutLog?: true;
  /** The commands import what was destroyed. */
  readonly destroyed?: true;
  /** Why the commands say the pool's guid: its name would not do. */
  readonly byGuid?: ByGuid;
  /** Indexes into `sources` of those that carry it. */
  readonly sources: readonly number[];
  /** It is the uberblock that the pool keeps as its checkpoint, in no ring; absent for those of the rings. */
  readonly checkpoint?: CheckpointEntry;
}

export interface RelaxedEntry {
  /** `NAME=VALUE`, by the name it has on Linux; to be set before the import, and back after it. */
  readonly parameters: readonly string[];
  /** What the commands answer then: `importable` or `readonly`. */
  readonly verdict: Verdict;
  /** What it costs, in words. */
  readonly cost: string;
  /** The same as data. */
  readonly risks: readonly WayRisk[];
  /** Top-level vdevs that are done without. */
  readonly tops: readonly string[];
  /** Blocks of metadata that are bad; null when they were not counted. */
  readonly metadataErrors: number | null;
  /** Lines that set them, as root. */
  readonly onLinux: readonly string[];
  /** The same there. */
  readonly onFreeBsd: readonly string[];
}

/** A reason as data: what makes a reason of its code one, 64-bit numbers as decimal strings. */
export interface ReasonEntry {
  /** Which reason it is. */
  readonly code: ReasonCode;
  /** Of the load, by its name in OpenZFS; null where none decides. */
  readonly step: string | null;
  /** The reason in short: which block it is, not where each of its copies was looked for. */
  readonly brief: string;
  /** What was being read, by its role in the pool. */
  readonly what?: ReadingEntry;
  /** What was met, and where. */
  readonly error?: {
    /** Stable: see docs/errors.md. */
    readonly code: string;
    /** Name of the source. */
    readonly source: string | null;
    /** In the source. */
    readonly offsetBytes: string | null;
  };
  /** Of a block that is lost: vdev and byte offset of each copy, `0:1a2b000`. */
  readonly copies?: readonly string[];
  /** What the accounts of free space do twice. */
  readonly space?: {
    /** `alloc`: it allocates what is allocated; `free`: it frees what is free. */
    readonly kind: 'alloc' | 'free';
    /** Name of the top-level vdev. */
    readonly vdev: string;
    /** Number of the metaslab. */
    readonly metaslab: number;
    /** In bytes of the allocatable space of the vdev. */
    readonly offset: string;
    /** In bytes. */
    readonly length: string;
    /** Which of the two accounts says it. */
    readonly said: 'space map' | 'space map logs';
  };
  /** The block of metadata that is lost. */
  readonly block?: {
    /** What the block is, as `indirect` or `object set`. */
    readonly what: string;
    /** Number of the dataset in the MOS, 0 for the MOS; its name where that is known. */
    readonly datasetObject: string;
    /** Its name; null where it is not known. */
    readonly dataset: string | null;
    /** Number of the object. */
    readonly object: string;
    /** 0 for content, above that indirect blocks. */
    readonly level: number;
    /** Position among the blocks of its level. */
    readonly blockId: string;
  };
  /** Blocks that are bad in all. */
  readonly blocks?: number;
  /** The vdev that it is about. */
  readonly vdev?: {
    /** As `mirror-0`, or the path of a leaf. */
    readonly name: string;
    /** Of the vdev. */
    readonly guid: string;
  };
  /** Leaves that are not opened, and why; null for one without a device. */
  readonly closed?: readonly {
    /** Of the leaf. */
    readonly name: string;
    /** Of the leaf. */
    readonly guid: string;
    /** Why it is not opened; null where it is missing. */
    readonly refusal: string | null;
  }[];
  /** How the root block reads. */
  readonly rootState?: string;
  /** Sources by name. */
  readonly devices?: readonly string[];
  /** Their guids. */
  readonly features?: readonly string[];
  /** The OpenZFS that does not know them. */
  readonly release?: string;
  /** Of the pool. */
  readonly version?: string;
  /** Txg that it is about. */
  readonly txg?: string;
  /** Name of the dataset. */
  readonly dataset?: string;
  /** What was asked for. */
  readonly need?: string;
  /** What is wrong with `need`. */
  readonly trouble?: NeedTrouble['kind'];
  /** Where a device has to be found. */
  readonly path?: string | null;
  /** What should be there. */
  readonly expected?: string;
  /** What is there. */
  readonly found?: string;
}

export interface ReadingEntry {
  /** What it is to the pool. */
  readonly role: Reading['role'];
  /** The name that a directory or list has for it. */
  readonly key?: string;
  /** Name of the dataset. */
  readonly dataset?: string;
  /** Which snapshot of it. */
  readonly snapshot?: 'last' | 'numbered' | 'origin';
  /** Name of the directory. */
  readonly directory?: string;
  /** Name of the vdev. */
  readonly vdev?: string;
  /** Number of the top-level vdev. */
  readonly vdevId?: string;
  /** Its number. */
  readonly metaslab?: number;
  /** Txg that it is of. */
  readonly txg?: string;
}

export interface HazardEntry {
  /** `panic` or `hang`: see docs/hazards.md. */
  readonly kind: string;
  /** In words. */
  readonly message: string;
  /** The first and the last of OpenZFS that do it. */
  readonly releases: string;
  /** It always does; otherwise it may. */
  readonly certain: boolean;
  /** Why, without what it does and where the copies of a block were looked for. */
  readonly brief: string;
  /** Only an import that may write. */
  readonly writes: boolean;
}
