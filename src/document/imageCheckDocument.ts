import { hexText } from './nvlistJson.ts';
import type { DocumentError, ToolInfo } from './parts.types.ts';

/** `verify --image --json`: whether disk images are the bytes that were read when they were made. */
export interface ImageCheckDocument {
  /** Name and version of the document. */
  readonly schema: 'zfs-uber/image-check/1';
  /** What made it. */
  readonly tool: ToolInfo;
  /** Ended by a signal: images that had no turn have the error `stopped`. */
  readonly stopped: boolean;
  /** One per disk. */
  readonly images: readonly ImageCheckEntry[];
}

export interface ImageCheckEntry {
  /** As given, or the path of the file inside a given directory. */
  readonly path: string;
  /** Of the disk in it. */
  readonly sizeBytes: string;
  /** Further files that it is made of. */
  readonly madeOf: readonly string[];
  /** Its bytes sum to all hashes that it keeps; null where it keeps none. */
  readonly whole: boolean | null;
  /** Why it could not be opened, or not be read whole. */
  readonly error: DocumentError | null;
  /** Those that it keeps. */
  readonly hashes: readonly {
    /** Its name. */
    readonly algorithm: 'md5' | 'sha1';
    /** That the image keeps. */
    readonly kept: string;
    /** Of its bytes as they are; null when they could not be read whole. */
    readonly computed: string | null;
  }[];
}

/** A hash that an image keeps, and that of its bytes. */
export interface ComparedHash {
  readonly algorithm: 'md5' | 'sha1';
  readonly kept: Uint8Array;
  readonly computed: Uint8Array | null;
}

/** The entry of one image. */
export function imageCheckEntry(
  about: Pick<ImageCheckEntry, 'path' | 'madeOf' | 'error'> & { readonly size: number },
  compared: readonly ComparedHash[],
): ImageCheckEntry {
  const { path, madeOf, error, size } = about;
  const hashes = compared.map(({ algorithm, kept, computed }) => ({
    algorithm,
    kept: hexText(kept),
    computed: computed && hexText(computed),
  }));
  const same = hashes.every(({ kept, computed }) => kept === computed);
  const none = hashes.length === 0 && error === null;
  return { path, sizeBytes: `${size}`, madeOf, whole: none ? null : same && error === null, error, hashes };
}
