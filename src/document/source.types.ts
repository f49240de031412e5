import type { HiddenVdev } from '../pool/survey.ts';
import type { DocumentError } from './parts.types.ts';

export type SourceKind = 'raw' | 'block' | 'gpt' | 'mbr' | 'slice' | 'qcow2' | 'vmdk' | 'vdi' | 'vhdx' | 'bundle';

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
  'path' | 'pathBytes' | 'kind' | 'bundle' | 'sizeBytes' | 'offsetBytes' | 'error' | 'unreadable'
>;

export interface SourceEntry {
  /** As given, or the path of the file inside a given directory. */
  readonly path: string;
  /** Hexadecimal, where the path is no UTF-8: `path` has `\xff` in place of such a byte. Left out where it is. */
  readonly pathBytes?: string;
  readonly kind: SourceKind;
  /** `path` is of the bundle that stands for the source, `kind` what that is where it is; left out for what is there itself. */
  readonly bundle?: { readonly path: string; readonly kind: SourceKind };
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
