import type { HiddenVdev } from '../pool/survey.ts';
import type { DocumentError } from './parts.types.ts';

export type SourceKind =
  | 'raw'
  | 'block'
  | 'nbd'
  | 'http'
  | 'gpt'
  | 'mbr'
  | 'slice'
  | 'qcow2'
  | 'vmdk'
  | 'vdi'
  | 'vhd'
  | 'vhdx'
  | 'ewf'
  | 'bundle';

export interface LabelEntry {
  /** 0 and 1 stand at the front of the vdev, 2 and 3 at its end. */
  readonly index: number;
  /** From the start of the vdev. */
  readonly offsetBytes: string;
  /** How its text reads; `malformed`: the checksum holds, the content is impossible; `absent`: the source is too short to have it. */
  readonly status: 'ok' | 'bad-checksum' | 'empty' | 'malformed' | 'unreadable' | 'absent';
  /** Txg that its text was written in. */
  readonly txg: string | null;
  /** Of the pool that its text names. */
  readonly poolGuid: string | null;
  /** Of the leaf that its text is of. */
  readonly vdevGuid: string | null;
  /** Of the top-level vdev that the leaf is a part of. */
  readonly topGuid: string | null;
  /** As its text has it: `active`, `exported`, `destroyed`, `spare` or `l2cache`. */
  readonly poolState: string | null;
  /** Why the status is not `ok`. */
  readonly error: DocumentError | null;
  /** What was read of it, its text and its ring in one piece; absent where not every byte of them could be read. */
  readonly read?: {
    /** From the start of the vdev. */
    readonly offsetBytes: string;
    /** Of the piece. */
    readonly lengthBytes: number;
    /** Of its bytes, in hexadecimal, as `sha256sum` gives it. */
    readonly sha256: string;
  };
  /** Its uberblocks; null where the label is absent. */
  readonly ring: {
    /** Of one slot. */
    readonly slotSizeBytes: number;
    /** Slots with a sound uberblock. */
    readonly valid: number;
    /** Slots with the magic of an uberblock and not its checksum. */
    readonly badChecksum: number;
    /** Slots with nothing that looks like an uberblock. */
    readonly empty: number;
    /** Slots that could not be read. */
    readonly unreadable: number;
    /** One letter a slot: see docs/ring-map.md. */
    readonly map: string;
  } | null;
}

export interface BlockPointerEntry {
  /** Where its copies are. */
  readonly dvas: readonly {
    /** Number of the top-level vdev. */
    readonly vdev: number;
    /** Bytes from the start of its allocatable space, behind labels 0 and 1. */
    readonly offset: string;
    /** Bytes that the copy takes, with parity. */
    readonly asize: string;
    /** What stands there is a gang header. */
    readonly gang: boolean;
  }[];
  /** Its kind. */
  readonly checksum: string;
  /** Its kind. */
  readonly compression: string;
  /** Txg that the block was born in. */
  readonly birthTxg: string;
  /** Bytes of the content. */
  readonly lsize: number;
  /** Bytes as stored. */
  readonly psize: number;
}

export interface UberblockEntry {
  /** That it is of. */
  readonly txg: string;
  /** When it was written. */
  readonly timestamp: number;
  /** Sum of the guids of all vdevs, modulo 2^64. */
  readonly guidSum: string;
  /** Of the pool; `5000` where it has features. */
  readonly version: string;
  /** Of the ring. */
  readonly slot: number;
  /** Indexes of the labels whose rings have it. */
  readonly labels: readonly number[];
  /** `mmp`: in the slot kept for multihost heartbeats; `foreign`: of another pool than the label beside it. */
  readonly state: 'valid' | 'mmp' | 'foreign';
  /** Of the host that wrote it. */
  readonly byteOrder: 'little' | 'big';
  /** Txg of the checkpoint that it is, `0` for any other. */
  readonly checkpointTxg: string;
  /** What multihost protection wrote; null without. */
  readonly mmp: {
    /** Number of the heartbeat; null where it is not told. */
    readonly sequence: number | null;
    /** Between heartbeats. */
    readonly intervalMs: number | null;
    /** Heartbeats that may fail before the pool is suspended. */
    readonly failIntervals: number | null;
  } | null;
  /** To the meta-object set. */
  readonly rootBlockPointer: BlockPointerEntry;
}

export interface UnreadableEntry {
  /** From the start of the vdev. */
  readonly offsetBytes: string;
  /** Of the place. */
  readonly lengthBytes: string;
  /** Name of the system's error. */
  readonly code: string;
}

/** What the documents about labels and rings say of a source before the rest. */
export type SourceHead = Pick<
  SourceEntry,
  'path' | 'pathBytes' | 'kind' | 'bundle' | 'sizeBytes' | 'offsetBytes' | 'error' | 'unreadable'
>;

export interface SourceEntry {
  /** As given, or the path of the file inside a given directory. */
  readonly path: string;
  /** Hexadecimal, where the path is no UTF-8: `path` has `\xff` in place of such a byte. Left out where it is. */
  readonly pathBytes?: string;
  /** What the source is, or what it was found in. */
  readonly kind: SourceKind;
  /** Of the bundle that stands for the source; left out for what is there itself. */
  readonly bundle?: {
    /** Of the bundle. */
    readonly path: string;
    /** What the source is where it is. */
    readonly kind: SourceKind;
    /** Names of datasets, snapshots and files are not in it: those that are shown were made up. Nor is the history. */
    readonly withoutNames: boolean;
  };
  /** Files that it is made of besides: parents of an image, segments, pieces, a map of what was read; absent without any. */
  readonly madeOf?: readonly string[];
  /** Of the vdev. */
  readonly sizeBytes: string;
  /** Where the vdev begins inside the path. */
  readonly offsetBytes: string;
  /** Why it could not be opened, or not be read in part. */
  readonly error: DocumentError | null;
  /**
   * What is wrong with the image or the partition tables that it was found by, though it can be read: copies of a table that
   * differ, a log that was not replayed; absent without any. The first ones.
   */
  readonly notes?: readonly DocumentError[];
  /** Why the system has no device that begins and ends there; left out where it has one, or is given the image of one. */
  readonly hidden?: HiddenVdev['reason'];
  /** What of it was needed and could not be read, by offset in the vdev; absent where all could. The first ones. */
  readonly unreadable?: readonly UnreadableEntry[];
  /** Always four, index 0 to 3; none when the source could not be opened. */
  readonly labels: readonly LabelEntry[];
  /** One per distinct valid uberblock, newest first. */
  readonly uberblocks: readonly UberblockEntry[];
}
