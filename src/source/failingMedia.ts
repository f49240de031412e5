import type { RangeSet } from '../bytes/rangeSet.ts';
import { type ByteSource, MissingBytesError, SourceError } from './source.ts';
import { isOfTheCaller, SourceGoneError, vanishing } from './vanishing.ts';

/**
 * What is done about a device of which reads fail. `stop`: it is not read any more. `around`: what fails is asked for in
 * ever smaller pieces, and what was read before to see whether the device is there. `never-twice`: no byte of what failed is
 * asked for again.
 */
export type MayFail = 'stop' | 'around' | 'never-twice';

export interface FailingMedia {
  readonly mayFail: MayFail;
  /** Takes what could not be read, and gives it up again where a smaller piece could. */
  readonly refused: RangeSet;
  /** Told of the first read that fails. */
  readonly onFirst: (error: SourceError) => void;
}

/** What the system reads at a time of a device: one bad sector costs all of it. */
const PAGE = 4096;
/** Pages that fail before as many more are given up with each: a dying disk has no end of them. */
const DOUBLING = 4096;
const MOST_PAGES = 16384;
/** Reads that fail one after the other, wherever they are, on a device that is gone. */
const IN_A_ROW = 64;
/** With these no other read can succeed. Source: Linux, errno(3): the device was taken away */
const GONE: ReadonlySet<string> = new Set(['ENXIO', 'ENODEV', 'ENOMEDIUM']);

/** The same bytes as `source`, a device that may fail. */
export function failingMedia(source: ByteSource, media: FailingMedia): ByteSource {
  let met = false;
  const first = (error: SourceError): void => {
    if (!met) media.onFirst(error);
    met = true;
  };
  const { name, size } = source;
  switch (media.mayFail) {
    case 'around':
      return { name, size, read: readAgain(source, media.refused, first) };
    case 'stop':
      return { name, size, read: readUntilFirst(source, media.refused, first) };
    case 'never-twice':
      return { name, size, read: readOnce(source, media.refused, first) };
  }
}

type First = (error: SourceError) => void;

function readAgain(source: ByteSource, refused: RangeSet, first: First): ByteSource['read'] {
  const watched = vanishing(source);
  return async (offset, length, signal, into) => {
    try {
      const bytes = await watched.read(offset, length, signal, into);
      if (refused.total > 0) refused.remove(offset, offset + length);
      return bytes;
    } catch (error) {
      if (error instanceof SourceError && !isOfTheCaller(error)) {
        first(error);
        if (!error.gone && length > 0) refused.add(offset, offset + length);
      }
      throw error;
    }
  };
}

function readUntilFirst(source: ByteSource, refused: RangeSet, first: First): ByteSource['read'] {
  let ended: SourceError | null = null;
  return async (offset, length, signal, into) => {
    const place = { source: source.name, offset, path: [] };
    const say = (from: SourceError): SourceGoneError =>
      new SourceGoneError(from.code, `it is not read any more since a read failed (${from.code})`, place, {
        cause: from,
      });
    if (ended !== null) throw say(ended);
    try {
      return await source.read(offset, length, signal, into);
    } catch (error) {
      if (!(error instanceof SourceError) || isOfTheCaller(error)) throw error;
      first(error);
      const at = failedAt(error, offset, length);
      refused.add(at - (at % PAGE), Math.min(source.size, at - (at % PAGE) + PAGE));
      ended ??= error;
      throw say(ended);
    }
  };
}

function readOnce(source: ByteSource, refused: RangeSet, first: First): ByteSource['read'] {
  let [failures, inARow]: [number, number] = [0, 0];
  let gone: SourceError | null = null;
  let last: SourceError | null = null;
  return async (offset, length, signal, into) => {
    const place = { source: source.name, offset, path: [] };
    const say = (from: SourceError): SourceGoneError =>
      new SourceGoneError(from.code, `the device gives an error to every read (${from.code})`, place, { cause: from });
    if (gone !== null) throw say(gone);
    const known = refused.total === 0 ? null : firstOf(refused, offset, offset + length);
    if (known !== null) throw notAgain(known, offset, last, place);
    try {
      const bytes = await source.read(offset, length, signal, into);
      inARow = 0;
      return bytes;
    } catch (error) {
      if (!(error instanceof SourceError) || isOfTheCaller(error)) throw error;
      first(error);
      if (GONE.has(error.code) || ++inARow >= IN_A_ROW) {
        gone ??= error;
        throw say(gone);
      }
      last = error;
      const pages = Math.min(MOST_PAGES, 2 ** Math.floor(failures++ / DOUBLING));
      const at = failedAt(error, offset, length);
      const start = at - (at % PAGE);
      const end = Math.min(source.size, start + PAGE * pages);
      refused.add(start, end);
      throw notAgain({ start, end }, offset, error, place);
    }
  };
}

/** The system reads on to the place that fails, and says where that is. */
function failedAt({ place }: SourceError, offset: number, length: number): number {
  const at = place?.offset ?? offset;
  return at >= offset && at < offset + length ? at : offset;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function firstOf(refused: RangeSet, start: number, end: number): Range | null {
  let at = start;
  for (const gap of refused.gaps(start, end)) {
    if (gap.start > at) return { start: at, end: gap.start };
    at = gap.end;
  }
  return at < end ? { start: at, end } : null;
}

/** Cut where it says, what lies before and behind can be read. */
function notAgain({ start, end }: Range, offset: number, from: SourceError | null, place: SourceError['place']) {
  const code = from?.code ?? 'EIO';
  const at = { source: '', path: [], ...place, offset: Math.max(start, offset) };
  return new MissingBytesError(
    `a read failed here (${code}), and is not made again`,
    at,
    start > offset ? start : end,
    code,
  );
}
