import { LimitError } from '../bytes/errors.ts';
import type { RemotePlace } from '../source/network/remotePlace.ts';
import { type ByteSource, EndedError, SourceError, type SourceRun } from '../source/source.ts';
import { blockGeometry, measureByReading } from './blockDevice.ts';
import { FILE_HOST, type FileStatus, type ReadHandle, readPatiently, systemError } from './fileHost.ts';
import { type HandlePool, handlePool, type PooledFile } from './handlePool.ts';
import { measureRawDisk, rawDiskShape } from './rawDisk.ts';

/** A source that holds something of the system. */
export interface OpenSource extends ByteSource {
  /** Reads under way may fail. Closing twice does no harm. */
  close(): Promise<void>;
}

/** A file or a block device, opened read-only, or what stands for one. */
export interface FileSource extends OpenSource {
  /** `given`: a program handed its bytes in, and the system knows nothing of it. */
  readonly origin: 'path' | 'given' | RemotePlace;
  readonly block: boolean;
  /** Bytes a logical sector of a block device; null for a file, which has none. */
  readonly sectorSize: number | null;
  /** The same for two paths that lead to the same bytes, of which `diskOffset` says where they begin. */
  readonly disk: string;
  readonly diskOffset: number;
}

/** One request to the system; larger reads are made of several. */
const MAX_REQUEST = 64 * 1024 * 1024;

/**
 * Opens a regular file or a block device for reading, and never otherwise.
 *
 * @param path as the user named it; the source's name
 * @param pool shared by files that are open together
 * @throws SourceError `ENOENT`, `EACCES`...; `not-a-source` for what has no bytes at an offset; `source-empty`
 * @throws LimitError for 2^53 bytes or more
 */
export async function openFileSource(path: string, pool: HandlePool = handlePool(FILE_HOST)): Promise<FileSource> {
  const place = { source: path, offset: 0, path: [] };
  const status = await pool.host.stat(path).catch((error: unknown) => Promise.reject(systemError(error, place)));
  const raw = status.isCharacterDevice() && (pool.host.system ?? 'linux') !== 'linux';
  const refused = raw ? null : refusal(status);
  if (refused !== null) throw new SourceError('not-a-source', refused, place);
  const file = { path, dev: status.dev, ino: status.ino };
  try {
    const shape = raw
      ? await shapeOfRawDisk(pool, file, status)
      : status.isBlockDevice()
        ? await shapeOfDevice(pool, file, status)
        : shapeOfFile(file, status);
    // Opened once now, so that a missing permission is said before anything is read.
    await pool.use(file, async () => undefined);
    const read = reader(pool, file, shape);
    const runs = holesOf(pool, file);
    let closed = false;
    return {
      name: path,
      origin: 'path',
      ...shape,
      // A closed file is not opened again by the pool behind the caller's back.
      read: (...range) =>
        closed ? Promise.reject(new SourceError('source-closed', 'it was closed', place)) : read(...range),
      ...(status.isFile() && {
        runs: (offset, length, signal) =>
          closed
            ? Promise.reject(new SourceError('source-closed', 'it was closed', place))
            : runs(offset, length, signal),
      }),
      async close() {
        closed = true;
        await pool.release(file);
      },
    };
  } catch (error) {
    await pool.release(file);
    throw error;
  }
}

type Shape = Pick<FileSource, 'size' | 'block' | 'sectorSize' | 'disk' | 'diskOffset'>;

function shapeOfFile({ path }: PooledFile, { dev, ino, size }: FileStatus): Shape {
  return { size: checkSize(path, size), block: false, sectorSize: null, disk: `file ${dev}:${ino}`, diskOffset: 0 };
}

async function shapeOfDevice(pool: HandlePool, file: PooledFile, { rdev }: FileStatus): Promise<Shape> {
  const { sectorSize, disk, diskOffset, ...known } = await blockGeometry(pool.host, rdev).catch((error: unknown) =>
    asSourceError(error, file.path),
  );
  const measure = (handle: ReadHandle) => measureByReading(handle, sectorSize, file.path);
  const size = known.size ?? (await pool.use(file, measure).catch((error: unknown) => asSourceError(error, file.path)));
  return { size: checkSize(file.path, BigInt(size)), block: true, sectorSize, disk: `block ${disk}`, diskOffset };
}

/** Sectors of disks, for who has to try: reads of any other length fail. */
const SECTORS = [512, 4096];

/** @throws SourceError `not-a-source` for a character device that is no disk */
async function shapeOfRawDisk(pool: HandlePool, file: PooledFile, { rdev }: FileStatus): Promise<Shape> {
  const { path } = file;
  // A missing permission is said before any program is asked.
  await pool.use(file, async () => undefined);
  let shape = await rawDiskShape(pool.host, path);
  for (const sectorSize of SECTORS) {
    if (shape !== null) break;
    const size = await pool.use(file, (handle) => measureRawDisk(handle, sectorSize));
    if (size > 0) shape = { size, sectorSize };
  }
  if (shape === null) {
    const message = 'it is a character device and no disk: nothing can be read of it by the sector';
    throw new SourceError('not-a-source', message, { source: path, offset: 0, path: [] });
  }
  const size = checkSize(path, BigInt(shape.size));
  return { size, block: true, sectorSize: shape.sectorSize, disk: `raw ${rdev}`, diskOffset: 0 };
}

function asSourceError(error: unknown, path: string): never {
  if (error instanceof SourceError || error instanceof LimitError) throw error;
  throw systemError(error, { source: path, offset: 0, path: [] });
}

function checkSize(path: string, size: bigint): number {
  const place = { source: path, offset: 0, path: [] };
  if (size === 0n) throw new SourceError('source-empty', 'it is empty: 0 bytes', place);
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw new LimitError(`${size} bytes, and 2^53 are too many`, place);
  return Number(size);
}

function refusal(status: FileStatus): string | null {
  if (status.isFile() || status.isBlockDevice()) return null;
  if (status.isDirectory()) return 'it is a directory, and a part of it was asked for';
  if (status.isFIFO()) return 'it is a FIFO, which cannot be read at an offset: copy it to a file first';
  if (status.isSocket()) return 'it is a socket';
  if (status.isCharacterDevice()) return 'it is a character device: give the block device, or a copy of it in a file';
  return 'it is neither a file nor a block device';
}

/** On a device with sectors the request is widened to whole ones, which a raw device demands. */
function reader(pool: HandlePool, file: PooledFile, { size, sectorSize }: Shape): ByteSource['read'] {
  return async (offset, length, signal, into) => {
    signal?.throwIfAborted();
    if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
      const place = { source: file.path, offset, path: [] };
      throw new SourceError('source-short', `wanted ${offset}+${length} of ${size} bytes`, place);
    }
    const unit = sectorSize ?? 1;
    const begin = offset - (offset % unit);
    const end = Math.min(size, Math.ceil((offset + length) / unit) * unit);
    const range = { begin, length: end - begin, lead: offset - begin };
    const bytes = await pool.use(file, (handle) => readFully(handle, file.path, range, signal, into));
    return bytes.subarray(offset - begin, offset - begin + length);
  };
}

/** Holes that are worth a look: what is shorter is read with what lies around it. */
const SHORTEST_HOLE = 64 * 1024;

/** Data and holes of a file, as its file system has them. */
function holesOf(pool: HandlePool, file: PooledFile): NonNullable<ByteSource['runs']> {
  return async (offset, length, signal) => {
    signal?.throwIfAborted();
    const end = offset + length;
    const extents = await pool.use(file, async (handle) => (await handle.dataExtents?.(offset, end)) ?? null);
    const runs: SourceRun[] = [];
    const add = (kind: 'data' | 'zero', to: number): void => {
      const last = runs.at(-1);
      const from = last === undefined ? offset : last.offset + last.length;
      if (to === from) return;
      if (last?.kind === kind) runs[runs.length - 1] = { ...last, length: to - last.offset };
      else runs.push({ kind, offset: from, length: to - from });
    };
    let at = offset;
    const hole = (to: number): void => add(to - at < SHORTEST_HOLE ? 'data' : 'zero', to);
    for (let i = 0; extents !== null && i + 1 < extents.length; i += 2) {
      const [from = end, to = end] = extents.subarray(i, i + 2);
      hole(from);
      add('data', to);
      at = to;
    }
    if (extents === null) add('data', end);
    else hole(end);
    return runs;
  };
}

/** @param lead bytes before those that were asked for */
async function readFully(
  handle: ReadHandle,
  path: string,
  { begin: offset, length, lead }: { readonly begin: number; readonly length: number; readonly lead: number },
  signal?: AbortSignal,
  into?: Uint8Array,
): Promise<Uint8Array> {
  // Not zeroed first: every byte is read or the whole is thrown away.
  const spare = into !== undefined && into.length >= length;
  const bytes = spare ? into.subarray(0, length) : new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  let done = 0;
  while (done < length) {
    signal?.throwIfAborted();
    const place = { source: path, offset: offset + done, path: [] };
    const wanted = Math.min(length - done, MAX_REQUEST);
    const { bytesRead } = await readPatiently(handle, bytes, done, wanted, offset + done).catch((error: unknown) =>
      Promise.reject(systemError(error, place)),
    );
    if (bytesRead === 0) {
      const message = `it ended here while ${length - done} more bytes were expected`;
      throw new EndedError(message, place, Math.max(0, done - lead));
    }
    done += bytesRead;
  }
  return bytes;
}
