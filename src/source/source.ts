import { FormatError, ZfsUberError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import type { SourceCode, SystemCode, WrittenCode } from './sourceCodes.ts';

/** Bytes could not be had. */
export class SourceError extends ZfsUberError {
  override readonly name: string = 'SourceError';
  readonly code: SourceCode | SystemCode | WrittenCode;
  constructor(code: SourceError['code'], message: string, place: Place, options?: { cause?: unknown }) {
    super(message, place, options);
    this.code = code;
  }

  /** The device does not answer any more: no read of it can succeed, and this one says nothing of the bytes it was for. */
  get gone(): boolean {
    return false;
  }

  /** It says nothing of the bytes it was for: they may be there, and nobody asked the device for them. */
  get silent(): boolean {
    return this.gone;
  }
}

/** `error` is of a device that went away. */
export const isGone = (error: unknown): error is SourceError => error instanceof SourceError && error.gone;

/** `error` says nothing of the bytes it was for. */
export const isSilent = (error: unknown): error is SourceError => error instanceof SourceError && error.silent;

/** Reading ended before the end that the source says it has. */
export class EndedError extends SourceError {
  override readonly name: string = 'EndedError';
  /** Bytes from the beginning of the read that were there: no other read gets further. */
  readonly readable: number;
  constructor(message: string, place: Place, readable: number) {
    super('source-ended', message, place);
    this.readable = readable;
  }
}

/**
 * Bytes that the source never had, up to `until`: no other read of them can succeed. `source-cut` where a disk was cut,
 * `never-read` where whoever made an image did not get them, or did not hand them over.
 */
export class MissingBytesError extends SourceError {
  override readonly name: string = 'MissingBytesError';
  /** Byte offset in the source that was read. */
  readonly until: number;
  constructor(message: string, place: Place, until: number, code: SourceError['code'] = 'source-cut') {
    super(code, message, place);
    this.until = until;
  }
}

/** Bytes of a disk that its image has not. */
export class NeverReadError extends MissingBytesError {
  override readonly name: string = 'NeverReadError';
  /** Whoever made the image asked the disk for them, and did not get them. */
  readonly tried: boolean;
  constructor(message: string, place: Place, until: number, tried: boolean) {
    super(message, place, until, 'never-read');
    this.tried = tried;
  }

  override get silent(): boolean {
    return !this.tried;
  }
}

/** Bytes that nobody needed when the bundle was made which stands for the device. */
export class NotInBundleError extends MissingBytesError {
  override readonly name: string = 'NotInBundleError';
  /** @param until where the first of them are, or what is had of the read ends */
  constructor(place: Place, until: number) {
    super('these bytes are not in the bundle', place, until, 'not-in-bundle');
  }

  override get silent(): boolean {
    return true;
  }
}

/** A range that was needed and could not be read. */
export interface FailedRead {
  /** Bytes of the source. */
  readonly offset: number;
  readonly length: number;
  /** The first that was met there. */
  readonly error: SourceError;
}

/**
 * What of one source was needed and could not be read. Noted by who gives a range up, not by who reads: a large read
 * that fails is made again in pieces, and what lies between them nobody misses.
 */
export interface FailedReads {
  /** With one of a device that is gone, that is noted: where it was asked then says nothing of the bytes there. */
  note(offset: number, length: number, error: SourceError): void;
  /** By offset; those that touch and failed alike are one. */
  readonly ranges: readonly FailedRead[];
  /** Failures for which there was no room. */
  readonly omitted: number;
  /** With what the device went away; null while it answers. */
  readonly gone: SourceError | null;
  readonly any: boolean;
}

/**
 * Of a source of which only what somebody needs is kept, or was: it is asked for what is needed and nothing beside. Large
 * requests with gaps in them, and reading ahead, would put into a bundle what nobody needs.
 */
export interface Selection {
  /** Some byte of the range is known not to be kept, without a read; false while what is needed is still being kept. */
  lacks(offset: number, length: number): boolean;
  /**
   * For who looks through much for what is mostly not there: nothing that is read here is kept, and zeros stand for what
   * was not. What is found there is to be read again, of the source itself.
   */
  readonly searched: ByteSource;
}

/** What reading a block of a pool answered, kept in place of its bytes. */
export interface StoredAnswer {
  /** What it says beside the content; empty for a sound block of which nothing is to be told. */
  readonly about: string;
  /** What is left of the content; null where nothing is. */
  readonly content: Uint8Array | null;
}

/** For who makes a bundle without names: the bytes of blocks go through a sieve, and only what comes out is kept. */
export interface AnswersKept {
  /** Random bytes that are kept nowhere: what stands for names is made with them. */
  readonly secret: Uint8Array;
  /** @param key 16 bytes, in hexadecimal, of the question */
  keep(key: string, answer: StoredAnswer): Promise<void>;
  /** Does `work`, and keeps nothing of what is read the while. */
  unkept<T>(work: () => Promise<T>): Promise<T>;
}

/** Of a bundle without names. */
export interface AnswersGiven {
  /** Null for a question that nobody asked when it was made. */
  find(key: string): Promise<StoredAnswer | null>;
}

export type BlockAnswers = AnswersKept | AnswersGiven;

/** A part of a source by what is known of its bytes without reading them. */
export interface SourceRun {
  /** `zero`: nothing is stored, and it reads as zeros. `unread`: nobody knows what stood there, and a read fails. */
  readonly kind: 'data' | 'zero' | 'unread';
  /** Bytes of the source. */
  readonly offset: number;
  readonly length: number;
}

/** Anything with bytes: a device, an image, a partition of one, a blob in a browser. There is no way to write. */
export interface ByteSource {
  /** As the user named it; partitions and slices say so: `disk.img@1048576`. */
  readonly name: string;
  /** Bytes; fixed while open. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`, in a buffer the caller owns. Never fewer: a caller that can use a part
   * asks for the part.
   *
   * @param into memory the caller has to spare, `length` bytes or more; a source may use it, and the result is then a
   *   view of it
   * @throws SourceError when any of them cannot be read
   */
  read(offset: number, length: number, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array>;
  /**
   * What is known of a range without reading it, ascending and without gaps; absent where nothing is known, and all counts
   * as data.
   */
  runs?(offset: number, length: number, signal?: AbortSignal): Promise<readonly SourceRun[]>;
  /** Takes note of what was needed of this source and given up; absent where nobody asks. */
  readonly failures?: FailedReads;
  /** Absent where all of the source can be had at any time. */
  readonly selection?: Selection;
  /** Blocks of the pool are answered for in place of being read, or their answers are kept; mostly absent. */
  readonly answers?: BlockAnswers;
}

/** `source` seen from elsewhere: `offset` there is `offset - shift` here. To be spread into a window on it. */
export function selectionOf(
  { selection, answers }: ByteSource,
  shift: number,
  windowOn: (searched: ByteSource) => ByteSource,
): Pick<ByteSource, 'selection' | 'answers'> {
  const answered = answers && { answers };
  if (selection === undefined) return { ...answered };
  return {
    ...answered,
    selection: {
      lacks: (offset, length) => selection.lacks(offset + shift, length),
      searched: windowOn(selection.searched),
    },
  };
}

/**
 * A window on `source`: a partition, or `path@OFFSET+LENGTH`.
 *
 * @throws FormatError `format-bounds` when the window does not lie inside
 */
export function slice(source: ByteSource, offset: number, length: number): ByteSource {
  const place = { source: source.name, offset, path: ['slice'] };
  if (!(offset >= 0 && length >= 0 && offset + length <= source.size)) {
    throw new FormatError(
      'format-bounds',
      'slice',
      `a range inside ${source.size} bytes`,
      `${offset}+${length}`,
      place,
    );
  }
  const { runs } = source;
  return {
    name: `${source.name}@${offset}`,
    size: length,
    ...selectionOf(source, offset, (searched) => slice(searched, offset, length)),
    ...(runs && {
      runs: async (at, count, signal) => {
        const found = await runs.call(source, offset + at, count, signal);
        return found.map((run) => ({ ...run, offset: run.offset - offset }));
      },
    }),
    read(at, count, signal, into) {
      if (!(at >= 0 && count >= 0 && at + count <= length)) {
        return Promise.reject(new SourceError('source-short', `wanted ${at}+${count} of ${length} bytes`, place));
      }
      return source.read(offset + at, count, signal, into);
    },
  };
}

/** The same source, of whose blocks `answers` tells or is told. */
export const withAnswers = (source: ByteSource, answers: BlockAnswers): ByteSource => ({
  name: source.name,
  size: source.size,
  ...(source.selection && { selection: source.selection }),
  ...(source.runs && { runs: (...range) => source.runs?.(...range) ?? Promise.resolve([]) }),
  answers,
  read: (...range) => source.read(...range),
});
