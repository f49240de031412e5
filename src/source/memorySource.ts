import { type ByteSource, SourceError } from './source.ts';

/**
 * A source over bytes already in memory: a file read in a browser, an image made by a test.
 *
 * @param bytes not copied; whoever changes them changes the source. Reads give copies.
 */
export function memorySource(bytes: Uint8Array, name = 'memory'): ByteSource {
  return {
    name,
    size: bytes.length,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length)) {
        const message = `wanted ${offset}+${length} of ${bytes.length} bytes`;
        throw new SourceError('source-short', message, { source: name, offset, path: [] });
      }
      // A Buffer of Node gives a view where its `slice` is asked.
      return new Uint8Array(bytes.subarray(offset, offset + length));
    },
  };
}
