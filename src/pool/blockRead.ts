import { ZfsUberError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { Blkptr } from '../format/blkptr.ts';
import { OBJECT_TYPE, WORDS_METADATA } from '../format/objectTypes.ts';
import { SourceError } from '../source/source.ts';

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
  readonly encrypted: boolean;
}

/**
 * Blocks of pointers and of words, of which most are zeros from some point on: hundreds of 128 KiB that say something in
 * their first few KiB.
 */
export const mayLackZeros = ({ level, type }: Pick<Blkptr, 'level' | 'type'>): boolean =>
  level > 0 || type === OBJECT_TYPE.spaceMap || type === WORDS_METADATA;

/**
 * The content of such a block without the zeros at its end; never nothing.
 *
 * @param used bytes up to the last that is not zero
 */
export const withoutZeros = (bytes: Uint8Array, used: number): Uint8Array =>
  bytes.subarray(0, Math.max(1, Math.ceil(used / Blkptr.SIZE)) * Blkptr.SIZE);

/** Bytes before such zeros that one stored byte holds, at most: of pointers it is three, as their checksums do not pack. */
const LIKELY_PACKING = 8;

/**
 * Room for the content of a block; of one that {@link mayLackZeros} for what is before them, if it is not packed uncommonly
 * well.
 */
export const likelyRoom = (bp: Pick<Blkptr, 'level' | 'type' | 'lsize' | 'psize'>): number =>
  mayLackZeros(bp) ? Math.min(bp.lsize, bp.psize * LIKELY_PACKING) : bp.lsize;

/** What looking at a block's copies gave, without its content. */
export interface BlockVerdict {
  readonly attempts: readonly Attempt[];
}

/** No copy, mirror or parity supplies this block. */
export class UnavailableBlockError extends ZfsUberError {
  override readonly name: string = 'UnavailableBlockError';
  readonly code = 'unavailable';
  /** In the order of looking; of many devices that are not there the first. */
  readonly attempts: readonly Attempt[];
  /** Every copy fails because a device is absent; false as soon as one copy was there and was wrong. */
  readonly becauseMissing: boolean;
  /**
   * Reads that failed where a copy, or a part of one, may stand: with any nobody knows whether the block is still there.
   * The first few.
   */
  readonly failedReads: readonly SourceError[];
  /** `0:1a2b000`, vdev and byte offset, of each copy; empty where the bytes are no block of a pointer. */
  readonly copies: readonly string[];

  constructor(message: string, attempts: readonly Attempt[], place: Place, copies: readonly string[] = []) {
    super(message, place);
    this.attempts = attempts;
    this.copies = copies;
    this.becauseMissing = attempts.length > 0 && attempts.every((attempt) => attempt.outcome === 'absent');
    this.failedReads = failedReadsOf(attempts);
  }
}

/** As many as are ever told of one block. */
const MOST_FAILED_READS = 8;

/** Reads that failed among `attempts`, also those for which the way to a block is not known. */
export function failedReadsOf(attempts: readonly Attempt[]): SourceError[] {
  const failed: SourceError[] = [];
  for (const { outcome, error } of attempts) {
    if (failed.length >= MOST_FAILED_READS) break;
    if (outcome === 'unreadable') failed.push(...failedReadsIn(error));
  }
  return failed;
}

/** The reads that failed for which `error` is; none for one that is about what was read. */
export function failedReadsIn(error: ZfsUberError | null): readonly SourceError[] {
  if (error instanceof UnavailableBlockError) return error.failedReads;
  return error instanceof SourceError ? [error] : [];
}

/** Reads blocks of one pool as it stands on its devices. Any number of calls may be under way at once. */
export interface BlockReader {
  /**
   * Reads, verifies and decompresses the block. Holes give zeros, embedded blocks their payload.
   *
   * @throws UnavailableBlockError when nothing supplies it (destroyed, or not to be read); SourceError that is `silent` when
   *   nothing does and a device that might was not asked; FormatError when the pointer is none that
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

  /**
   * Reads many blocks at once where that costs less than one by one, and gives those that are found sound that way. Of
   * the others nothing is said: `read` tells. Absent where it never costs less. Of a block that {@link mayLackZeros}
   * `bytes` is without them.
   *
   * @throws the reason of `signal`
   */
  readTogether?(
    blocks: readonly Blkptr[],
    take: (read: BlockRead, index: number) => void,
    signal?: AbortSignal,
  ): Promise<void>;
}
