import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { chmod, copyFile, type FileHandle, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { OutputError, UsageError } from '../bytes/errors.ts';
import { systemPath } from './systemPath.ts';

/** Bytes of a file, and where in it they begin. */
export interface FilePiece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export type Pieces = AsyncIterable<FilePiece> | Iterable<FilePiece>;

export interface FileShape {
  /** Bytes of the whole file; what no piece covers is a hole. Without it, as far as the pieces go. */
  readonly size?: number;
  /** A file that the new one begins as: by its very blocks where the file system can share them, else by its data without the holes. */
  readonly cloneOf?: string | null;
  /** What is written before the pieces where that could not be. */
  readonly otherwise?: Pieces;
  readonly executable?: boolean;
}

/**
 * A folder that is there with all that is in it, or not at all: it is made under another name beside its place, and gets
 * its own at the end. Whatever ends the work before leaves nothing that looks like it.
 */
export class NewFolder {
  /** Absolute. */
  readonly path: string;
  readonly #made: string;

  private constructor(path: string, made: string) {
    this.path = path;
    this.#made = made;
  }

  /**
   * @param path that is not there yet, or is an empty folder
   * @throws UsageError when it is something else, or what it would be in is no folder; OutputError when it cannot be made
   */
  static async begin(path: string): Promise<NewFolder> {
    const whole = resolve(path);
    const there = await readdir(whole).then(
      (names) => (names.length === 0 ? null : 'there is something in it already'),
      (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? null : 'it is no folder that can be read'),
    );
    if (there !== null) throw new UsageError(`${path}: ${there}; name a folder that is not there yet`);
    const parent = await stat(dirname(whole)).catch(() => null);
    if (!parent?.isDirectory()) throw new UsageError(`${path}: ${dirname(whole)} is no folder`);
    try {
      return new NewFolder(whole, await mkdtemp(`${whole}.unfinished-`));
    } catch (error) {
      throw unwritten(whole, error);
    }
  }

  /**
   * Writes a file, down to the disk.
   *
   * @param name in the folder
   * @param pieces in any order; of two that overlap the later one counts
   * @throws OutputError; what `pieces` throws
   */
  async write(
    name: string,
    pieces: AsyncIterable<FilePiece> | Iterable<FilePiece>,
    shape: FileShape = {},
  ): Promise<void> {
    const path = join(this.#made, name);
    const { size, cloneOf = null, otherwise = [], executable = false } = shape;
    const cloned = cloneOf !== null && ((await cloneFile(cloneOf, path)) || (await copyData(cloneOf, path)));
    const file = await open(path, cloned ? 'r+' : 'wx', executable ? 0o755 : 0o644).catch((error: unknown) => {
      throw unwritten(path, error);
    });
    try {
      if (!cloned) await writePieces(file, otherwise, path);
      await writePieces(file, pieces, path);
      if (size !== undefined) await file.truncate(size);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** Gives the folder its name. @throws OutputError */
  async finish(): Promise<void> {
    try {
      await sync(this.#made);
      await rename(this.#made, this.path);
      await sync(dirname(this.path));
    } catch (error) {
      throw unwritten(this.path, error);
    }
  }

  /** Takes away what was written. */
  async discard(): Promise<void> {
    await rm(this.#made, { recursive: true, force: true });
  }
}

async function writePieces(file: FileHandle, pieces: Pieces, path: string): Promise<void> {
  for await (const { offset, bytes } of pieces) {
    for (let done = 0; done < bytes.length; ) {
      const part = await file.write(bytes, done, bytes.length - done, offset + done).catch((error: unknown) => {
        throw unwritten(path, error);
      });
      done += part.bytesWritten;
    }
  }
}

/** @returns whether the file system could */
async function cloneFile(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(systemPath(from), to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
    return true;
  } catch {
    await rm(to, { force: true });
    return false;
  }
}

/** Where systems have the program that knows where the holes of a file are, which Node does not tell. */
const COPIERS = ['/bin/cp', '/usr/bin/cp'];

/**
 * Copies a file and reads none of its holes, which of a disk of many TB may be nearly all.
 *
 * @returns whether it could: another system has another cp, and one place that cannot be read ends it
 */
async function copyData(from: string, to: string): Promise<boolean> {
  const path = systemPath(from);
  if (process.platform !== 'linux' || typeof path !== 'string') return false;
  for (const copier of COPIERS) {
    try {
      await promisify(execFile)(copier, ['--sparse=always', '--reflink=auto', '--', resolve(path), to]);
      await chmod(to, 0o644);
      return true;
    } catch {
      await rm(to, { force: true });
    }
  }
  return false;
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unwritten(path: string, error: unknown): Error {
  if (!(error instanceof Error) || !('code' in error)) return error instanceof Error ? error : new Error(String(error));
  return new OutputError(`${path}: could not be written: ${error.message}`, { cause: error });
}
