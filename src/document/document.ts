import type { Reading } from '../load/reading.ts';
import type { NeedTrouble, Reason } from '../load/reason.ts';
import type { HiddenVdev } from '../pool/survey.ts';
import type { Caution } from '../rewind/caution.ts';
import type { ChoiceReason, Worth } from '../rewind/choice.ts';
import type { FindingCode } from '../rewind/findings/codes.ts';
import type { Step } from '../rewind/steps.ts';

/**
 * The JSON documents, name by name. What the contract fixes keeps its name, type and meaning; additions are free.
 * 64-bit quantities that may pass 2^53 are decimal strings; counts, indexes and seconds are numbers.
 */

export interface ToolInfo {
  readonly name: 'zfs-uber';
  readonly version: string;
  /** The native addon computes the checksums. */
  readonly native: boolean;
  readonly engine: string;
}

export type SourceKind = 'raw' | 'block' | 'gpt' | 'mbr' | 'slice' | 'qcow2' | 'vmdk' | 'vdi' | 'vhdx' | 'bundle';

export interface DocumentError {
  readonly code: string;
  readonly message: string;
}

export interface LabelEntry {
  readonly index: number;
  readonly offsetBytes: string;
  readonly status: 'ok' | 'bad-checksum' | 'empty' | 'malformed' | 'unreadable' | 'absent';
  readonly txg: string | null;
  readonly poolGuid: string | null;
  readonly vdevGuid: string | null;
  readonly topGuid: string | null;
  readonly poolState: string | null;
  readonly error: DocumentError | null;
  readonly ring: {
    readonly slotSizeBytes: number;
    readonly valid: number;
    readonly badChecksum: number;
    readonly empty: number;
    readonly unreadable: number;
    /** One letter a slot: see docs/ring-map.md. */
    readonly map: string;
  } | null;
}

export interface BlockPointerEntry {
  readonly dvas: readonly {
    readonly vdev: number;
    readonly offset: string;
    readonly asize: string;
    readonly gang: boolean;
  }[];
  readonly checksum: string;
  readonly compression: string;
  readonly birthTxg: string;
  readonly lsize: number;
  readonly psize: number;
}

export interface UberblockEntry {
  readonly txg: string;
  readonly timestamp: number;
  readonly guidSum: string;
  readonly version: string;
  readonly slot: number;
  readonly labels: readonly number[];
  /** `mmp`: in the slot kept for multihost heartbeats; `foreign`: of another pool than the label beside it. */
  readonly state: 'valid' | 'mmp' | 'foreign';
  readonly byteOrder: 'little' | 'big';
  readonly checkpointTxg: string;
  readonly mmp: {
    readonly sequence: number | null;
    readonly intervalMs: number | null;
    readonly failIntervals: number | null;
  } | null;
  readonly rootBlockPointer: BlockPointerEntry;
}

export interface UnreadableEntry {
  readonly offsetBytes: string;
  readonly lengthBytes: string;
  /** Name of the system's error. */
  readonly code: string;
}

/** What the documents about labels and rings say of a source before the rest. */
export type SourceHead = Pick<
  SourceEntry,
  'path' | 'pathBytes' | 'kind' | 'sizeBytes' | 'offsetBytes' | 'error' | 'unreadable'
>;

export interface SourceEntry {
  /** As given, or the path of the file inside a given directory. */
  readonly path: string;
  /** Hexadecimal, where the path is no UTF-8: `path` has `\xff` in place of such a byte. Left out where it is. */
  readonly pathBytes?: string;
  readonly kind: SourceKind;
  readonly sizeBytes: string;
  /** Where the vdev begins inside the path. */
  readonly offsetBytes: string;
  /** Why it could not be opened, or not be read in part. */
  readonly error: DocumentError | null;
  /** Why the system has no device that begins and ends there; left out where it has one, or is given the image of one. */
  readonly hidden?: HiddenVdev['reason'];
  /** What of it was needed and could not be read, by offset in the vdev; absent where all could. The first ones. */
  readonly unreadable?: readonly UnreadableEntry[];
  readonly labels: readonly LabelEntry[];
  readonly uberblocks: readonly UberblockEntry[];
}

export type Severity = 'info' | 'warning' | 'error';

/** What JSON has; numbers of 64 bits as decimal strings. */
export type Value = string | number | boolean | null | readonly Value[] | Values;
export interface Values {
  readonly [name: string]: Value;
}

export interface FindingEntry {
  /** Stable; listed in docs/findings.md. */
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly message: string;
  /** What `message` is made of, by names that go with `code`. */
  readonly values?: Values;
  /** Indexes into `sources` where the finding is about particular ones. */
  readonly sources?: readonly number[];
  /** What to do about it in a shell; absent where there is no such thing. */
  readonly steps?: readonly ShellStepEntry[];
}

export interface VdevEntry {
  readonly type: string;
  readonly guid: string;
  readonly id: number | null;
  readonly role: string;
  readonly path: string | null;
  /** Index into `sources`; null for an inner vdev and for a leaf that no source is. */
  readonly source: number | null;
  readonly state: 'present' | 'degraded' | 'missing' | 'hole';
  readonly ashift?: number;
  readonly nparity?: number;
  readonly children: readonly VdevEntry[];
}

export type Verdict = 'importable' | 'readonly' | 'damaged' | 'incomplete' | 'unverified';

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

/** One thing to do, after those before it. */
export interface ShellStepEntry {
  readonly kind: Step['kind'];
  /** For bash with root's rights; quoted, so that each can be pasted as it is. */
  readonly lines: readonly string[];
}

/** Argument vectors that can be run as they are; empty where there is nothing to run. */
export interface CommandsEntry {
  readonly commandReadOnly: readonly string[];
  readonly commandReadWrite: readonly string[];
  /**
   * The same, each word in hexadecimal, where one has bytes that are no UTF-8: in text those stand as `\xff`. Left out
   * where none has.
   */
  readonly commandReadOnlyBytes?: readonly string[];
  readonly commandReadWriteBytes?: readonly string[];
}

/** Why a txg is recommended, and not a newer one. */
export interface ChoiceReasonEntry {
  readonly kind: ChoiceReason['kind'];
  readonly verdict: Verdict;
  readonly passedOver: ChoiceReason['passedOver'];
  /** What was asked for; null where nothing was. */
  readonly aim: Values | null;
}

/** Values that go with a kind. */
export type DataEntry<Kind extends string> = Values & { readonly kind: Kind };

export interface RecommendationEntry extends CommandsEntry {
  readonly txg: string;
  /** As of the candidate: it is not the uberblock of the rings. */
  readonly checkpoint?: CheckpointEntry;
  readonly lossSeconds: number;
  readonly why: string;
  /** The same as data. */
  readonly whyData: ChoiceReasonEntry;
  /** The lines of the step `show-read-only`; absent where there is none. */
  readonly attach?: readonly string[];
  /** All that is to be done, in order; empty where nothing names the pool. */
  readonly steps: readonly ShellStepEntry[];
  readonly alternatives: readonly {
    readonly txg: string;
    readonly why: string;
    /** The same as data, by its `kind`. */
    readonly whyData: DataEntry<Worth['kind']>;
    /** Up to a read-only import; absent where the recommended commands with that txg do. */
    readonly steps?: readonly ShellStepEntry[];
  }[];
  readonly cautions: readonly string[];
  /**
   * An import of that txg succeeds, and what the pool wrote after `afterTxg` to some of its vdevs is on none of the
   * devices given; where that is not `certain`, missing devices may have gone on without these. Absent for nothing.
   */
  readonly elsewhere?: { readonly afterTxg: string; readonly certain: boolean };
  /** Of those, what comes before any of the steps; absent where nothing does. */
  readonly before?: readonly string[];
  /** The same as data, in the same order, each by its `kind`. */
  readonly cautionData: readonly DataEntry<Caution['kind']>[];
  /** What is to be done about each in a shell, in the same order; empty where there is no such thing. */
  readonly cautionSteps: readonly (readonly ShellStepEntry[])[];
  /** Txgs newer than every sound uberblock, whose own uberblocks fail their checksum; absent where there are none. */
  readonly destroyedNewest?: readonly string[];
  /** The line of the step `outrun`; absent where there is none. */
  readonly afterReadWrite?: string;
  /** Points to return to at that txg; absent where they were not read. */
  readonly snapshots?: {
    readonly count: number;
    /** There are more, or some cannot be read. */
    readonly incomplete: boolean;
    /** The newest first; a few of them. */
    readonly newest: readonly {
      readonly name: string;
      readonly creationTime: number;
      readonly creationTxg: string;
      /** `freenas:vmsynced`: made while virtual machines stood still. */
      readonly vmsynced: boolean;
    }[];
  };
  /** Datasets whose intent log holds records newer than that txg; absent where they were not read. */
  readonly intentLog?: readonly {
    readonly dataset: string;
    /** Records that an import at that txg replays when the dataset is mounted. */
    readonly replays: number;
    /** They are dropped instead, because a log device is missing. */
    readonly dropped: boolean;
    /** A block of the log cannot be read: what follows is lost. */
    readonly broken: boolean;
  }[];
  /** How to try it without writing to the devices; absent where nothing is to be feared. */
  readonly overlay?: OverlayEntry;
}

/** Shell lines that lay something writable over each device, and the import that then finds only that. */
export interface OverlayEntry {
  /** Copies the files; for vdevs that were files, then there are no other lines. */
  readonly copies: readonly string[];
  /** Device-mapper snapshots: block devices under /dev/mapper. */
  readonly deviceMapper: readonly string[];
  /** The same as one line, where there are several devices of one kind; null otherwise. */
  readonly deviceMapperLoop: string | null;
  /** Takes the overlays away, once the pool is exported. */
  readonly undo: string;
  /** The same with qcow2 files, served by qemu-nbd. */
  readonly qemu: readonly string[];
  /** After the lines of `copies` or `deviceMapper`. */
  readonly commandReadWrite: readonly string[];
}

export interface PoolEntry {
  readonly name: string | null;
  readonly guid: string;
  readonly state: 'active' | 'exported' | 'destroyed';
  readonly version: string | null;
  readonly hostname: string | null;
  readonly hostid: string | null;
  readonly sources: readonly number[];
  readonly vdevs: VdevEntry | null;
  readonly missing: readonly {
    readonly guid: string;
    readonly type: string;
    readonly path: string | null;
    readonly role: string;
  }[];
  readonly guidSum: { readonly expected: string | null; readonly found: string; readonly ok: boolean };
  readonly findings: readonly FindingEntry[];
  readonly candidates: readonly CandidateEntry[];
  readonly recommendation: RecommendationEntry | null;
  /** States newer than the recommended one, or any at all, that an import as it is does not open; absent: none found. */
  readonly waysOut?: readonly WayOutEntry[];
  /** What to cut off where another pool's labels stand behind a vdev; absent where none do. */
  readonly cut?: CutEntry;
}

/** Devices that go on behind the end of their vdev, and what imports when they do not. */
export interface CutEntry {
  readonly devices: readonly {
    readonly source: number | null;
    /** Bytes from the start of the source to the end of the vdev. */
    readonly sizeBytes: string;
    readonly type: 'file' | 'disk';
  }[];
  /** What would be recommended then; absent where nothing imports, or the newest does as it is. */
  readonly txg?: string;
  readonly verdict?: CandidateEntry['verdict'];
}

/** A way to a state that takes parameters of OpenZFS's module, or some of the devices alone. */
export interface WayOutEntry extends CommandsEntry {
  readonly kind: 'missing-tops' | 'unverified' | 'other-devices' | 'repaired-labels' | 'edited-labels';
  readonly txg: string;
  /** Of the commands below, run as this entry says. */
  readonly verdict: Verdict;
  /** To be set before the import; empty where none is needed. */
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
  /** What sets them on FreeBSD, in place of the lines of the step `set-parameters`. */
  readonly onFreeBsd: readonly string[];
  /** All that is to be done, in order; empty where nothing names the pool. */
  readonly steps: readonly ShellStepEntry[];
  /** The commands go on without a log device. */
  readonly withoutLog?: true;
  readonly risks: readonly ('lost-blocks' | 'damage-unseen' | 'later-state-lost')[];
  /** Top-level vdevs that are done without. */
  readonly tops: readonly string[];
  /** Indexes into the scan's `sources` of those to give; absent: all. */
  readonly sources?: readonly number[];
  readonly metadataErrors: number | null;
}

export type Depth = 'labels' | 'mos' | 'meta' | 'data';

export interface ScanDocument {
  readonly schema: 'zfs-uber/scan/1';
  readonly tool: ToolInfo;
  /** The OpenZFS whose answers are predicted. */
  readonly judgedAs: string;
  readonly depth: Depth;
  /** It was ended before everything was looked at: what is not known by then is `unverified`, or lacking. */
  readonly stopped: boolean;
  readonly sources: readonly SourceEntry[];
  /** About sources that belong to no pool. */
  readonly findings: readonly FindingEntry[];
  readonly pools: readonly PoolEntry[];
}
