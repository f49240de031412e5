import { ZfsUberError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import type { Blkptr } from '../format/blkptr.ts';

/** One place where (a part of) a block was looked for. Evidence: a good copy does not make a bad one unimportant. */
export interface Attempt {
  /** In the device's source; null when no device is there to look at. */
  readonly place: Place | null;
  /** Names the vdev for a person: `mirror-0 > /dev/sdb`. */
  readonly vdev: string;
  /**
   * `wrong` other bytes than were written; `absent` no device, or one that ends before; `unreadable` the device gives
   * an error; `rebuilt` made of parity and other columns. Of several columns that cannot all be right, and none of
   * which can be shown to be, each is `wrong`.
   */
  readonly outcome: 'good' | 'wrong' | 'absent' | 'unreadable' | 'rebuilt';
  readonly error: ZfsUberError | null;
}

export interface BlockRead {
  /** The block's content, `lsize` bytes, decompressed; byte order as written. */
  readonly bytes: Uint8Array;
  /** Empty for embedded blocks and holes, which lie on no device. */
  readonly attempts: readonly Attempt[];
  /**
   * The content is encrypted: `bytes` are the `psize` bytes as stored, whose checksum holds. Dnode blocks are stored
   * uncompressed, and all of them but the bonus areas of encrypted types is plain.
   */
  readonly closed: boolean;
}

/** What looking at a block's copies gave, without its content. */
export interface BlockVerdict {
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

/** Reads blocks of one pool as it stands on its devices. Any number of calls may be under way at once. */
export interface BlockReader {
  /**
   * Reads, verifies and decompresses the block. Holes give zeros, embedded blocks their payload.
   *
   * @throws UnavailableBlockError when nothing supplies it (destroyed); FormatError when the pointer is none that
   *   OpenZFS would follow, or the checksum holds and the content is nonsense (corrupted); UnsupportedError for an
   *   algorithm or layout this library lacks
   */
  read(bp: Blkptr, signal?: AbortSignal): Promise<BlockRead>;

  /**
   * Reads and verifies the block as stored, and leaves it compressed: all that a load verification does.
   *
   * @throws as `read`, except for what decompression finds
   */
  verify(bp: Blkptr, signal?: AbortSignal): Promise<BlockVerdict>;
}
