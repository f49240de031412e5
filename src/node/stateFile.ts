import { type FileHandle, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OutputError, UsageError } from '../bytes/errors.ts';
import { systemPath } from './systemPath.ts';

/** More is none that was written here. */
const LONGEST = 64 * 1024 * 1024;

/**
 * The text of a file that keeps how far a work came; null when it is not there yet.
 *
 * @throws UsageError when it cannot be read, or is too long to be one
 */
export async function readState(path: string): Promise<string | null> {
  try {
    const status = await stat(systemPath(path));
    if (!status.isFile() || status.size > LONGEST) throw new UsageError(`${path} is no file of a state`);
    return await readFile(systemPath(path), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Puts `text` in the place of what the file has: at any moment it is there whole, as it was before or as it is then.
 *
 * @throws OutputError
 */
export async function writeState(path: string, text: string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  let handle: FileHandle | null = null;
  try {
    // What another run left; a link of that name is not followed.
    await unlink(systemPath(draft)).catch(() => {});
    handle = await open(systemPath(draft), 'wx', 0o600);
    await handle.writeFile(text);
    await handle.sync();
    await handle.close();
    handle = null;
    await rename(systemPath(draft), systemPath(path));
  } catch (error) {
    await handle?.close().catch(() => {});
    await unlink(systemPath(draft)).catch(() => {});
    const message = error instanceof Error ? error.message : String(error);
    throw new OutputError(`${path} could not be written: ${message}`, { cause: error });
  }
}
