import { close, constants, fstat, open, read, readdir, readFile, realpath, stat } from 'node:fs';
import { promisify } from 'node:util';
import { fileNameOf } from '../bytes/fileName.ts';
import type { Place } from '../bytes/place.ts';
import { type ByteSource, SourceError } from '../source/source.ts';
import { systemCode } from '../source/sourceCodes.ts';
import { mayBeLossy, systemPath } from './systemPath.ts';
import { isWindowsDisk, type System, systemOf } from './systems.ts';

/** What is asked of `stat`; a symbolic link was followed. */
export interface FileStatus {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly rdev: bigint;
  readonly size: bigint;
  isFile(): boolean;
  isDirectory(): boolean;
  isBlockDevice(): boolean;
  isCharacterDevice(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

/** An open file that can only be read. */
export interface ReadHandle {
  read(buffer: Uint8Array, at: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  stat(): Promise<FileStatus>;
  close(): Promise<void>;
  /**
   * Where a file has data between two bytes: start, end, start, end... Null where nothing says so, and all may be; absent
   * for what is no file.
   */
  dataExtents?(from: number, to: number): Promise<Float64Array | null>;
}

/** The operating system as far as sources need it: there is no way to write through it. Paths as in bytes/fileName. */
export interface FileHost {
  stat(path: string): Promise<FileStatus>;
  open(path: string): Promise<ReadHandle>;
  /** Names, unordered. */
  list(path: string): Promise<readonly string[]>;
  /** The path without links. Absent where a host has none. */
  real?(path: string): Promise<string>;
  /** A small text file, as in /sys. */
  readText(path: string): Promise<string>;
  /** Absent for Linux. */
  readonly system?: System;
  /** What a program of the system says of its disks; null where it is not there, or fails. Absent where none is asked. */
  ask?(program: string, ...args: readonly string[]): Promise<string | null>;
}

// Non-blocking matters only where a FIFO takes the place of a file between stat and open: that open would hang.
const READ_ONLY = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

// Node's module of promises takes longer to load than the labels of a disk to read, and a read through it is no faster.
const calls = {
  close: promisify(close),
  fstat: promisify(fstat),
  open: promisify(open),
  read: (fd: number, buffer: Uint8Array, at: number, length: number, position: number) =>
    new Promise<{ bytesRead: number }>((resolve, reject) => {
      read(fd, buffer, at, length, position, (error, bytesRead) =>
        error === null ? resolve({ bytesRead }) : reject(error),
      );
    }),
  readdir: promisify(readdir),
  readFile: promisify(readFile),
  realpath: promisify(realpath),
  stat: promisify(stat),
};

const SYSTEM = systemOf(process.platform);

const NODE: FileHost = {
  system: SYSTEM,
  stat: (path) => (isWindowsDisk(SYSTEM, path) ? windowsDisk(path) : calls.stat(systemPath(path), { bigint: true })),
  async open(path) {
    const fd = await calls.open(systemPath(path), READ_ONLY);
    return openFile(fd, () => (isWindowsDisk(SYSTEM, path) ? windowsDisk(path) : calls.fstat(fd, { bigint: true })));
  },
  async list(path) {
    const names = await calls.readdir(systemPath(path));
    if (!names.some(mayBeLossy)) return names;
    return (await calls.readdir(systemPath(path), { encoding: 'buffer' })).map(fileNameOf);
  },
  // A character a byte: no two paths are taken for one.
  real: (path) => calls.realpath(systemPath(path), 'latin1'),
  readText: (path) => calls.readFile(path, 'utf8'),
  async ask(program, ...args) {
    const { execFile } = await import('node:child_process');
    return new Promise((resolve) => {
      execFile(program, args, { timeout: LONGEST_ANSWER, maxBuffer: 16 << 20, windowsHide: true }, (error, stdout) => {
        resolve(error === null ? stdout : null);
      });
    });
  },
};

/** The file is closed when all that was asked of it has ended: its number may be another file's by then. */
function openFile(fd: number, stat: () => Promise<FileStatus>): ReadHandle {
  let calling = 0;
  let closed: Promise<void> | null = null;
  let ended = (): void => {};
  async function whileOpen<T>(call: () => Promise<T>): Promise<T> {
    if (closed !== null) throw Object.assign(new Error('file closed'), { code: 'EBADF', syscall: 'read' });
    calling++;
    try {
      return await call();
    } finally {
      if (--calling === 0) ended();
    }
  }
  return {
    read: (buffer, at, length, position) => whileOpen(() => calls.read(fd, buffer, at, length, position)),
    stat: () => whileOpen(stat),
    dataExtents: (from, to) =>
      whileOpen(async () => {
        // Loaded where somebody asks: few do.
        const { workingAddon } = await import('./engine.ts');
        return workingAddon()?.dataExtents(fd, from, to) ?? null;
      }),
    async close() {
      closed ??= closeAfter(calling === 0 ? null : new Promise((resolve) => (ended = resolve)), fd);
      await closed;
    },
  };
}

async function closeAfter(last: Promise<void> | null, fd: number): Promise<void> {
  if (last !== null) await last;
  await calls.close(fd);
}

/** Milliseconds that a program of the system may take. */
const LONGEST_ANSWER = 20_000;

/** Windows does not tell what it tells of a file. */
async function windowsDisk(path: string): Promise<FileStatus> {
  const [, number = '0'] = /(\d+)$/.exec(path) ?? [];
  const no = (): boolean => false;
  const kinds = { isFile: no, isDirectory: no, isBlockDevice: no, isFIFO: no, isSocket: no };
  const id = BigInt(number);
  return { dev: -1n, ino: id, rdev: id, size: 0n, ...kinds, isCharacterDevice: () => true };
}

/** What was opened. */
export interface Opened {
  /** Tells it from all others: `file DEV:INODE`, `device RDEV`, `network`. */
  readonly identity: string;
  /** Bytes; what the system says of a device may be 0. */
  readonly size: bigint;
}

/** Told of what is opened and read. */
export interface ReadListener {
  /** @param found null with the error that kept it from being opened */
  readonly opened: (path: string, found: Opened | null, error: unknown) => void;
  /** @param bytes that came; null with the error that the read failed with */
  readonly read: (path: string, range: ReadRange, bytes: Uint8Array | null, error: unknown) => void;
}

export interface ReadRange {
  readonly offset: number;
  readonly length: number;
}

/** `host`, with `listener` told of all that is asked of it. */
function heard(host: FileHost, listener: ReadListener): FileHost {
  return {
    ...host,
    async open(path) {
      try {
        const handle = await host.open(path);
        listener.opened(path, openedAs(await handle.stat()), null);
        return heardHandle(path, handle, listener);
      } catch (error) {
        listener.opened(path, null, error);
        throw error;
      }
    },
  };
}

const openedAs = (status: FileStatus): Opened => ({
  identity: status.isBlockDevice() ? `device ${status.rdev}` : `file ${status.dev}:${status.ino}`,
  size: status.size,
});

/**
 * What `open` gives, with who listens told of it and of all that is read of it.
 *
 * @param name by which it is told of: without what is secret in an address
 * @throws what `open` throws
 */
export async function heardSource<Source extends ByteSource>(
  name: string,
  open: () => Promise<Source>,
): Promise<Source> {
  const heardBy = listening;
  if (heardBy === null) return open();
  try {
    const source = await open();
    heardBy.opened(name, { identity: 'network', size: BigInt(source.size) }, null);
    return {
      ...source,
      read: (offset, length, signal, into) =>
        told(
          heardBy,
          name,
          { offset, length },
          () => source.read(offset, length, signal, into),
          (bytes) => bytes,
        ),
    };
  } catch (error) {
    heardBy.opened(name, null, error);
    throw error;
  }
}

function heardHandle(path: string, handle: ReadHandle, listener: ReadListener): ReadHandle {
  return {
    stat: () => handle.stat(),
    close: () => handle.close(),
    ...(handle.dataExtents && { dataExtents: (from, to) => handle.dataExtents?.(from, to) ?? Promise.resolve(null) }),
    read: (buffer, at, length, position) =>
      told(
        listener,
        path,
        { offset: position, length },
        () => handle.read(buffer, at, length, position),
        ({ bytesRead }) => buffer.subarray(at, at + bytesRead),
      ),
  };
}

/** What `read` gives, with `listener` told of it. */
async function told<T>(
  listener: ReadListener,
  path: string,
  range: ReadRange,
  read: () => Promise<T>,
  bytesOf: (answer: T) => Uint8Array,
): Promise<T> {
  try {
    const answer = await read();
    listener.read(path, range, bytesOf(answer), null);
    return answer;
  } catch (error) {
    listener.read(path, range, null, error);
    throw error;
  }
}

let host = NODE;
let listening: ReadListener | null = null;

/** The system that this process runs on, with who listens to all that is read of it. */
export const FILE_HOST: FileHost = {
  ...NODE,
  open: (path) => host.open(path),
};

/**
 * Has `listener` told of all that is opened and read from now on; null for nobody. What is open already is not told of: a
 * read costs nothing more where nobody listens.
 */
export function listenToReads(listener: ReadListener | null): void {
  host = listener === null ? NODE : heard(NODE, listener);
  listening = listener;
}

/** A signal, or a system that is short of something for a moment: the same read passes then. */
const PASSING: ReadonlySet<string> = new Set(['EINTR', 'EAGAIN']);
const MAX_REPEATS = 100;
/** After as many failures that pass a moment is left to the system before each further try. */
const AT_ONCE = 10;

/**
 * Reads again where what failed is no word about the bytes.
 *
 * @throws what the handle throws
 */
export async function readPatiently(
  handle: ReadHandle,
  ...range: Parameters<ReadHandle['read']>
): ReturnType<ReadHandle['read']> {
  for (let repeats = 0; ; repeats++) {
    try {
      return await handle.read(...range);
    } catch (error) {
      if (repeats >= MAX_REPEATS || !isSystemError(error) || !PASSING.has(error.code)) throw error;
      if (repeats >= AT_ONCE) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

const BECOME_ROOT = 'no permission to read it; become root, or read a copy';

const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of the path is no directory',
  EACCES: BECOME_ROOT,
  EPERM: BECOME_ROOT,
  EIO: 'input/output error: the device could not read these bytes',
  EMFILE: 'too many open files in this process (raise ulimit -n)',
  ENFILE: 'too many open files on this machine',
  ENXIO: 'no such device: it may have been detached',
  ENODEV: 'no such device: it may have been detached',
  ENODATA: 'no data: the device could not read these bytes',
  EILSEQ: 'the bytes fail the protection of the device',
  EREMOTEIO: 'remote input/output error: the device could not read these bytes',
  ETIMEDOUT: 'the device did not answer in time',
  ENOMEDIUM: 'no medium in the device',
  ELOOP: 'too many symbolic links in the path',
  ENAMETOOLONG: 'the path is too long',
};

/** What keeps root from reading. Source: Linux, security/device_cgroup.c, and fs/namei.c, may_open and inode_permission */
const SENTENCES_TO_ROOT: Readonly<Record<string, string>> = {
  EPERM:
    'not permitted to root either: a container or service opens only devices that it was given (docker run --device DEVICE; DeviceAllow of systemd); give it this one, or run on the host',
  EACCES:
    'no permission to read it, though this is root: a container without the capability (docker run --cap-add DAC_READ_SEARCH) or in a user namespace (rootless), a mount with nodev, a file system that takes root for nobody (NFS, FUSE), SELinux or AppArmor; run on the host, as its owner, or read a copy',
};

function sentenceOf(code: string): string | undefined {
  const isRoot = process.geteuid?.() === 0;
  return (isRoot ? SENTENCES_TO_ROOT[code] : undefined) ?? SENTENCES[code];
}

/**
 * Turns what the operating system answered into an error of ours; anything else is a bug and is thrown as it is.
 *
 * @param error as caught
 */
export function systemError(error: unknown, place: Place): SourceError {
  if (!isSystemError(error)) throw error;
  return new SourceError(systemCode(error.code), `${error.code}: ${sentenceOf(error.code) ?? error.message}`, place, {
    cause: error,
  });
}

/** Errors of Node's own argument checks have a code too, but no `syscall`. */
function isSystemError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}
