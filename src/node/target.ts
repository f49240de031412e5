import type { ZfsUberError } from '../bytes/errors.ts';
import { type ByteSource, SourceError } from '../source/source.ts';
import type { NetworkAddress } from './network/address.ts';
import type { ImageSpec, SliceSpec } from './sourceSpec.ts';

/** What a call is about: text that names a source, or its bytes. */
export type SourceSpec = string | ByteSource;

/** One file or device to open, or the reason why a given text leads to none. */
export interface Target {
  /** Bytes that were handed in, or an address on a network; null for a path. */
  readonly reached: ByteSource | NetworkAddress | null;
  /** As given, or the path of the file inside a given directory; for a slice the path before `@`. */
  readonly path: string;
  readonly slice: SliceSpec | null;
  /** What else was said of the image; null for nothing. */
  readonly image: ImageSpec | null;
  /** The directory it was found in; null when it was named itself. */
  readonly directory: string | null;
  readonly error: ZfsUberError | null;
}

/** What nothing more was said of. */
export const NAMED = { reached: null, slice: null, image: null, directory: null, error: null } as const;

/** For a directory in which no file is an image. */
export function noImages(directory: string): SourceError {
  const message = 'no image or device in this directory (directories below it are not searched)';
  return new SourceError('no-images', message, { source: directory, offset: 0, path: [] });
}
