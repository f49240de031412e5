import { ChunkCache } from './chunkCache.ts';
import type { ByteSource } from './source.ts';

/** Two labels are that long, and begin where it does on most disks and partitions. */
const CHUNK = 512 * 1024;
/** Sources of which both ends are kept: 64 MiB. Of more, those that were opened first are read again. */
const SOURCES = 64;
/** Of so many the ends are more memory than the rest of a scan of labels. */
const MANY = 32;

/**
 * Keeps the ends of sources while they are opened and surveyed: tables, headers and traces of labels are a few bytes each
 * at the ends of a disk and of its partitions, asked for one after the other, and the labels are there too.
 */
export class ProbedEnds {
  readonly #cache = new ChunkCache({ chunk: CHUNK, longest: CHUNK / 2, capacity: CHUNK * 2 * SOURCES });
  readonly #enders: (() => void)[] = [];

  /** `source`, and its ends from what is kept, until {@link forget}. */
  of(source: ByteSource): ByteSource {
    let at = this.#cache.of(source);
    this.#enders.push(() => {
      at = source;
    });
    return { ...source, read: (...range) => at.read(...range) };
  }

  /** Before so many sources are opened. */
  expect(sources: number): void {
    if (sources > MANY) this.#cache.reserve(2 * Math.min(sources, SOURCES));
  }

  /** As {@link forget}, where nothing that was asked for is still to be answered. */
  release(): void {
    this.forget();
    this.#cache.release();
  }

  /** From here on the sources are read as they are. */
  forget(): void {
    for (const end of this.#enders.splice(0)) end();
  }
}
