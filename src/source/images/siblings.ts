import type { ByteSource } from '../source.ts';
import type { OpenedImage } from './imageFile.ts';

/**
 * Where the other files of an image are looked up: in its own folder and among what the user gave. Names inside images
 * are written by strangers, so only their last part counts, and nothing else is ever opened because an image says so.
 */
export interface Siblings {
  /**
   * @param name as the image says it; a path counts by its last part
   * @returns null when there is no such regular file
   * @throws FormatError `format-nesting` when the file is already in the chain, or the chain is longer than 64
   */
  find(name: string): Promise<Sibling | null>;
}

export interface Sibling {
  readonly source: ByteSource;
  /** Of that file, for what it names in turn. */
  readonly siblings: Siblings;
}

/** For a source that stands alone: a buffer, a blob in a browser. */
export const NO_SIBLINGS: Siblings = { find: async () => null };

/** The last part of a path of any system. */
export const lastPart = (name: string): string => name.split(/[\\/]/).at(-1) ?? name;

/** What the reader of a format has beside the file itself. */
export interface ImageFolder {
  /** The bytes of a file beside it. */
  file(name: string): Promise<ByteSource | null>;
  /**
   * The disk in a file beside it.
   *
   * @param format as the image names it, in the words of QEMU: the file is opened as that and as nothing else, whatever its
   *   first bytes look like; null where it says nothing
   * @throws FormatError, UnsupportedError when it is no such image, or its reader refuses it
   */
  disk(name: string, format: string | null): Promise<OpenedImage | null>;
}
