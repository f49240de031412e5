import type { Blkptr } from '../format/blkptr.ts';
import { BlkptrMap } from '../format/blkptrMap.ts';
import type { BlockRead } from '../pool/blockRead.ts';

interface Kept {
  readonly read: BlockRead;
  /** When it was used last. */
  used: number;
}

/** Room for the content of blocks, of one cache or of several together: what was used longest ago goes first. */
export class ShelfRoom {
  readonly #capacity: number;
  readonly #shelves: Shelf[] = [];
  #size = 0;
  #clock = 0;

  /** @param capacity bytes of content */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** A part of it for one cache, as large as the others leave it. */
  shelf(): Shelf {
    const shelf = new Shelf(this, this.#capacity);
    this.#shelves.push(shelf);
    return shelf;
  }

  /** One more use of something. */
  tick(): number {
    return ++this.#clock;
  }

  /** So many bytes more are kept, or fewer. */
  add(bytes: number): void {
    this.#size += bytes;
    while (this.#size > this.#capacity) {
      let oldest: Shelf | null = null;
      for (const shelf of this.#shelves) if (oldest === null || shelf.oldest < oldest.oldest) oldest = shelf;
      const size = oldest?.drop();
      if (size === undefined) break;
      this.#size -= size;
    }
  }
}

/** Blocks by their pointers, oldest use first. */
export class Shelf {
  readonly #room: ShelfRoom;
  readonly #longest: number;
  readonly #reads = new BlkptrMap<Kept>();

  constructor(room: ShelfRoom, longest: number) {
    this.#room = room;
    this.#longest = longest;
  }

  get(bp: Blkptr): BlockRead | undefined {
    return this.#reads.get(bp)?.read;
  }

  use(bp: Blkptr): BlockRead | undefined {
    const kept = this.#reads.use(bp);
    if (kept !== undefined) kept.used = this.#room.tick();
    return kept?.read;
  }

  keep(bp: Blkptr, read: BlockRead): void {
    if (read.bytes.length > this.#longest) return;
    const before = this.#reads.set(bp, { read, used: this.#room.tick() });
    this.#room.add(read.bytes.length - (before?.read.bytes.length ?? 0));
  }

  /** When the oldest that is kept was used; never, for a shelf that keeps nothing. */
  get oldest(): number {
    return this.#reads.oldest?.used ?? Number.POSITIVE_INFINITY;
  }

  /** Lets go of the oldest. @returns its bytes; undefined when there is none */
  drop(): number | undefined {
    return this.#reads.shift()?.read.bytes.length;
  }
}
