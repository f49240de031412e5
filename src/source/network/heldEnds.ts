import { type ByteSource, SourceError } from '../source.ts';

/** Two labels. Source: include/sys/vdev_impl.h, vdev_label_t: 256 KiB each */
const FRONT = 512 * 1024;
const LABEL = 256 * 1024;

/**
 * The same bytes; both ends, where labels and partition tables lie, are asked for at once and before anybody wants them.
 * On a network the way there and back is what a read costs, not its bytes.
 */
export function heldEnds(source: ByteSource): ByteSource {
  const { size } = source;
  const tail = size - (size % LABEL) - FRONT;
  if (tail <= FRONT) return source;
  const ends = [
    { from: 0, to: FRONT, bytes: quiet(source.read(0, FRONT)) },
    { from: tail, to: size, bytes: quiet(source.read(tail, size - tail)) },
  ];
  return {
    ...source,
    async read(offset, length, signal, into) {
      const end = ends.find(({ from, to }) => offset >= from && length >= 0 && offset + length <= to);
      const bytes = (await end?.bytes) ?? null;
      signal?.throwIfAborted();
      if (end === undefined || bytes === null) return source.read(offset, length, signal, into);
      return bytes.slice(offset - end.from, offset - end.from + length);
    },
  };
}

/** Null where it cannot be had whole: then each reads for itself what it needs. */
async function quiet(bytes: Promise<Uint8Array>): Promise<Uint8Array | null> {
  try {
    return await bytes;
  } catch (error) {
    if (error instanceof SourceError) return null;
    throw error;
  }
}
