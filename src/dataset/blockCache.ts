import type { Blkptr } from '../format/blkptr.ts';
import { isMetadataType } from '../format/objectTypes.ts';
import type { BlockRead, BlockReader, BlockVerdict } from '../pool/blockRead.ts';

/** Bytes of content kept: the indirect and dnode blocks above what is being looked at, with room for a few iterations. */
const CAPACITY = 24 * 1024 * 1024;

/**
 * Keeps the metadata blocks read last, and lets callers that want the same block at the same time share one read.
 *
 * Content of files and volumes passes through uncached: it is looked at once. A block is known by all 128 bytes of its
 * pointer, so two pointers to one place that tell different stories never share an answer. Failures are not kept.
 */
export class BlockCache implements BlockReader {
  readonly #reader: BlockReader;
  readonly #capacity: number;
  /** Oldest use first. */
  readonly #kept = new Map<string, BlockRead>();
  readonly #underWay = new Map<string, Promise<BlockRead>>();
  #size = 0;

  /** @param capacity bytes of content */
  constructor(reader: BlockReader, capacity: number = CAPACITY) {
    this.#reader = reader;
    this.#capacity = capacity;
  }

  async read(bp: Blkptr, signal?: AbortSignal): Promise<BlockRead> {
    if (bp.embedded || (bp.level === 0 && !isMetadataType(bp.type))) return this.#reader.read(bp, signal);
    const key = `${bp.word(0)} ${String.fromCharCode(...bp.bytes)}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return kept;
    }
    // A shared read must not end because one of those who wait for it gave up, so the signal is not passed on.
    const underWay = this.#underWay.get(key) ?? this.#fetch(key, bp);
    const read = await underWay;
    signal?.throwIfAborted();
    return read;
  }

  /** Asks the devices each time: what is wanted is what they say now. */
  verify(bp: Blkptr, signal?: AbortSignal): Promise<BlockVerdict> {
    return this.#reader.verify(bp, signal);
  }

  async #fetch(key: string, bp: Blkptr): Promise<BlockRead> {
    const reading = this.#reader.read(bp);
    this.#underWay.set(key, reading);
    try {
      const read = await reading;
      this.#keep(key, read);
      return read;
    } finally {
      this.#underWay.delete(key);
    }
  }

  #keep(key: string, read: BlockRead): void {
    if (read.bytes.length > this.#capacity) return;
    this.#kept.set(key, read);
    this.#size += read.bytes.length;
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#size <= this.#capacity) break;
      this.#kept.delete(oldest);
      this.#size -= bytes.length;
    }
  }
}
