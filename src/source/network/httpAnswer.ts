import { SourceError } from '../source.ts';
import { ConnectionError, wrongAnswer } from './connectionError.ts';

/** What a server answered to one request. */
export interface HttpAnswer {
  readonly status: number;
  /** By its name in lower case; null where there is none. */
  header(name: string): string | null;
  /** @throws ConnectionError when it breaks off */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends an answer of which nothing more is wanted. */
  abandon(): void;
}

/** `bytes FIRST-LAST/TOTAL`. Source: RFC 9110, 14.4 */
export interface ContentRange {
  readonly first: number;
  readonly last: number;
  readonly total: number;
}

/** @returns null for what is none, or leaves out the total */
export function parseContentRange(text: string): ContentRange | null {
  const [, first, last, total] = /^bytes\s+(\d{1,16})-(\d{1,16})\/(\d{1,16})$/i.exec(text.trim()) ?? [];
  const range = { first: Number(first), last: Number(last), total: Number(total) };
  const sound = Number.isSafeInteger(range.total) && range.first <= range.last && range.last < range.total;
  return sound ? range : null;
}

/** What tells one state of a file from another. Null where the server does not say. */
export interface Validators {
  readonly etag: string | null;
  readonly modified: string | null;
}

export const validatorsOf = (answer: HttpAnswer): Validators => ({
  etag: answer.header('etag'),
  modified: answer.header('last-modified'),
});

/** A weak tag is of files that need not be the same byte for byte. Source: RFC 9110, 8.8.1 */
const isStrong = (etag: string): boolean => !etag.startsWith('W/');

/**
 * Headers by which the server gives a range only of the state that `known` is of: another one is refused with 412, or
 * comes whole with 200. Source: RFC 9110, 13.1.1, 13.1.4
 */
export function sameState({ etag, modified }: Validators): Record<string, string> {
  if (etag !== null && isStrong(etag)) return { 'if-match': etag };
  return modified === null ? {} : { 'if-unmodified-since': modified };
}

/** Null while nothing says that the file is another one now. */
export function changeOf(known: Validators, now: Validators): string | null {
  for (const [what, before, after] of [
    ['ETag', known.etag, now.etag],
    ['Last-Modified', known.modified, now.modified],
  ] as const) {
    if (before !== null && after !== null && before !== after) return `${what} was ${before} and is ${after}`;
  }
  return null;
}

/** What is said by no more than a number. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const REFUSALS: Readonly<Record<number, string>> = {
  401: 'it wants a name and a password, or others',
  403: 'it is not allowed: an address that was signed may have expired',
  404: 'there is no such file',
  410: 'there is no such file any more',
};

/** A server that wants more is not waited for. */
const LONGEST_REST = 60_000;

/**
 * Milliseconds that `Retry-After` asks for, a minute at most: seconds, or a date.
 *
 * @param now milliseconds since 1970
 * Source: RFC 9110, 10.2.3
 */
export function restAsked(text: string | null, now: number): number {
  if (text === null) return 0;
  const asked = /^\s*\d{1,9}\s*$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(asked) ? Math.min(Math.max(0, asked), LONGEST_REST) : 0;
}

/** The error of a status that gives no range. */
export function statusError(name: string, status: number, offset: number, restMs = 0): SourceError {
  const place = { source: name, offset, path: [] };
  if (PASSING.has(status))
    return new ConnectionError('refused', `HTTP ${status}: the server is busy or in trouble`, name, { restMs });
  if (status === 412)
    return new SourceError('source-changed', 'HTTP 412: the file was changed while it was read', place);
  if (status === 416) return new SourceError('source-changed', 'HTTP 416: the file ends before these bytes now', place);
  const why = REFUSALS[status];
  return new SourceError('refused', `HTTP ${status}${why === undefined ? '' : `: ${why}`}`, place);
}

/**
 * The body, `length` bytes.
 *
 * @throws ConnectionError when it has fewer or more
 */
export async function bodyOf(name: string, answer: HttpAnswer, length: number, until: number): Promise<Uint8Array> {
  try {
    return await wholeBody(name, answer, length, until);
  } catch (error) {
    answer.abandon();
    throw error;
  }
}

async function wholeBody(name: string, { body }: HttpAnswer, length: number, until: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for await (const part of body) {
    if (at + part.length > length) throw wrongAnswer(name, `${length} bytes`, 'more');
    bytes.set(part, at);
    at += part.length;
    if (Date.now() > until) throw new ConnectionError('ETIMEDOUT', 'the answer took too long', name);
  }
  if (at < length) throw wrongAnswer(name, `${length} bytes`, at);
  return bytes;
}
