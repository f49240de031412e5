import { type FileHandle, link, lstat, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OutputError, UsageError } from '../bytes/errors.ts';
import { systemPath } from './systemPath.ts';

/** A file in the making. Under its name it is there whole or not at all. */
export interface NewFile {
  /** Adds to its end. @throws OutputError */
  write(part: Uint8Array): Promise<void>;
  /** Gives it its name, when all of it is on the disk. @throws OutputError; UsageError when another has taken the name */
  commit(): Promise<void>;
  /** Leaves nothing of it. Does nothing after `commit`. */
  abandon(): Promise<void>;
}

/**
 * Begins a file that is not there yet: what is there may be a source, and is never written to.
 *
 * @throws UsageError when something of that name is there; OutputError when it cannot be made
 */
export async function newFile(path: string): Promise<NewFile> {
  if (await isThere(path)) throw new UsageError(`${path} is there already: nothing is ever overwritten`);
  // Hidden, so that it is no source of a directory that is read meanwhile.
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  let handle: FileHandle | null = await doing(path, () => open(systemPath(draft), 'wx', 0o600));
  const close = async (): Promise<void> => {
    await handle?.close();
    handle = null;
  };
  let named = false;
  return {
    async write(part) {
      for (let done = 0; done < part.length; ) {
        const rest = part.length - done;
        done += (await doing(path, async () => handle?.write(part, done, rest)))?.bytesWritten ?? rest;
      }
    },
    async commit() {
      await doing(path, async () => handle?.sync());
      await doing(path, close);
      await doing(path, () => takeName(draft, path));
      named = true;
    },
    async abandon() {
      if (named) return;
      await close().catch(() => {});
      await unlink(systemPath(draft)).catch(() => {});
    },
  };
}

/** A link does not take the place of what came meanwhile, as a new name would; file systems without links have the new name. */
async function takeName(draft: string, path: string): Promise<void> {
  try {
    await link(systemPath(draft), systemPath(path));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST' || (await isThere(path))) throw new UsageError(`${path} is there already: it came meanwhile`);
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS' && code !== 'EOPNOTSUPP') throw error;
    await rename(systemPath(draft), systemPath(path));
    return;
  }
  await unlink(systemPath(draft));
}

/** Also where a link of that name leads nowhere. */
const isThere = (path: string): Promise<boolean> =>
  lstat(systemPath(path)).then(
    () => true,
    () => false,
  );

async function doing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) === null) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new OutputError(`${path} could not be written: ${message}`, { cause: error });
  }
}

const codeOf = (error: unknown): string | null =>
  error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : null;
