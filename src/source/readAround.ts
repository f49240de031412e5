import type { Span } from '../block/engine.ts';
import { type ByteSource, MissingBytesError, SourceError } from './source.ts';

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
const SMALLEST = 512;
/** A drive may try for seconds before it gives a sector up, so failures are counted, not readable pieces. */
const MAX_FAILURES = 160;

interface Failure {
  offset: number;
  length: number;
  readonly error: SourceError;
}

/**
 * Reads a range in which some bytes may be unreadable: bisects what fails down to 512 bytes, so that a bad sector
 * costs those bytes alone. After 160 failed reads, what still fails is given up in the pieces it was asked for.
 *
 * @param into as for `ByteSource.read`
 * @throws SourceError `source-short` when the range passes the end of the source: no smaller piece would help the
 *   caller who is wrong about the size
 */
export async function readAround(
  source: ByteSource,
  offset: number,
  length: number,
  signal?: AbortSignal,
  into?: Uint8Array,
): Promise<PartialRead> {
  const whole = await attempt(source, offset, length, signal, into);
  if (whole instanceof Uint8Array) return { bytes: whole, unreadable: [], troubles: [] };

  const bytes = new Uint8Array(length);
  const lost: Failure[] = [];
  let failures = 1;
  // A stack with the lower half on top: pieces come in ascending order, as a failing drive likes it best.
  const failed: Failure[] = [{ offset, length, error: whole }];
  for (let span = failed.pop(); span !== undefined; span = failed.pop()) {
    const cut = cutOf(span);
    if (cut === null || failures >= MAX_FAILURES) {
      lose(lost, span);
      continue;
    }
    const halves = [
      { offset: span.offset, length: cut - span.offset },
      { offset: cut, length: span.offset + span.length - cut },
    ];
    const again: Failure[] = [];
    for (const half of halves) {
      const got = await attempt(source, half.offset, half.length, signal);
      if (got instanceof Uint8Array) bytes.set(got, half.offset - offset);
      else {
        failures++;
        again.push({ ...half, error: got });
      }
    }
    failed.push(...again.reverse());
  }
  return {
    bytes,
    unreadable: lost.map((span) => ({ offset: span.offset, length: span.length })),
    troubles: lost.map(({ error }) => error),
  };
}

/** Where to cut a failed range: near its middle, on a sector boundary of the source; null when no part can be better. */
function cutOf({ offset, length, error }: Failure): number | null {
  const end = offset + length;
  if (error instanceof MissingBytesError) return error.until > offset && error.until < end ? error.until : null;
  const step = length > 2 * 4096 ? 4096 : SMALLEST;
  const middle = Math.round((offset + length / 2) / step) * step;
  for (const cut of [middle, middle + SMALLEST, middle - SMALLEST]) if (cut > offset && cut < end) return cut;
  return null;
}

function lose(lost: Failure[], span: Failure): void {
  const last = lost.at(-1);
  if (last !== undefined && last.offset + last.length === span.offset) last.length += span.length;
  else lost.push({ ...span });
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
