import type { ZfsUberError } from '../bytes/errors.ts';
import type { Attempt } from '../pool/blockRead.ts';
import { hexText } from './nvlistJson.ts';
import type { DocumentError } from './parts.types.ts';
import { documentError } from './sourceEntry.ts';
import type { ViewHead } from './viewHead.ts';

/** `block --json`. */
export interface BlockDocument extends ViewHead {
  /** Name and version of the document. */
  readonly schema: 'zfs-uber/block/1';
  /** Ended by a signal before the bytes were read. */
  readonly stopped: boolean;
  /** As asked: `0:1a2b000:1000`, hexadecimal. */
  readonly address: string;
  /** Of what is in `hex`. */
  readonly sizeBytes: number;
  /** Compression that was undone; null when the bytes are as stored. */
  readonly decompressed: string | null;
  /** Where was looked, and what was found there. Nothing says what the bytes should be: `good` means that they read. */
  readonly attempts: readonly AttemptEntry[];
  /** Why there are no bytes; `error` says why no txg opens, without which raw bytes may read all the same. */
  readonly readError: DocumentError | null;
  /** Null when nothing supplies the bytes. */
  readonly hex: string | null;
}

export interface AttemptEntry {
  /** That was looked on. */
  readonly vdev: string;
  /** What was found there. */
  readonly outcome: Attempt['outcome'];
  /** Its name; null where there is none. */
  readonly source: string | null;
  /** In the source. */
  readonly offsetBytes: string | null;
  /** Why it is no good. */
  readonly error: DocumentError | null;
}

export interface BlockFacts {
  readonly address: string;
  readonly bytes: Uint8Array | null;
  readonly decompressed: string | null;
  readonly attempts: readonly Attempt[];
  readonly error: ZfsUberError | null;
  readonly stopped: boolean;
}

export function buildBlockDocument(
  head: ViewHead,
  { address, bytes, decompressed, attempts, error: readError, stopped }: BlockFacts,
): BlockDocument {
  return {
    schema: 'zfs-uber/block/1',
    ...head,
    stopped,
    address,
    sizeBytes: bytes?.length ?? 0,
    decompressed,
    attempts: attempts.map(({ vdev, outcome, place, error }) => ({
      vdev,
      outcome,
      source: place?.source ?? null,
      offsetBytes: place?.offset.toString() ?? null,
      error: documentError(error),
    })),
    readError: documentError(readError),
    hex: bytes === null ? null : hexText(bytes),
  };
}
