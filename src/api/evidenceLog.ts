import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import type { Engine } from '../block/engine.ts';
import { OutputError, UsageError } from '../bytes/errors.ts';
import { jsonSafe } from '../document/jsonSafe.ts';
import { decisionsOf, type LogEvent, type LogLine } from '../document/logLine.ts';
import type { DocumentError } from '../document/parts.types.ts';
import { chooseEngine } from '../node/engine.ts';
import { listenToReads } from '../node/fileHost.ts';
import { refuseOnSources } from '../node/outputIs.ts';
import { systemPath } from '../node/systemPath.ts';
import { toolInfo } from './toolInfo.ts';

export interface LogOptions {
  /** Paths that the file must not lie on. */
  readonly sources?: readonly string[] | undefined;
  readonly commandLine?: readonly string[] | undefined;
  readonly engine?: Engine | undefined;
}

/** With what a log begins. */
const LOG_START = '{"schema":"zfs-uber/log/';

/** Bytes that may wait to be written. */
const WAITING = 64 * 1024;

/** What of a run is written while it runs: see {@link openLog}. */
export interface EvidenceLog {
  /** Writes what a document of `scan` or `verify` decides. */
  decided(document: object): void;
  /** Counts and hashes what was printed. */
  printed(part: string | Uint8Array): void;
  /**
   * Writes the last line and closes the file.
   *
   * @throws OutputError when the file could not be written whole
   */
  end(status?: number | null): void;
}

/**
 * Appends to a file a line of JSON for each thing that this process opens and reads of sources from now on, with the SHA-256 of what came, until
 * its end; a second log takes the place of the first. Lines have the form of `schema/log.json`, and each has the digest of
 * the one before.
 *
 * @param file made where it is not there; what is in it stays
 * @throws UsageError when it lies on a source, or is there and no log; OutputError when it cannot be written
 */
export function openLog(file: string, options: LogOptions = {}): EvidenceLog {
  const { sources = [], commandLine = null, engine = chooseEngine() } = options;
  refuseOnSources(file, sources);
  const lines = new LogFile(file);
  lines.add({
    event: 'begin',
    tool: toolInfo(engine),
    commandLine,
    folder: process.cwd(),
    host: [`node ${process.versions.node}`, `${process.platform} ${process.arch}`],
    sources,
  });
  const output = createHash('sha256');
  let outputBytes = 0;
  listenToReads({
    opened(path, found, error) {
      const { identity = null, size = null } = found ?? {};
      lines.add({ event: 'open', path, identity, sizeBytes: size?.toString() ?? null, error: errorEntry(error) });
    },
    read(path, { offset, length }, bytes, error) {
      const sha256 = bytes === null ? null : createHash('sha256').update(bytes).digest('hex');
      const read = { readBytes: bytes?.length ?? 0, sha256, error: errorEntry(error) };
      lines.add({ event: 'read', path, offsetBytes: String(offset), lengthBytes: length, ...read });
    },
  });
  return {
    decided(document) {
      for (const decision of decisionsOf(document)) lines.add(decision);
    },
    printed(part) {
      output.update(part);
      outputBytes += typeof part === 'string' ? Buffer.byteLength(part) : part.length;
    },
    end(status = null) {
      listenToReads(null);
      const outputSha256 = outputBytes === 0 ? null : output.digest('hex');
      lines.add({ event: 'end', status, outputBytes, outputSha256 });
      lines.close();
    },
  };
}

class LogFile {
  readonly #path: string;
  readonly #descriptor: number;
  #waiting: string[] = [];
  #bytes = 0;
  #sequence = 0;
  #previous: string | null = null;
  #failure: unknown = null;

  constructor(path: string) {
    this.#path = path;
    this.#descriptor = this.#writing(() =>
      // A link could lead to a source, and a FIFO would wait for a reader.
      openSync(
        systemPath(path),
        constants.O_WRONLY |
          constants.O_APPEND |
          constants.O_CREAT |
          (constants.O_NOFOLLOW ?? 0) |
          (constants.O_NONBLOCK ?? 0),
        0o600,
      ),
    );
    const wrong = this.#writing(() => notALog(path, this.#descriptor));
    if (wrong === null) return;
    closeSync(this.#descriptor);
    throw new UsageError(`${path} ${wrong}`);
  }

  add(entry: LogEvent): void {
    const made: LogLine = {
      schema: 'zfs-uber/log/1',
      sequence: this.#sequence++,
      writtenAt: new Date().toISOString(),
      previous: this.#previous,
      entry,
    };
    const line = jsonSafe(JSON.stringify(made));
    this.#previous = createHash('sha256').update(line).digest('hex');
    this.#waiting.push(`${line}\n`);
    this.#bytes += line.length + 1;
    if (this.#bytes >= WAITING) this.#flush();
  }

  /** @throws OutputError */
  close(): void {
    this.#flush();
    this.#writing(() => {
      if (this.#failure !== null) throw this.#failure;
      fsyncSync(this.#descriptor);
    });
    closeSync(this.#descriptor);
  }

  /** What fails here is said at the end: no read fails for it. */
  #flush(): void {
    const bytes = Buffer.from(this.#waiting.join(''));
    this.#waiting = [];
    this.#bytes = 0;
    if (this.#failure !== null) return;
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#descriptor, bytes, done);
    } catch (error) {
      this.#failure = error;
    }
  }

  #writing<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new OutputError(`${this.#path}: the log could not be written: ${message}`, { cause: error });
    }
  }
}

/** What else is there may be a part of a source, of which its name says nothing: a parent of an image, a segment. */
function notALog(path: string, descriptor: number): string | null {
  const status = fstatSync(descriptor);
  if (!status.isFile()) return 'is no regular file: a log is appended to a file and to nothing else';
  if (status.size === 0) return null;
  const start = Buffer.alloc(LOG_START.length);
  const reading = openSync(systemPath(path), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    const { dev, ino } = fstatSync(reading);
    const same = dev === status.dev && ino === status.ino;
    const length = readSync(reading, start, 0, start.length, 0);
    if (same && start.toString('latin1', 0, length) === LOG_START) return null;
  } finally {
    closeSync(reading);
  }
  return 'is there already and is no log: a log is appended to another one alone';
}

function errorEntry(error: unknown): DocumentError | null {
  if (error === null) return null;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
  return { code, message: error instanceof Error ? error.message : String(error) };
}
