import { addRun } from '../images/mapped.ts';
import { type ByteSource, SourceError, type SourceRun } from '../source.ts';
import { ConnectionError } from './connectionError.ts';
import type { NbdConnection } from './nbdConnection.ts';
import { type Pause, Persistence } from './persistence.ts';
import { remoteSource } from './remoteSource.ts';

export interface NbdChoice {
  /** As it is to be called in what is printed. */
  readonly name: string;
  /** A connection with the export chosen. @throws SourceError; a ConnectionError where another try makes sense */
  readonly connect: () => Promise<NbdConnection>;
  /** Before the second try of what a bad moment may have spoilt, and before each further one. */
  readonly pauses: readonly Pause[];
}

/** What a block status is asked for at once: its length has 32 bits. */
const LONGEST_STATUS = 2 ** 31;
/** Questions for one list of runs: a disk in small pieces is data. */
const MOST_QUESTIONS = 4096;

/**
 * An export of an NBD server. A connection that breaks is made again; that the export then has the same size is asked.
 *
 * @throws SourceError, LimitError, UnsupportedError when it cannot be had
 */
export async function openNbd({ name, connect, pauses }: NbdChoice): Promise<ByteSource & { close(): void }> {
  const persistence = new Persistence(pauses);
  const first = await persistence.try(connect);
  const { size, least, most, allocation } = first.export;
  let current: Promise<NbdConnection> | null = Promise.resolve(first);
  let closed = false;

  const reconnect = async (): Promise<NbdConnection> => {
    const again = await connect();
    if (again.export.size === size && !closed) return again;
    again.close();
    const place = { source: name, offset: 0, path: [] };
    if (closed) throw new SourceError('source-closed', 'it was closed', place);
    const message = `the export has ${again.export.size} bytes now, and had ${size}`;
    throw new SourceError('source-changed', message, place);
  };

  const using = <T>(work: (connection: NbdConnection) => Promise<T>, signal?: AbortSignal): Promise<T> =>
    persistence.try(async () => {
      if (closed) throw new SourceError('source-closed', 'it was closed', { source: name, offset: 0, path: [] });
      current ??= reconnect();
      const mine = current;
      try {
        return await work(await mine);
      } catch (error) {
        if (error instanceof ConnectionError && current === mine) current = null;
        throw error;
      }
    }, signal);

  const source = remoteSource({
    name,
    size,
    unit: least,
    most: most - (most % least),
    async fetch(offset, length, signal) {
      const bytes = new Uint8Array(length);
      await using((connection) => connection.read(offset, bytes), signal);
      return bytes;
    },
    ...(allocation !== null && {
      async runs(offset, length, signal) {
        const runs: SourceRun[] = [];
        const end = offset + length;
        let at = offset;
        for (let asked = 0; at < end && asked < MOST_QUESTIONS; asked++) {
          const from = at - (at % least);
          const to = Math.min(size, end + ((least - (end % least)) % least), from + LONGEST_STATUS);
          const found = await using((connection) => connection.runs(from, to - from), signal).catch(asUnknown);
          if (found.length === 0) break;
          for (const run of found) {
            const [first, last] = [Math.max(run.offset, at), Math.min(run.offset + run.length, end)];
            if (last > first) addRun(runs, { kind: run.kind, offset: first, length: last - first });
            at = Math.max(at, last);
          }
        }
        // What the server does not tell of may hold anything.
        if (at < end) addRun(runs, { kind: 'data', offset: at, length: end - at });
        return runs;
      },
    }),
  });
  return {
    ...source,
    close() {
      closed = true;
      current?.then((connection) => connection.close()).catch(() => undefined);
    },
  };
}

/** A server that does not say what it has stored may give it all the same. */
function asUnknown(error: unknown): SourceRun[] {
  if (error instanceof SourceError) return [];
  throw error;
}
