import { usedLength } from '../block/usedLength.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { BlkptrMap } from '../format/blkptrMap.ts';
import { isMetadataType, OBJECT_TYPE } from '../format/objectTypes.ts';
import { type BlockRead, type BlockReader, type BlockVerdict, upToLastPointer } from '../pool/blockRead.ts';
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
 * Content of files and volumes passes through uncached, and so does that of space maps: it is looked at once. A block is
 * known by all 128 bytes of its pointer, so two pointers to one place that tell different stories never share an answer.
 * Failures are not kept.
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

  /** The same, but that of an indirect block the zeros at its end may be lacking: most of them are nearly all holes. */
  readonly indirect: AtHandReader = { read: (bp, signal) => this.#read(bp, signal) };

  read(bp: Blkptr, signal?: AbortSignal): Promise<BlockRead> | BlockRead {
    const read = this.#read(bp, signal);
    return read instanceof Promise ? read.then((done) => whole(bp, done)) : whole(bp, read);
  }

  #read(bp: Blkptr, signal?: AbortSignal): Promise<BlockRead> | BlockRead {
    if (!isKept(bp)) return this.#reader.read(bp, signal);
    return this.use(bp) ?? this.#elsewhere(bp) ?? this.#share(bp, signal);
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
   * @param blocks none of which is kept, nor that `read` would not keep
   */
  async fetchTogether(blocks: readonly Blkptr[]): Promise<void> {
    const keep = (read: BlockRead, index: number): void => {
      const bp = blocks[index];
      if (bp !== undefined) this.#shelfFor(bp).keep(bp, read);
    };
    await this.#reader.readTogether?.(blocks, keep);
  }

  /** What may be asked for next may be read before it is. */
  get readsAhead(): boolean {
    return this.#readsAhead();
  }

  /**
   * Content of the block where it is kept, here or elsewhere: read before and found sound. Of an indirect block the zeros
   * at its end may be lacking.
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
    const reading = this.#reader.read(bp).then((read) => withoutZeros(bp, read));
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

/** Blocks that a {@link BlockCache} keeps. */
export const isKept = ({ embedded, level, type }: Blkptr): boolean =>
  !embedded && (level > 0 || (isMetadataType(type) && type !== OBJECT_TYPE.spaceMap));

function whole({ level, lsize }: Blkptr, read: BlockRead): BlockRead {
  if (level === 0 || read.bytes.length >= lsize) return read;
  const bytes = new Uint8Array(lsize);
  bytes.set(read.bytes);
  return { ...read, bytes };
}

/** An indirect block that is nearly all holes as it is kept: there are many of them, each above another. */
function withoutZeros({ level }: Blkptr, read: BlockRead): BlockRead {
  if (level === 0) return read;
  const bytes = upToLastPointer(read.bytes, usedLength(read.bytes));
  return bytes.length > read.bytes.length / 2 ? read : { ...read, bytes: bytes.slice() };
}

const isSamePath = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((step, i) => step === b[i]);
