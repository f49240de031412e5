import { closeSync, fstatSync, writeSync } from 'node:fs';
import { isTerminal } from '../node/isTerminal.ts';

const STDOUT = 1;

/** What a command writes to. */
export interface Output {
  readonly isTerminal: boolean;
  /** Null when unknown. */
  readonly columns: number | null;
  /** Null when unknown. */
  readonly rows: number | null;
  readonly write: (part: string | Uint8Array) => void;
  /** As `write`, and done when it is written. False when nothing is taken any more. */
  readonly send: (part: string | Uint8Array) => Promise<boolean>;
  /** Waits until all is written. @returns why something was not; null also when a reader went away, who misses nothing */
  readonly end: () => Promise<Error | null>;
}

/** @param ended called once, when something could not be written */
export function openOutput(ended: () => void): Output {
  return isFile() ? fileOutput(ended) : streamOutput(process.stdout, ended);
}

function isFile(): boolean {
  try {
    const status = fstatSync(STDOUT);
    return status.isFile() || status.isBlockDevice() || (status.isCharacterDevice() && !isTerminal(STDOUT, status));
  } catch {
    // A console of Windows has no status.
    return false;
  }
}

/**
 * A file, or a device that is no terminal. Node's own stream for these takes the end of a full filesystem for success:
 * the system says that it has written a part, and the stream does not look.
 */
function fileOutput(ended: () => void): Output {
  let failure: Error | null = null;
  const write = (part: string | Uint8Array): void => {
    if (failure !== null) return;
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(STDOUT, bytes, done, bytes.length - done);
    } catch (error) {
      failure = asError(error);
      ended();
    }
  };
  return {
    isTerminal: false,
    columns: null,
    rows: null,
    write,
    send: async (part) => {
      write(part);
      // Between two parts a signal is heard.
      await new Promise((resolve) => setImmediate(resolve));
      return failure === null;
    },
    async end() {
      if (failure !== null || !fstatSync(STDOUT).isFile()) return failure;
      // A network filesystem says at the latest here that there was no room.
      try {
        closeSync(STDOUT);
      } catch (error) {
        failure = asError(error);
      }
      return failure;
    },
  };
}

/** A pipe, a socket, a terminal. */
function streamOutput(
  stream: Pick<NodeJS.WriteStream, 'write' | 'on' | 'isTTY' | 'columns' | 'rows'>,
  ended: () => void,
): Output {
  let open = true;
  let failure: Error | null = null;
  const failed = (error: NodeJS.ErrnoException): void => {
    if (!open) return;
    open = false;
    // The reader went away, as `head` does: what it has not read is not missed.
    if (error.code === 'EPIPE') return;
    failure = error;
    ended();
  };
  stream.on('error', failed);
  const send = (part: string | Uint8Array): Promise<boolean> =>
    new Promise((resolve) => {
      if (!open) return resolve(false);
      stream.write(part, (error) => {
        if (error != null) failed(error);
        resolve(open);
      });
    });
  return {
    isTerminal: stream.isTTY === true,
    columns: stream.isTTY === true && stream.columns > 0 ? stream.columns : null,
    rows: stream.isTTY === true && stream.rows > 0 ? stream.rows : null,
    write: (part) => void send(part),
    send,
    async end() {
      // The stream keeps the order: what was written before is written then.
      await send('');
      return failure;
    },
  };
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
