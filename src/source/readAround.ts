import type { Span } from '../block/engine.ts';
import { type ByteSource, EndedError, MissingBytesError, SourceError } from './source.ts';

/** What could be read of a range. */
export interface PartialRead {
  /** As long as the range; zeros where nothing could be read. */
  readonly bytes: Uint8Array;
  /** Byte offsets in the source, ascending, not touching. */
  readonly unreadable: readonly Span[];
  /** One error a span of `unreadable`, in its order. */
  readonly troubles: readonly SourceError[];
}

/** Disks of 512-byte physical sectors lose no more than this at once; a smaller piece would tell nothing more. */
const SECTOR = 512;
/** Physical sectors of most disks, and what the system reads at least. */
const PAGE = 4096;
/** A drive may try for seconds before it gives a sector up, so failures are counted, not readable pieces. */
const MAX_FAILURES = 160;
/** Sectors that fail inside a longer run of pages that do; its ends are tried whatever their number is. */
const MAX_INNER_FAILURES = 64;

interface Failure {
  readonly offset: number;
  readonly length: number;
  readonly error: SourceError;
}

export interface ReadAroundOptions {
  readonly signal?: AbortSignal | undefined;
  /** As for `ByteSource.read`. */
  readonly into?: Uint8Array | undefined;
  /** Reads that may fail before what still fails is given up in the pieces it was asked for. Default: 160. */
  readonly patience?: number;
}

/**
 * Reads a range in which some bytes may be unreadable, so that a bad sector costs those 512 bytes alone. What fails is
 * halved down to pages of 4 KiB; of runs of pages that fail the sectors are read from both ends inwards, then those in
 * between, of which 64 may fail.
 *
 * @throws SourceError `source-short` when the range passes the end of the source: no smaller piece would help the
 *   caller who is wrong about the size
 */
export async function readAround(
  source: ByteSource,
  offset: number,
  length: number,
  { signal, into, patience = MAX_FAILURES }: ReadAroundOptions = {},
): Promise<PartialRead> {
  const whole = await attempt(source, offset, length, signal, into);
  if (whole instanceof Uint8Array) return { bytes: whole, unreadable: [], troubles: [] };
  const reading = new Around(source, offset, length, signal);
  const pages = await reading.pages({ offset, length, error: whole }, patience);
  const lost = await reading.sectors(pages);
  return {
    bytes: reading.bytes,
    unreadable: lost.map((span) => ({ offset: span.offset, length: span.length })),
    troubles: lost.map(({ error }) => error),
  };
}

class Around {
  readonly bytes: Uint8Array;
  readonly #source: ByteSource;
  readonly #offset: number;
  readonly #signal: AbortSignal | undefined;

  constructor(source: ByteSource, offset: number, length: number, signal: AbortSignal | undefined) {
    this.bytes = new Uint8Array(length);
    this.#source = source;
    this.#offset = offset;
    this.#signal = signal;
  }

  /** Takes what can be read of a piece. @returns why it cannot */
  async #take(offset: number, length: number): Promise<Failure | null> {
    const got = await attempt(this.#source, offset, length, this.#signal);
    if (!(got instanceof Uint8Array)) return { offset, length, error: got };
    this.bytes.set(got, offset - this.#offset);
    return null;
  }

  /** The pages that fail, ascending; larger pieces once the patience is at an end. */
  async pages(whole: Failure, patience: number): Promise<Failure[]> {
    const lost: Failure[] = [];
    let failures = 1;
    // A stack with the lower half on top: pieces come in ascending order, as a failing drive likes it best.
    const failed: Failure[] = [whole];
    for (let span = failed.pop(); span !== undefined; span = failed.pop()) {
      const cut = cutOf(span);
      if (cut === null || failures >= patience) {
        lost.push(span);
        continue;
      }
      const end = span.offset + span.length;
      const lower = await this.#take(span.offset, cut - span.offset);
      const upper = await this.#take(cut, end - cut);
      if (upper !== null) failed.push(upper);
      if (lower !== null) failed.push(lower);
      failures += (lower === null ? 0 : 1) + (upper === null ? 0 : 1);
    }
    return lost;
  }

  /** What is lost of `pages`, by the sector. */
  async sectors(pages: readonly Failure[]): Promise<Failure[]> {
    const lost: Failure[] = [];
    let left = MAX_INNER_FAILURES;
    for (const run of runsOf(pages)) {
      const sectors = run.flatMap(sectorsOf);
      const [only] = sectors;
      if (sectors.length === 1 && only !== undefined) {
        lose(lost, only);
        continue;
      }
      const failed = sectors.map((): SourceError | null => null);
      const fails = async (i: number): Promise<boolean> => {
        const { offset = 0, length = 0 } = sectors[i] ?? {};
        failed[i] = (await this.#take(offset, length))?.error ?? null;
        return failed[i] !== null;
      };
      let [first, last] = [0, sectors.length - 1];
      while (first <= last && !(await fails(first))) first++;
      while (last > first && !(await fails(last))) last--;
      for (let i = first + 1; i < last; i++) {
        if (left <= 0) failed[i] = sectors[i]?.error ?? null;
        else if (await fails(i)) left--;
      }
      for (const [i, sector] of sectors.entries()) {
        const error = failed[i] ?? null;
        if (error !== null) lose(lost, { ...sector, error });
      }
    }
    return lost;
  }
}

/** Where to cut a failed range: near its middle, between pages of the source; null when no part can be better. */
function cutOf({ offset, length, error }: Failure): number | null {
  const end = offset + length;
  const within = (cut: number): number | null => (cut > offset && cut < end ? cut : null);
  if (error instanceof MissingBytesError) return within(error.until);
  if (error instanceof EndedError) return within(offset + error.readable);
  if (error.gone) return null;
  const middle = Math.round((offset + length / 2) / PAGE) * PAGE;
  return within(middle) ?? within(middle + PAGE) ?? within(middle - PAGE);
}

/** No smaller piece can be better. */
const isFinal = ({ error }: Failure): boolean =>
  error instanceof MissingBytesError || error instanceof EndedError || error.gone;

/** Pages that touch, together; what is to be split no further stands alone. */
function runsOf(pages: readonly Failure[]): Failure[][] {
  const runs: Failure[][] = [];
  let end = Number.NaN;
  for (const page of pages) {
    const splits = !isFinal(page) && page.length <= PAGE;
    if (splits && page.offset === end) runs.at(-1)?.push(page);
    else runs.push([page]);
    end = splits ? page.offset + page.length : Number.NaN;
  }
  return runs;
}

/** The parts of a page, on the sectors of the source; the whole where it is to be split no further. */
function sectorsOf(page: Failure): Failure[] {
  if (isFinal(page) || page.length > PAGE) return [page];
  const sectors: Failure[] = [];
  const end = page.offset + page.length;
  for (let at = page.offset; at < end; ) {
    const next = Math.min((Math.floor(at / SECTOR) + 1) * SECTOR, end);
    sectors.push({ offset: at, length: next - at, error: page.error });
    at = next;
  }
  return sectors;
}

function lose(lost: Failure[], { offset, length, error }: Failure): void {
  const last = lost.at(-1);
  if (last !== undefined && last.offset + last.length === offset && last.error.code === error.code) {
    lost[lost.length - 1] = { ...last, length: last.length + length };
  } else lost.push({ offset, length, error });
}

async function attempt(
  source: ByteSource,
  offset: number,
  length: number,
  signal?: AbortSignal,
  into?: Uint8Array,
): Promise<Uint8Array | SourceError> {
  try {
    return await source.read(offset, length, signal, into);
  } catch (error) {
    if (!(error instanceof SourceError) || error.code === 'source-short') throw error;
    return error;
  }
}
