import { ZfsUberError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import type { Blkptr } from '../format/blkptr.ts';

/** One place where (a part of) a block was looked for. Evidence: a good copy does not make a bad one unimportant. */
export interface Attempt {
  /** In the device's source; null when no device is there to look at. */
  readonly place: Place | null;
  /** Names the vdev for a person: `mirror-0 > /dev/sdb`. */
  readonly vdev: string;
  /** `rebuilt` was made of parity and other columns. */
  readonly outcome: 'good' | 'wrong' | 'absent' | 'unreadable' | 'rebuilt';
  readonly error: ZfsUberError | null;
}

export interface BlockRead {
  /** The block's content, `lsize` bytes, decompressed; byte order as written. */
  readonly bytes: Uint8Array;
  readonly attempts: readonly Attempt[];
}

/** No copy, mirror or parity supplies this block. */
export class UnavailableBlockError extends ZfsUberError {
  readonly code = 'unavailable';
  readonly attempts: readonly Attempt[];
  /** Every copy fails because a device is absent; false as soon as one copy was there and was wrong. */
  readonly becauseMissing: boolean;

  constructor(message: string, attempts: readonly Attempt[], place: Place) {
    super(message, place);
    this.attempts = attempts;
    this.becauseMissing = attempts.length > 0 && attempts.every((attempt) => attempt.outcome === 'absent');
  }
}

/** Reads blocks of one pool as it stands on its devices. */
export interface BlockReader {
  /**
   * Reads, verifies and decompresses the block.
   *
   * @throws UnavailableBlockError when nothing supplies it (destroyed); FormatError when the checksum holds and the
   *   content is nonsense (corrupted); UnsupportedError for an algorithm or layout this library lacks
   */
  read(bp: Blkptr, signal?: AbortSignal): Promise<BlockRead>;
}
