import { type ByteSource, SourceError, type SourceRun } from '../source.ts';

/** Bytes behind a network that are asked for by ranges. */
export interface RemoteRanges {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** A range begins on a multiple of it, and ends on one or at the end. A power of 2. */
  readonly unit: number;
  /** Bytes of one range at most, a multiple of `unit`. */
  readonly most: number;
  /** Exactly that range. @throws SourceError */
  fetch(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** Absent where the server does not tell. */
  runs?(offset: number, length: number, signal?: AbortSignal): Promise<readonly SourceRun[]>;
}

/** Pieces of one read that are asked for at a time. */
const IN_FLIGHT = 8;
/** What one request asks for: a lost one costs little, and its time is not that of the way there and back. */
const PIECE = 1024 * 1024;

/** A source of what `remote` fetches: reads of any range, in pieces that are under way together. */
export function remoteSource(remote: RemoteRanges): ByteSource {
  const { name, size, unit } = remote;
  const most = Math.max(unit, Math.min(PIECE, remote.most));
  const check = (offset: number, length: number): void => {
    if (offset >= 0 && length >= 0 && offset + length <= size) return;
    throw new SourceError('source-short', `wanted ${offset}+${length} of ${size} bytes`, {
      source: name,
      offset,
      path: [],
    });
  };
  const { runs } = remote;
  return {
    name,
    size,
    async read(offset, length, signal) {
      check(offset, length);
      signal?.throwIfAborted();
      const begin = offset - (offset % unit);
      const end = Math.min(size, Math.ceil((offset + length) / unit) * unit);
      const out = new Uint8Array(end - begin);
      const starts = Array.from({ length: Math.ceil((end - begin) / most) }, (_, i) => begin + i * most);
      const fill = async (at: number): Promise<void> => {
        out.set(await remote.fetch(at, Math.min(most, end - at), signal), at - begin);
      };
      for (let i = 0; i < starts.length; i += IN_FLIGHT) {
        await unlessAborted(Promise.all(starts.slice(i, i + IN_FLIGHT).map(fill)), signal);
      }
      return out.subarray(offset - begin, offset - begin + length);
    },
    ...(runs && {
      async runs(offset, length, signal) {
        check(offset, length);
        return await unlessAborted(runs.call(remote, offset, length, signal), signal);
      },
    }),
  };
}

/** Does not wait for an answer that nobody wants any more. @throws the reason of `signal` */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let hear = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    hear = () => {
      try {
        signal.throwIfAborted();
      } catch (reason) {
        reject(reason);
      }
    };
    signal.addEventListener('abort', hear, { once: true });
  });
  // Whoever is left behind is not missed.
  work.catch(() => undefined);
  aborted.catch(() => undefined);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', hear);
  }
}
