import { type ByteSource, SourceError } from './source.ts';

/** What of a `Blob`, or a `File` that a user chose, is read. */
export interface BlobLike {
  /** Bytes. */
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** A file in a browser, of which only what is needed is read. @param name as it is to be called */
export function blobSource(blob: BlobLike, name: string): ByteSource {
  const { size } = blob;
  return {
    name,
    size,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      const place = { source: name, offset, path: [] };
      if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
        throw new SourceError('source-short', `wanted ${offset}+${length} of ${size} bytes`, place);
      }
      const bytes = await blob
        .slice(offset, offset + length)
        .arrayBuffer()
        .catch((error: unknown) => {
          // A file that was changed or taken away since it was chosen.
          throw new SourceError('EIO', `EIO: the file could not be read (${error})`, place, { cause: error });
        });
      return new Uint8Array(bytes);
    },
  };
}
