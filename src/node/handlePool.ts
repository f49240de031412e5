import { SourceError } from '../source/source.ts';
import { DeviceMedia } from './deviceMedia.ts';
import { type FileHost, type FileStatus, type ReadHandle, systemError } from './fileHost.ts';
import { isFull, sourcesAtATime } from './openFiles.ts';

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

/**
 * Keeps few files open however many are in use: a pool of hundreds of disks must not meet the limit of the process. Who
 * comes when all are being read waits.
 */
export interface HandlePool {
  readonly host: FileHost;
  /** How what it opens is read where it fails. */
  readonly media: DeviceMedia;
  /**
   * @param work gets a handle that stays open until its promise settles
   * @throws SourceError when the file cannot be opened, or its path now leads to another file
   */
  use<T>(file: PooledFile, work: (handle: ReadHandle) => Promise<T>): Promise<T>;
  /** Closes the file; it may be used again. */
  release(file: PooledFile): Promise<void>;
  releaseAll(): Promise<void>;
}

export function handlePool(host: FileHost, maxOpen?: number, media = new DeviceMedia()): HandlePool {
  // Ordered by last use, the oldest first.
  const slots = new Map<PooledFile, Slot>();
  const waiting: (() => void)[] = [];
  let most = maxOpen ?? null;
  /** Handles that are open or being opened. */
  let open = 0;

  /** Something may have been given back. */
  const wake = (): void => waiting.shift()?.();

  async function release(file: PooledFile): Promise<void> {
    const slot = slots.get(file);
    slots.delete(file);
    const handle = (await slot?.handle.catch(() => null)) ?? null;
    if (handle === null) return;
    await handle.close();
    open--;
    wake();
  }

  async function makeRoom(): Promise<void> {
    // There is always room for one, and to ask the system takes longer than to open it.
    while (open > 0) {
      most ??= sourcesAtATime();
      if (open < most) break;
      const idle = [...slots].find(([, { users }]) => users === 0);
      if (idle !== undefined) await release(idle[0]);
      else await new Promise<void>((resolve) => waiting.push(resolve));
    }
    open++;
  }

  async function openInTurn(file: PooledFile): Promise<ReadHandle> {
    for (;;) {
      await makeRoom();
      try {
        return await openChecked(host, file);
      } catch (error) {
        open--;
        wake();
        // What is open is all that there is room for. Without any, others have it, and waiting does not help.
        if (!isFull(error) || open === 0) throw error;
        most = open;
      }
    }
  }

  return {
    host,
    media,
    release,
    async releaseAll() {
      await Promise.all([...slots.keys()].map(release));
    },
    async use(file, work) {
      let slot = slots.get(file);
      if (slot === undefined) slot = { handle: openInTurn(file), users: 0 };
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
        if (slot.users === 0) wake();
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
