import { SourceError } from '../source/source.ts';
import { type FileHost, type FileStatus, type ReadHandle, systemError } from './fileHost.ts';

/** Open files at a time. Half of the smallest limit in use (256 on macOS) leaves room for everything else. */
const MAX_OPEN = 128;

interface Slot {
  readonly handle: Promise<ReadHandle>;
  users: number;
}

/** A file that may be closed between two reads and is opened again when needed. */
export interface PooledFile {
  readonly path: string;
  readonly dev: bigint;
  readonly ino: bigint;
}

/** Keeps few files open however many are in use: a pool of hundreds of disks must not meet the limit of the process. */
export interface HandlePool {
  readonly host: FileHost;
  /**
   * @param work gets a handle that stays open until its promise settles
   * @throws SourceError when the file cannot be opened, or its path now leads to another file
   */
  use<T>(file: PooledFile, work: (handle: ReadHandle) => Promise<T>): Promise<T>;
  /** Closes the file; it may be used again. */
  release(file: PooledFile): Promise<void>;
  releaseAll(): Promise<void>;
}

export function handlePool(host: FileHost, maxOpen = MAX_OPEN): HandlePool {
  // Ordered by last use, the oldest first.
  const slots = new Map<PooledFile, Slot>();

  async function release(file: PooledFile): Promise<void> {
    const slot = slots.get(file);
    slots.delete(file);
    const handle = await slot?.handle.catch(() => null);
    await handle?.close();
  }

  async function makeRoom(): Promise<void> {
    if (slots.size < maxOpen) return;
    const idle = [...slots].find(([, { users }]) => users === 0);
    if (idle !== undefined) await release(idle[0]);
  }

  return {
    host,
    release,
    async releaseAll() {
      await Promise.all([...slots.keys()].map(release));
    },
    async use(file, work) {
      let slot = slots.get(file);
      if (slot === undefined) {
        slot = { handle: makeRoom().then(() => openChecked(host, file)), users: 0 };
      }
      slots.delete(file);
      slots.set(file, slot);
      slot.users++;
      try {
        return await work(await slot.handle);
      } catch (error) {
        // A handle that never came is not kept: the next read tries again.
        if ((await slot.handle.catch(() => null)) === null && slots.get(file) === slot) slots.delete(file);
        throw error;
      } finally {
        slot.users--;
      }
    },
  };
}

async function openChecked(host: FileHost, file: PooledFile): Promise<ReadHandle> {
  const place = { source: file.path, offset: 0, path: [] };
  let handle: ReadHandle | null = null;
  try {
    handle = await host.open(file.path);
    const status: FileStatus = await handle.stat();
    if (status.dev === file.dev && status.ino === file.ino) return handle;
  } catch (error) {
    await handle?.close();
    throw systemError(error, place);
  }
  await handle.close();
  throw new SourceError('source-changed', 'the path now leads to another file', place);
}
