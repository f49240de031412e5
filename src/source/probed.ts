import { ChunkCache } from './chunkCache.ts';
import type { ByteSource } from './source.ts';

/** Two labels are that long, and begin where it does on most disks and partitions. */
const CHUNK = 512 * 1024;

/**
 * A cache for the time in which sources are opened: tables, headers and traces of labels are a few bytes each at the ends
 * of a disk and of its partitions, and asked for one after the other.
 *
 * @param atATime sources that are opened at a time
 */
export const probeCache = (atATime: number): ChunkCache =>
  new ChunkCache({ chunk: CHUNK, longest: CHUNK / 4, capacity: CHUNK * 2 * atATime });

/** `source` as long as it is probed, and from `end` on as it is. */
export function probed(
  source: ByteSource,
  cache: ChunkCache,
): { readonly source: ByteSource; readonly end: () => void } {
  let at = cache.of(source);
  return {
    source: { ...source, read: (...range) => at.read(...range) },
    end: () => {
      at = source;
    },
  };
}
