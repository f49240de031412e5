import { type ByteSource, SourceError } from './source.ts';

/** How much is read at once, and kept. All in bytes. */
export interface ChunkSizes {
  /** Read at once where fewer are asked for: a device needs hardly longer for them than for the few. */
  readonly chunk: number;
  /** Longer reads go past the cache: they are worth a request of their own. At most a chunk. */
  readonly longest: number;
  /** Kept of all sources together. */
  readonly capacity: number;
}

/** For the blocks of a pool. */
const OF_BLOCKS: ChunkSizes = { chunk: 64 * 1024, longest: 32 * 1024, capacity: 16 * 1024 * 1024 };
/** Chunks whose memory waits for others: as many as are read at once. */
const SPARE = 32;
/** What a chunk that cannot be read takes. */
const FAILED = 64;

/** Of the source, `chunk` times its size on; null when the device gives an error somewhere in it. */
interface Chunk {
  readonly bytes: Promise<Uint8Array | null>;
  readonly size: number;
  /** Memory of ours that it was to be read into. */
  readonly memory: Uint8Array | null;
  /** Reads that wait for it. */
  users: number;
}

/**
 * Answers small reads from larger ones: the blocks of one txg lie side by side, are a few KiB each, and are asked for
 * one after the other, since each is found through the one before.
 *
 * One cache serves all sources of a pool, so that its size does not depend on their number; what was used longest ago
 * goes first. It never looks at a source again for what it keeps, so it is for those who ask for what was written
 * before they began.
 */
export class ChunkCache {
  readonly #sizes: ChunkSizes;
  /** By number of the source and of the chunk in it, oldest use first. */
  readonly #chunks = new Map<string, Chunk>();
  /** Numbers of the sources that were given. */
  readonly #ids = new WeakMap<ByteSource, number>();
  /** Memory of chunks that are no longer kept: new memory for each costs more than reading it. */
  readonly #spare: Uint8Array[] = [];
  #size = 0;
  #sources = 0;
  /** Reads of chunks under way. */
  #reading = 0;

  constructor(sizes: Partial<ChunkSizes> = {}) {
    this.#sizes = { ...OF_BLOCKS, ...sizes };
  }

  /**
   * The same bytes as `source`, and the same errors: where a chunk cannot be read whole, each read is passed on as it
   * is. A source that is to be asked for nothing beside what is needed comes back as it is.
   */
  of(source: ByteSource): ByteSource {
    if (source.selection !== undefined) return source;
    const id = this.#sources++;
    const { chunk: size, longest } = this.#sizes;
    const cached: ByteSource = {
      name: source.name,
      size: source.size,
      ...(source.failures && { failures: source.failures }),
      read: async (offset, length, signal, into) => {
        const inside = offset >= 0 && length > 0 && offset + length <= source.size;
        if (!inside || length > longest) return source.read(offset, length, signal, into);
        signal?.throwIfAborted();
        const first = Math.floor(offset / size);
        const last = Math.floor((offset + length - 1) / size);
        const chunks = [this.#chunk(source, id, first)];
        if (last > first) chunks.push(this.#chunk(source, id, last));
        for (const chunk of chunks) chunk.users++;
        try {
          const parts = await Promise.all(chunks.map(({ bytes }) => bytes));
          signal?.throwIfAborted();
          const whole = assemble(parts, offset - first * size, length, into);
          if (whole !== null) return whole;
        } finally {
          for (const chunk of chunks) chunk.users--;
        }
        return source.read(offset, length, signal, into);
      },
    };
    this.#ids.set(cached, id);
    return cached;
  }

  /** Lets go of what is kept of a source that {@link of} gave, but for chunks that have some of `ranges`, in bytes. */
  keepOnly(cached: ByteSource, ranges: readonly { readonly offset: number; readonly length: number }[]): void {
    const prefix = `${this.#ids.get(cached)} `;
    const { chunk } = this.#sizes;
    const wanted = new Set(
      ranges.flatMap(({ offset, length }) => [Math.floor(offset / chunk), Math.floor((offset + length - 1) / chunk)]),
    );
    for (const [key, kept] of this.#chunks) {
      if (!key.startsWith(prefix) || wanted.has(Number(key.slice(prefix.length)))) continue;
      this.#chunks.delete(key);
      this.#size -= kept.size;
      void this.#recycle(kept);
    }
  }

  #chunk(source: ByteSource, id: number, index: number): Chunk {
    const key = `${id} ${index}`;
    const known = this.#chunks.get(key);
    if (known !== undefined) {
      this.#chunks.delete(key);
      this.#chunks.set(key, known);
      return known;
    }
    const at = index * this.#sizes.chunk;
    const size = Math.min(this.#sizes.chunk, source.size - at);
    // Others may wait for it too, so nobody's signal ends it.
    const memory = this.#spare.pop() ?? new Uint8Array(this.#sizes.chunk);
    this.#reading++;
    const bytes = source
      .read(at, size, undefined, memory)
      .catch((error: unknown) => {
        if (!(error instanceof SourceError)) throw error;
        this.#replace(key, { bytes: Promise.resolve(null), size: FAILED, memory: null, users: 0 });
        return null;
      })
      .finally(() => this.#reading--);
    const chunk = { bytes, size, memory, users: 0 };
    this.#replace(key, chunk);
    return chunk;
  }

  #replace(key: string, chunk: Chunk): void {
    this.#size += chunk.size - (this.#chunks.get(key)?.size ?? 0);
    this.#chunks.set(key, chunk);
    for (const [oldest, old] of this.#chunks) {
      if (this.#size <= this.#sizes.capacity) break;
      this.#chunks.delete(oldest);
      this.#size -= old.size;
      void this.#recycle(old);
    }
  }

  /** Memory for so many chunks in one piece, which the system takes back whole, as it does not take back many small ones. */
  reserve(chunks: number): void {
    const { chunk } = this.#sizes;
    const piece = new Uint8Array(chunks * chunk);
    for (let at = 0; at < piece.length; at += chunk) this.#spare.push(piece.subarray(at, at + chunk));
  }

  /**
   * Gives the memory of all that is kept back to the system, where nothing is read into it: a collector would not come for
   * it before there is more. Nobody asks any longer, and nobody waits for an answer.
   */
  release(): void {
    const chunks = [...this.#chunks.values()];
    this.#chunks.clear();
    this.#spare.length = 0;
    this.#size = 0;
    if (this.#reading > 0 || chunks.some(({ users }) => users > 0)) return;
    // What is moved is new, and the collector is never far from that.
    for (const buffer of new Set(chunks.flatMap(({ memory }) => memory?.buffer ?? []))) {
      structuredClone(buffer, { transfer: [buffer] });
    }
  }

  /** Takes back the memory of a chunk that nobody can ask for any longer. */
  async #recycle(chunk: Chunk): Promise<void> {
    await chunk.bytes.catch(() => null);
    if (chunk.memory !== null && chunk.users === 0 && this.#spare.length < SPARE) this.#spare.push(chunk.memory);
  }
}

/** `length` bytes from `from` of the one or two chunks, in memory of the caller's own; null when one is not there. */
function assemble(
  parts: readonly (Uint8Array | null)[],
  from: number,
  length: number,
  into: Uint8Array | undefined,
): Uint8Array | null {
  const out = into !== undefined && into.length >= length ? into.subarray(0, length) : new Uint8Array(length);
  let at = -from;
  for (const part of parts) {
    if (part === null) return null;
    out.set(part.subarray(Math.max(0, -at), length - at), Math.max(0, at));
    at += part.length;
  }
  return out;
}
