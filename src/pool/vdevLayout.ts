import type { BlockCheck } from '../block/verifyBlock.ts';
import type { ZfsUberError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import type { Txg } from '../bytes/units.ts';
import type { Attempt } from './blockRead.ts';

/** One block being looked for: what each layout on the way to the devices needs of it. */
export interface BlockTask {
  readonly check: BlockCheck;
  /** Physical birth: which width of an expanded raidz the block was laid out for. */
  readonly birth: Txg;
  /** Look at every copy, also after a good one. */
  readonly scrub: boolean;
  readonly signal: AbortSignal | undefined;
  /** Evidence, in the order of looking; layouts add to it. */
  readonly attempts: Attempt[];
}

/** How a vdev lays out its allocatable space on what is below it. Offsets count from the start of that space. */
export interface VdevLayout {
  /** For people: raw text, escape it before it reaches a terminal. */
  readonly name: string;
  /** How many contents {@link fetchAll} may give. */
  readonly copies: number;

  /** Where `offset` is in a device; null when no device is there, and for vdevs that spread it over several. */
  place(offset: number): Place | null;

  /** As `Selection.lacks`: what was kept of a mirror is one leg, and not always the same. Absent where nothing is known. */
  lacks?(offset: number, size: number): boolean;

  /**
   * The `size` bytes at `offset` for which the task's check holds, or null when nothing here supplies them. Adds an
   * attempt for each thing looked at.
   */
  read(offset: number, size: number, task: BlockTask): Promise<Uint8Array | null>;

  /**
   * What stands at `offset`, unverified, from the first place that answers: a column of a raidz or a piece of a split
   * block, which have no checksum of their own. An attempt says why there is nothing.
   */
  fetch(offset: number, size: number, signal?: AbortSignal): Promise<Uint8Array | Attempt>;

  /** As {@link fetch}, from every place. */
  fetchAll(offset: number, size: number, signal?: AbortSignal): Promise<readonly (Fetched | Attempt)[]>;
}

export interface Fetched {
  readonly bytes: Uint8Array;
  readonly vdev: string;
  readonly place: Place;
}

export const isAttempt = (result: Uint8Array | Fetched | Attempt): result is Attempt => 'outcome' in result;

/**
 * Attempts of a block after which another device that is not there is no news: a label may list a thousand, and what became
 * of each root block is kept.
 */
const ABSENT_TOLD = 128;

/** A vdev that cannot be read at all: missing, a removed one's place, or of a kind or shape nobody knows. */
export class NoLayout implements VdevLayout {
  readonly name: string;
  readonly copies = 0;
  readonly #attempt: Attempt;

  /** @param error null where simply no device is there */
  constructor(name: string, error: ZfsUberError | null) {
    this.name = name;
    this.#attempt = { place: null, vdev: name, outcome: error === null ? 'absent' : 'unreadable', error };
  }

  place(): null {
    return null;
  }

  read(_offset: number, _size: number, task: BlockTask): Promise<null> {
    const told = this.#attempt.outcome !== 'absent' || task.attempts.length < ABSENT_TOLD;
    if (told) task.attempts.push(this.#attempt);
    return Promise.resolve(null);
  }

  fetch(): Promise<Attempt> {
    return Promise.resolve(this.#attempt);
  }

  fetchAll(): Promise<readonly Attempt[]> {
    return Promise.resolve([this.#attempt]);
  }
}
