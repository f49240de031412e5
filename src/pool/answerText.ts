import {
  ChecksumError,
  type ChecksumWords,
  FormatError,
  LimitError,
  printWords,
  UnsupportedError,
  type ZfsUberError,
} from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { MissingBytesError, NeverReadError, SourceError } from '../source/source.ts';
import { writtenCode } from '../source/sourceCodes.ts';
import { SourceGoneError } from '../source/vanishing.ts';
import { type Attempt, UnavailableBlockError } from './blockRead.ts';

/** What reading a block came to, beside its content. */
export interface Answer {
  readonly attempts: readonly Attempt[];
  /** Null for a sound block. */
  readonly error: ZfsUberError | null;
}

/**
 * An answer as text, which {@link answerFrom} reads.
 *
 * @param near of the pointer: places of errors are told from there, so that they name nothing that led to it
 */
export function answerText({ attempts, error }: Answer, near: Place): string {
  if (error === null && attempts.every(({ outcome }) => outcome === 'good')) return '';
  return JSON.stringify({ attempts: attempts.map(attemptJson), error: error && errorJson(error, near) });
}

function attemptJson({ place, vdev, outcome, error }: Attempt) {
  return { place, vdev, outcome, error: error && errorJson(error, null) };
}

/** @param near null where an error's place is one of a device */
function errorJson(error: ZfsUberError, near: Place | null): object {
  const { said, code } = error;
  const place = error.place === null || near === null ? error.place : relative(error.place, near);
  const head = { place, said, code };
  if (error instanceof UnavailableBlockError) {
    return { ...head, kind: 'unavailable', copies: error.copies, attempts: error.attempts.map(attemptJson) };
  }
  if (error instanceof ChecksumError) {
    return { ...head, kind: 'checksum', expected: printWords(error.expected), found: printWords(error.found) };
  }
  if (error instanceof FormatError) return { ...head, kind: 'format', expected: error.expected, found: error.found };
  if (error instanceof SourceError) {
    const until = error instanceof MissingBytesError ? error.until : null;
    return { ...head, kind: error.gone ? 'gone' : 'source', silent: error.silent, until };
  }
  return { ...head, kind: error instanceof LimitError ? 'limit' : 'unsupported' };
}

const relative = (place: Place, near: Place): Place => ({
  source: '',
  offset: place.offset - near.offset,
  path: place.path.slice(near.path.length),
});

/** @throws FormatError for a text that {@link answerText} does not make: nothing of a bundle is believed */
export function answerFrom(text: string, near: Place): Answer {
  if (text === '') return { attempts: [], error: null };
  const whole = fieldsOf(parsed(text, near), near);
  return { attempts: attemptsFrom(whole['attempts'], near), error: errorFrom(whole['error'], near, near) };
}

function parsed(text: string, near: Place): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong(near);
  }
}

/** An answer has a few dozen attempts; one of a wide vdev some thousand. */
const MOST = 65536;
/** An unavailable block within an attempt, and one within that. */
const DEEPEST = 4;

function attemptsFrom(value: unknown, near: Place, depth = 0): readonly Attempt[] {
  return listOf(value, near).map((each) => {
    const fields = fieldsOf(each, near);
    const outcome = OUTCOMES.find((known) => known === fields['outcome']);
    if (outcome === undefined) throw wrong(near);
    const place = placeFrom(fields['place'], near);
    const error = errorFrom(fields['error'], near, null, depth + 1);
    return { place, vdev: textOf(fields['vdev'], near), outcome, error };
  });
}

const OUTCOMES = ['good', 'wrong', 'absent', 'unreadable', 'rebuilt'] as const;

function errorFrom(value: unknown, near: Place, beside: Place | null, depth = 0): ZfsUberError | null {
  if (value === null) return null;
  if (depth > DEEPEST) throw wrong(near);
  const fields = fieldsOf(value, near);
  const said = textOf(fields['said'], near);
  const told = placeFrom(fields['place'], near);
  const place = told === null || beside === null ? told : absolute(told, beside);
  switch (fields['kind']) {
    case 'unavailable': {
      const copies = listOf(fields['copies'], near).map((copy) => textOf(copy, near));
      return new UnavailableBlockError(said, attemptsFrom(fields['attempts'], near, depth), place ?? near, copies);
    }
    case 'checksum': {
      const words = [fields['expected'], fields['found']].map((each) => wordsFrom(textOf(each, near), near));
      const [expected, found] = words;
      if (expected === undefined || found === undefined) throw wrong(near);
      return new ChecksumError(said.replace(/ checksum: .*$/s, ''), expected, found, place ?? near);
    }
    case 'format': {
      const [expected, found] = [textOf(fields['expected'], near), textOf(fields['found'], near)];
      const what = said.slice(0, Math.max(0, said.length - `: expected ${expected}, found ${found}`.length));
      const code = FORMAT_CODES.find((known) => known === fields['code']) ?? 'format-value';
      return new FormatError(code, what, expected, found, place ?? near);
    }
    case 'gone':
    case 'source':
      return sourceError(fields, said, place ?? near, near);
    case 'limit':
      return new LimitError(said, place);
    default:
      return new UnsupportedError(said, place);
  }
}

const FORMAT_CODES = ['format-magic', 'format-bounds', 'format-value', 'format-nesting'] as const;

function sourceError(fields: Fields, said: string, place: Place, near: Place): SourceError {
  const code = writtenCode(textOf(fields['code'], near));
  if (fields['kind'] === 'gone') return new SourceGoneError(code, said, place);
  const { until } = fields;
  if (typeof until !== 'number') return new SourceError(code, said, place);
  if (code === 'never-read') return new NeverReadError(said, place, until, fields['silent'] !== true);
  return new MissingBytesError(said, place, until, code);
}

const absolute = (place: Place, near: Place): Place => ({
  source: near.source,
  offset: near.offset + place.offset,
  path: [...near.path, ...place.path],
});

function placeFrom(value: unknown, near: Place): Place | null {
  if (value === null) return null;
  const { source, offset, path } = fieldsOf(value, near);
  if (!Number.isSafeInteger(offset)) throw wrong(near);
  const steps = listOf(path, near).map((step) => textOf(step, near));
  return { source: textOf(source, near), offset: Number(offset), path: steps };
}

function wordsFrom(text: string, near: Place): ChecksumWords {
  const words = text.split(':').map((word) => (/^[0-9a-f]{16}$/.test(word) ? BigInt(`0x${word}`) : null));
  const [a, b, c, d] = words;
  if (a == null || b == null || c == null || d == null) throw wrong(near);
  return [a, b, c, d];
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown, near: Place): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(near);
  return { ...value };
}

function listOf(value: unknown, near: Place): readonly unknown[] {
  if (Array.isArray(value) && value.length <= MOST) return value;
  throw wrong(near);
}

function textOf(value: unknown, near: Place): string {
  if (typeof value === 'string') return value;
  throw wrong(near);
}

const wrong = (near: Place): FormatError =>
  new FormatError('format-value', 'answer of a bundle', 'one of this program', 'something else', near);
