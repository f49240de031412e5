import { type ByteSource, SourceError } from '../source.ts';
import { wrongAnswer } from './connectionError.ts';
import {
  bodyOf,
  type ContentRange,
  changeOf,
  type HttpAnswer,
  parseContentRange,
  restAsked,
  sameState,
  statusError,
  type Validators,
  validatorsOf,
} from './httpAnswer.ts';
import { type Pause, Persistence } from './persistence.ts';
import { remoteSource } from './remoteSource.ts';

export interface HttpChoice {
  /** As it is to be called in what is printed. */
  readonly name: string;
  /** One GET of the file. @throws ConnectionError where another try makes sense; SourceError */
  readonly get: (headers: Readonly<Record<string, string>>) => Promise<HttpAnswer>;
  /** Before the second try of what a bad moment may have spoilt, and before each further one. */
  readonly pauses: readonly Pause[];
}

/** Bytes that are asked for first, to learn of how many there are. */
const FIRST = 65536;
/** Milliseconds an answer may take, however steadily its bytes come. */
const LONGEST_WAIT = 120_000;

/**
 * A file that an HTTP server gives by ranges. Each answer is held to be of the same state of the file as the first one.
 *
 * @throws SourceError `no-ranges` when the server gives the whole file or nothing, `refused`, `source-empty`
 * Source: RFC 9110, 14
 */
export async function openHttp({ name, get, pauses }: HttpChoice): Promise<ByteSource> {
  const persistence = new Persistence(pauses);
  const ask = async (offset: number, length: number, known: Validators | null) => {
    const until = Date.now() + LONGEST_WAIT;
    const range = { range: `bytes=${offset}-${offset + length - 1}`, ...(known === null ? {} : sameState(known)) };
    const answer = await get(range);
    if (answer.status !== 206) {
      answer.abandon();
      throw refusal(name, answer, offset, known);
    }
    const found = answer.header('content-range');
    const told = found === null ? null : parseContentRange(found);
    if (told === null) {
      answer.abandon();
      throw wrongAnswer(name, 'a Content-Range with all its numbers', found ?? 'none');
    }
    return { answer, told, until };
  };
  const first = await persistence.try(async () => {
    const { answer, told, until } = await ask(0, FIRST, null);
    const length = Math.min(FIRST, told.total);
    agree(name, answer, told, { first: 0, last: length - 1, total: told.total });
    return { bytes: await bodyOf(name, answer, length, until), size: told.total, known: validatorsOf(answer) };
  });
  const { size, known } = first;
  return remoteSource({
    name,
    size,
    unit: 1,
    most: size,
    fetch(offset, length, signal) {
      if (offset + length <= first.bytes.length) return Promise.resolve(first.bytes.slice(offset, offset + length));
      return persistence.try(async () => {
        const { answer, told, until } = await ask(offset, length, known);
        const change =
          told.total === size ? changeOf(known, validatorsOf(answer)) : `it had ${size} bytes and has ${told.total}`;
        if (change !== null) {
          answer.abandon();
          throw changed(name, offset, change);
        }
        agree(name, answer, told, { first: offset, last: offset + length - 1, total: size });
        return bodyOf(name, answer, length, until);
      }, signal);
    },
  });
}

/** @throws ConnectionError when the range is another than that which was asked for */
function agree(name: string, answer: HttpAnswer, told: ContentRange, wanted: ContentRange): void {
  const packed = answer.header('content-encoding');
  const other = told.first !== wanted.first || told.last !== wanted.last;
  if (!other && (packed === null || packed === 'identity')) return;
  answer.abandon();
  if (other) throw wrongAnswer(name, `bytes ${wanted.first}-${wanted.last}`, `${told.first}-${told.last}`);
  throw wrongAnswer(name, 'bytes that are not packed', packed ?? '');
}

function refusal(name: string, answer: HttpAnswer, offset: number, known: Validators | null): SourceError {
  const place = { source: name, offset, path: [] };
  if (answer.status === 200) {
    const change = known === null ? null : changeOf(known, validatorsOf(answer));
    if (change !== null) return changed(name, offset, change);
    return new SourceError('no-ranges', 'the server gives the whole file, and no parts of it: fetch it first', place);
  }
  if (answer.status === 416 && known === null) return new SourceError('source-empty', 'it is empty: 0 bytes', place);
  return statusError(name, answer.status, offset, restAsked(answer.header('retry-after'), Date.now()));
}

const changed = (name: string, offset: number, how: string): SourceError =>
  new SourceError('source-changed', `the file was changed while it was read: ${how}`, {
    source: name,
    offset,
    path: [],
  });
