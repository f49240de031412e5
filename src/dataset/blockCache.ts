import { usedLength } from '../block/usedLength.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { BlkptrMap } from '../format/blkptrMap.ts';
import { isMetadataType, OBJECT_TYPE } from '../format/objectTypes.ts';
import { type BlockRead, type BlockReader, type BlockVerdict, mayLackZeros, withoutZeros } from '../pool/blockRead.ts';
import type { AtHandReader, Block } from './block.ts';
import { type Shelf, ShelfRoom } from './shelf.ts';

/** Bytes of content kept: the indirect and dnode blocks above what is being looked at, with room for a few iterations. */
const CAPACITY = 24 * 1024 * 1024;
/** Blocks up to this size have a fourth of the room to themselves: many of them, as object sets, are asked for again late. */
const SMALL = 8 * 1024;
const SMALL_PART = 3 / 8;
/** Bytes of blocks of which the decoded form is kept; that is up to some twenty times as large. */
const DECODED = 2 * 1024 * 1024;

/** Room for what caches keep; several may share it. */
export class CacheRoom {
  readonly small: ShelfRoom;
  readonly large: ShelfRoom;

  /** @param capacity bytes of content */
  constructor(capacity: number = CAPACITY) {
    this.small = new ShelfRoom(capacity * SMALL_PART);
    this.large = new ShelfRoom(capacity * (1 - SMALL_PART));
  }
}

interface Decoded {
  readonly kind: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

/**
 * Keeps the metadata blocks read last, and lets callers that want the same block at the same time share one read.
 *
 * Content of files and volumes passes through uncached, and so does that of space maps unless it was fetched before it was
 * asked for: it is looked at once. A block is known by all 128 bytes of its pointer, so two pointers to one place that tell
 * different stories never share an answer. Failures are not kept.
 */
export class BlockCache implements AtHandReader {
  readonly #reader: BlockReader;
  readonly #elsewhere: (bp: Blkptr) => BlockRead | null;
  readonly #readsAhead: () => boolean;
  readonly #small: Shelf;
  readonly #large: Shelf;
  readonly #underWay = new BlkptrMap<Promise<BlockRead>>();
  /** By the very bytes that `read` gave, oldest use first. */
  readonly #decoded = new Map<Uint8Array, Decoded>();
  #decodedSize = 0;

  /**
   * @param room for what is kept
   * @param elsewhere what somebody else keeps that `reader` would give too
   * @param readsAhead as the property of that name
   */
  constructor(
    reader: BlockReader,
    room: CacheRoom = new CacheRoom(),
    elsewhere: (bp: Blkptr) => BlockRead | null = () => null,
    readsAhead: () => boolean = () => true,
  ) {
    this.#readsAhead = readsAhead;
    this.#reader = reader;
    this.#small = room.small.shelf();
    this.#large = room.large.shelf();
    this.#elsewhere = elsewhere;
  }

  /** The same, without the zeros that blocks may lack. */
  readonly unpadded: AtHandReader = { read: (bp, signal) => this.#read(bp, signal) };

  read(bp: Blkptr, signal?: AbortSignal): Promise<BlockRead> | BlockRead {
    const read = this.#read(bp, signal);
    return read instanceof Promise ? read.then((done) => whole(bp, done)) : whole(bp, read);
  }

  #read(bp: Blkptr, signal?: AbortSignal): Promise<BlockRead> | BlockRead {
    const kept = isFetched(bp) ? (this.use(bp) ?? this.#elsewhere(bp)) : null;
    if (kept !== null) return kept;
    return isKept(bp) ? this.#share(bp, signal) : this.#reader.read(bp, signal);
  }

  async #share(bp: Blkptr, signal?: AbortSignal): Promise<BlockRead> {
    // A shared read must not end because one of those who wait for it gave up, so the signal is not passed on.
    const underWay = this.#underWay.get(bp) ?? this.#fetch(bp);
    const read = await underWay;
    signal?.throwIfAborted();
    return read;
  }

  /**
   * Reads blocks into what is kept, as far as they can be read together; who asks for another reads it then.
   *
   * @param blocks that {@link isFetched}, none of which is kept
   */
  async fetchTogether(blocks: readonly Blkptr[]): Promise<void> {
    const keep = (read: BlockRead, index: number): void => {
      const bp = blocks[index];
      if (bp !== undefined) this.#shelfFor(bp).keep(bp, read);
    };
    await this.#reader.readTogether?.(blocks, keep);
  }

  /** Reads one block into what is kept. @throws what BlockReader.read throws */
  async fetch(bp: Blkptr): Promise<void> {
    await (this.#underWay.get(bp) ?? this.#fetch(bp));
  }

  /** What may be asked for next may be read before it is. */
  get readsAhead(): boolean {
    return this.#readsAhead();
  }

  /**
   * Content of the block where it is kept, here or elsewhere: read before and found sound, without the zeros that it may
   * lack.
   */
  peek(bp: Blkptr): Uint8Array | null {
    return this.peekRead(bp)?.bytes ?? null;
  }

  /** What is kept here, with how it was read: for longer then. */
  use(bp: Blkptr): BlockRead | null {
    return this.#shelfFor(bp).use(bp) ?? null;
  }

  /** As `peek`, with how it was read. */
  peekRead(bp: Blkptr): BlockRead | null {
    return this.#shelfFor(bp).get(bp) ?? this.#elsewhere(bp);
  }

  /** Asks the devices each time: what is wanted is what they say now. */
  verify(bp: Blkptr, signal?: AbortSignal): Promise<BlockVerdict> {
    return this.#reader.verify(bp, signal);
  }

  /**
   * `decode` once for each block that is kept: what is looked up again and again is in few of them.
   *
   * @param kind says of which type the value is, and how the block was decoded
   * @param decode its value is shared, so it is never changed
   * @throws what `decode` throws, each time
   */
  decodeOnce<T>(kind: string, block: Block, decode: () => T): T {
    const { bytes, place } = block;
    const known = this.#decoded.get(bytes);
    // Places name the object, and a forged block can belong to two.
    if (known?.kind === kind && isSamePath(known.path, place.path)) {
      this.#decoded.delete(bytes);
      this.#decoded.set(bytes, known);
      // The kind says of which type it is.
      return known.value as T;
    }
    const value = decode();
    if (known === undefined) this.#decodedSize += bytes.length;
    this.#decoded.set(bytes, { kind, path: place.path, value });
    for (const oldest of this.#decoded.keys()) {
      if (this.#decodedSize <= DECODED) break;
      this.#decoded.delete(oldest);
      this.#decodedSize -= oldest.length;
    }
    return value;
  }

  async #fetch(bp: Blkptr): Promise<BlockRead> {
    const reading = this.#reader.read(bp).then((read) => trimmed(bp, read));
    this.#underWay.set(bp, reading);
    try {
      const read = await reading;
      this.#shelfFor(bp).keep(bp, read);
      return read;
    } finally {
      this.#underWay.delete(bp);
    }
  }

  #shelfFor({ lsize }: Blkptr): Shelf {
    return lsize <= SMALL ? this.#small : this.#large;
  }
}

/** Blocks that a {@link BlockCache} keeps where they are fetched before they are asked for. */
export const isFetched = ({ embedded, level, type }: Blkptr): boolean =>
  !embedded && (level > 0 || isMetadataType(type));

/** Blocks that it keeps, whoever asks for them. */
const isKept = ({ embedded, level, type }: Blkptr): boolean =>
  !embedded && (level > 0 || (isMetadataType(type) && type !== OBJECT_TYPE.spaceMap));

function whole(bp: Blkptr, read: BlockRead): BlockRead {
  if (read.encrypted || !mayLackZeros(bp) || read.bytes.length >= bp.lsize) return read;
  const bytes = new Uint8Array(bp.lsize);
  bytes.set(read.bytes);
  return { ...read, bytes };
}

/** As it is kept: there are many that are nearly all zeros. */
function trimmed(bp: Blkptr, read: BlockRead): BlockRead {
  if (read.encrypted || !mayLackZeros(bp)) return read;
  const bytes = withoutZeros(read.bytes, usedLength(read.bytes));
  return bytes.length > read.bytes.length / 2 ? read : { ...read, bytes: bytes.slice() };
}

const isSamePath = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((step, i) => step === b[i]);
