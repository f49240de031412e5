import { LimitError, UnsupportedError, ZfsUberError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import type { Attempt } from './blockRead.ts';
import { type BlockTask, type Fetched, isAttempt, type VdevLayout } from './vdevLayout.ts';

/** Where a piece of a removed vdev's space went. */
export interface IndirectPiece {
  /** Bytes of the piece; at least 1. */
  readonly size: number;
  /** Top-level vdev it was copied to, which may since have been removed itself. */
  readonly vdev: number;
  /** Byte offset there. */
  readonly offset: number;
}

/** The mapping of one removed top-level vdev. */
export interface IndirectMapping {
  /**
   * The pieces that the range consists of, in order and without gaps.
   *
   * @throws FormatError when a part of the range was never mapped
   */
  pieces(offset: number, size: number): readonly IndirectPiece[];
}

/**
 * Gives the mapping of top-level vdev `vdev`; asked once for each and remembered. Reading it means reading objects of
 * the pool, which a higher floor does with a reader of the same pool.
 */
export type IndirectMappings = (vdev: number) => Promise<IndirectMapping>;

/** Removals one after the other that a block can have been moved by. */
const MAX_CHAIN = 64;
/** Pieces of one block: as many as it has sectors of 512 bytes would be 32768. */
const MAX_PIECES = 4096;
/** Ways to put a split block together that are tried. Source: module/zfs/vdev_indirect.c, zfs_reconstruct_indirect_combinations_max */
const MAX_TRIES = 4096;

/**
 * A top-level vdev that was removed: its space was copied to others, piece by piece, and addresses in it stay valid by
 * a mapping.
 *
 * A block that was copied in one piece is read as if it lay there. One that was split has no checksum for its pieces:
 * each copy of each is taken in turn until the block's own checksum holds.
 * Source: module/zfs/vdev_indirect.c, vdev_indirect_io_start and vdev_indirect_reconstruct_io_done
 */
export class IndirectLayout implements VdevLayout {
  readonly name: string;
  readonly copies = 1;
  readonly #id: number;
  readonly #tops: readonly VdevLayout[];
  readonly #mappings: IndirectMappings | null;
  #mapping: Promise<IndirectMapping> | null = null;

  /** @param tops all top-level vdevs; they may still be added when this is made */
  constructor(name: string, id: number, tops: readonly VdevLayout[], mappings: IndirectMappings | null) {
    this.name = name;
    this.#id = id;
    this.#tops = tops;
    this.#mappings = mappings;
  }

  place(): null {
    return null;
  }

  get #place(): Place {
    return { source: this.name, offset: 0, path: [] };
  }

  pieces(offset: number, size: number): Promise<readonly IndirectPiece[]> {
    if (this.#mappings === null) {
      return Promise.reject(new UnsupportedError('the mapping of a removed vdev was not given', this.#place));
    }
    this.#mapping ??= this.#ask(this.#mappings);
    return this.#mapping.then((mapping) => mapping.pieces(offset, size));
  }

  /** A mapping that cannot be read yet may be later: the mappings before it are read with the same reader. */
  #ask(mappings: IndirectMappings): Promise<IndirectMapping> {
    return mappings(this.#id).catch((error: unknown) => {
      this.#mapping = null;
      throw error;
    });
  }

  /** Where the range is now: pieces on vdevs that are there, in order. */
  async #resolve(offset: number, size: number): Promise<IndirectPiece[]> {
    let pieces: IndirectPiece[] = [{ size, vdev: this.#id, offset }];
    for (let removal = 0; removal < MAX_CHAIN; removal++) {
      const next: IndirectPiece[] = [];
      let moved = false;
      for (const piece of pieces) {
        const top = this.#tops[piece.vdev];
        if (top instanceof IndirectLayout) {
          moved = true;
          next.push(...(await top.pieces(piece.offset, piece.size)));
        } else next.push(piece);
        if (next.length > MAX_PIECES) throw new LimitError(`a block in more than ${MAX_PIECES} pieces`, this.#place);
      }
      if (!moved) return pieces;
      pieces = next;
    }
    throw new LimitError(`space moved by more than ${MAX_CHAIN} removals`, this.#place);
  }

  async read(offset: number, size: number, task: BlockTask): Promise<Uint8Array | null> {
    let pieces: IndirectPiece[];
    try {
      pieces = await this.#resolve(offset, size);
    } catch (error) {
      if (!(error instanceof ZfsUberError)) throw error;
      task.attempts.push({ place: null, vdev: this.name, outcome: 'unreadable', error });
      return null;
    }
    const [only, second] = pieces;
    if (only !== undefined && second === undefined) {
      return (await this.#tops[only.vdev]?.read(only.offset, size, task)) ?? null;
    }
    return this.#readSplit(pieces, size, task);
  }

  async #readSplit(pieces: readonly IndirectPiece[], size: number, task: BlockTask): Promise<Uint8Array | null> {
    const found = await Promise.all(pieces.map((piece) => this.#fetchAll(piece, task.signal)));
    const choices = found.map((results) => results.filter((each): each is Fetched => !isAttempt(each)));
    for (const results of found) task.attempts.push(...results.filter(isAttempt));
    if (choices.some((copies) => copies.length === 0)) return null;
    const distinct = choices.map(withoutRepeats);
    const whole = new Uint8Array(size);
    let tries = 0;
    for (const chosen of choicesOf(distinct)) {
      let at = 0;
      for (const { bytes } of chosen) {
        whole.set(bytes, at);
        at += bytes.length;
      }
      if (task.check.matches(whole)) {
        for (const [i, copies] of choices.entries()) {
          const right = chosen[i]?.bytes;
          for (const copy of copies) {
            const outcome = right !== undefined && same(copy.bytes, right) ? 'good' : 'wrong';
            task.attempts.push({ place: copy.place, vdev: copy.vdev, outcome, error: null });
          }
        }
        return whole;
      }
      if (++tries === MAX_TRIES) break;
    }
    const error = task.check.mismatch(this.#place);
    for (const { place, vdev } of choices.flat()) task.attempts.push({ place, vdev, outcome: 'wrong', error });
    return null;
  }

  async #fetchAll(
    { vdev, offset, size }: IndirectPiece,
    signal?: AbortSignal,
  ): Promise<readonly (Fetched | Attempt)[]> {
    const none: Attempt = { place: null, vdev: this.name, outcome: 'absent', error: null };
    return (await this.#tops[vdev]?.fetchAll(offset, size, signal)) ?? [none];
  }

  /** Nothing stands on a removed vdev: only top-level vdevs are removed, and nothing is made of their parts. */
  fetch(): Promise<Attempt> {
    const error = new UnsupportedError('a removed vdev below another', this.#place);
    return Promise.resolve({ place: null, vdev: this.name, outcome: 'unreadable', error });
  }

  async fetchAll(): Promise<readonly Attempt[]> {
    return [await this.fetch()];
  }
}

function withoutRepeats(copies: readonly Fetched[]): Fetched[] {
  const distinct: Fetched[] = [];
  for (const copy of copies) if (!distinct.some(({ bytes }) => same(bytes, copy.bytes))) distinct.push(copy);
  return distinct;
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Every way to take one of each list; the first of each first. */
function* choicesOf<T>(lists: readonly (readonly T[])[]): Generator<readonly T[]> {
  const at = lists.map(() => 0);
  for (;;) {
    yield lists.flatMap((list, i) => list.slice(at[i], (at[i] ?? 0) + 1));
    let turn = 0;
    for (; turn < lists.length; turn++) {
      const next = (at[turn] ?? 0) + 1;
      at[turn] = next < (lists[turn]?.length ?? 0) ? next : 0;
      if (at[turn] !== 0) break;
    }
    if (turn === lists.length) return;
  }
}
