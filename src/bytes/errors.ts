import { describePlace, type Place } from './place.ts';

/** Every error this library throws on purpose. Anything else that escapes is a bug of ours (exit status 70). */
export abstract class ZfsUberError extends Error {
  /** As it is exported: the name of a class is a short one in the package. */
  abstract override readonly name: string;
  /** Stable and listed in docs/errors.md. Callers match on this, never on the message. */
  abstract readonly code: string;
  /** Where the bytes lie; null when the error is not about bytes. */
  readonly place: Place | null;
  /** The message without the place. */
  readonly said: string;

  constructor(message: string, place: Place | null, options?: { cause?: unknown }) {
    super(place === null ? message : `${describePlace(place)}: ${message}`, options);
    this.said = message;
    this.place = place;
  }
}

export type FormatCode = 'format-magic' | 'format-bounds' | 'format-value' | 'format-nesting';

/** The bytes are there, and the on-disk format does not allow them at this place. */
export class FormatError extends ZfsUberError {
  override readonly name: string = 'FormatError';
  readonly code: FormatCode;
  /** What the format allows here. */
  readonly expected: string;
  /** What the bytes say. */
  readonly found: string;

  constructor(code: FormatCode, what: string, expected: string, found: string, place: Place) {
    super(`${what}: expected ${expected}, found ${found}`, place);
    this.code = code;
    this.expected = expected;
    this.found = found;
  }
}

/** Four 64-bit checksum words in the order ZFS prints them. */
export type ChecksumWords = readonly [bigint, bigint, bigint, bigint];

/** Hexadecimal; with nothing between the words it is what programs like sha256sum print. */
export const printWords = (words: ChecksumWords, between: ':' | '' = ':'): string =>
  words.map((word) => word.toString(16).padStart(16, '0')).join(between);

/** The bytes are there and are not the bytes that were written. */
export class ChecksumError extends ZfsUberError {
  override readonly name: string = 'ChecksumError';
  readonly code = 'checksum';
  /** What the pool says the bytes sum to. */
  readonly expected: ChecksumWords;
  /** What they sum to. */
  readonly found: ChecksumWords;

  constructor(algorithm: string, expected: ChecksumWords, found: ChecksumWords, place: Place) {
    super(`${algorithm} checksum: expected ${printWords(expected)}, found ${printWords(found)}`, place);
    this.expected = expected;
    this.found = found;
  }
}

/** Known to ZFS, not to us: a feature, an algorithm, a container variant. */
export class UnsupportedError extends ZfsUberError {
  override readonly name: string = 'UnsupportedError';
  readonly code = 'unsupported';
}

/** A documented limit (depth, count, memory) was reached. */
export class LimitError extends ZfsUberError {
  override readonly name: string = 'LimitError';
  readonly code = 'limit';
}

/** Whoever asked wants no more: a signal was aborted before this was known. */
export class StoppedError extends ZfsUberError {
  override readonly name: string = 'StoppedError';
  readonly code = 'stopped';
  constructor(place: Place | null = null) {
    super('the work was stopped before this was read', place);
  }
}

/** The caller asked for something impossible. */
export class UsageError extends ZfsUberError {
  override readonly name: string = 'UsageError';
  readonly code = 'usage';
  constructor(message: string) {
    super(message, null);
  }
}

/** What was asked for could not be written whole, and nothing of it is left. */
export class OutputError extends ZfsUberError {
  override readonly name: string = 'OutputError';
  readonly code = 'unwritten';
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, null, options);
  }
}
