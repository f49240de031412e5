import { type ByteSource, MissingBytesError, SourceError, selectionOf } from './source.ts';

/**
 * A vdev whose first `missing` bytes the source does not have: offsets count from where the vdev began, and what would
 * lie before the source cannot be read.
 *
 * @param length bytes of the whole, `missing` included
 */
export function frontless(source: ByteSource, missing: number, length: number): ByteSource {
  const name = `${source.name}@-${missing}`;
  const size = Math.min(length, missing + source.size);
  return {
    name,
    size,
    ...selectionOf(source, -missing, (searched) => frontless(searched, missing, length)),
    read(offset, count, signal, into) {
      const place = { source: name, offset, path: [] };
      if (!(offset >= 0 && count >= 0 && offset + count <= size)) {
        return Promise.reject(new SourceError('source-short', `wanted ${offset}+${count} of ${size} bytes`, place));
      }
      if (offset < missing && count > 0) {
        const message = `the first ${missing} bytes of the vdev are not in ${source.name}`;
        return Promise.reject(new MissingBytesError(message, place, missing));
      }
      return source.read(offset - missing, count, signal, into);
    },
  };
}
