import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addonPaths } from '../../src/node/addon.ts';
import { FILE_HOST, type FileHost, type FileStatus, type ReadHandle } from '../../src/node/fileHost.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { handlePool } from '../../src/node/handlePool.ts';

let dir = '';
let image = '';
const CONTENT = Uint8Array.from({ length: 20000 }, (_, i) => i % 251);

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'zfs-uber-file-'));
  image = join(dir, 'a.img');
  writeFileSync(image, CONTENT);
});
afterAll(() => rmSync(dir, { recursive: true }));

const withAddon = process.platform === 'linux' && addonPaths().length > 0;

describe.skipIf(!withAddon)('a file with holes', () => {
  it('says where they are, and that the rest is data', async () => {
    const path = join(dir, 'holes.img');
    writeFileSync(path, '');
    truncateSync(path, 2 ** 40);
    const handle = openSync(path, 'r+');
    writeSync(handle, CONTENT, 0, CONTENT.length, 2 ** 30);
    writeSync(handle, CONTENT, 0, CONTENT.length, 2 ** 30 + 48 * 1024);
    closeSync(handle);
    const source = await openFileSource(path);
    const runs = (await source.runs?.(0, source.size)) ?? [];
    expect(runs.map(({ kind }) => kind)).toEqual(['zero', 'data', 'zero']);
    // Whole blocks of the file system, and a hole that is not worth a look.
    const [before, data] = runs;
    expect(before?.length).toBe(2 ** 30);
    expect(data?.length).toBeGreaterThanOrEqual(48 * 1024 + CONTENT.length);
    expect(data?.length).toBeLessThanOrEqual(128 * 1024);
    expect(await source.runs?.(2 ** 31, 4096)).toEqual([{ kind: 'data', offset: 2 ** 31, length: 4096 }]);
    await source.close();
    await expect(source.runs?.(0, 512)).rejects.toThrow('it was closed');
  });

  it('is all data where the system does not say', async () => {
    const host = { ...FILE_HOST, open: async (path: string) => withoutExtents(await FILE_HOST.open(path)) };
    const source = await openFileSource(image, handlePool(host));
    expect(await source.runs?.(512, 1024)).toEqual([{ kind: 'data', offset: 512, length: 1024 }]);
    await source.close();
  });
});

const withoutExtents = ({ read, stat, close }: ReadHandle): ReadHandle => ({ read, stat, close });

/** A host on which the image is the block device 8:17, and /sys has these files. */
function blockHost(sys: Record<string, string>, reads: [number, number][] = []): FileHost {
  const asDevice = (status: FileStatus): FileStatus => ({
    dev: status.dev,
    ino: status.ino,
    rdev: 0x811n,
    size: 0n,
    isFile: () => false,
    isDirectory: () => false,
    isBlockDevice: () => true,
    isCharacterDevice: () => false,
    isFIFO: () => false,
    isSocket: () => false,
  });
  return {
    ...FILE_HOST,
    stat: async (path) => asDevice(await FILE_HOST.stat(path)),
    async open(path) {
      const handle = await FILE_HOST.open(path);
      return {
        ...handle,
        read(buffer, at, length, position) {
          reads.push([position, length]);
          return handle.read(buffer, at, length, position);
        },
      };
    },
    async readText(path) {
      const text = sys[path.replace('/sys/dev/block/8:17', '')];
      if (text === undefined) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'open' });
      return text;
    },
  };
}

describe('openFileSource', () => {
  it('gives an error that Node has no name for the code UNKNOWN, and its text', async () => {
    // As of EUCLEAN, with which a damaged file system answers.
    const said = 'Unknown system error -117';
    const refused = Object.assign(new Error(`${said}: ${said}, open`), { code: said, errno: -117, syscall: 'open' });
    const host: FileHost = { ...FILE_HOST, open: () => Promise.reject(refused) };
    await expect(openFileSource(image, handlePool(host))).rejects.toMatchObject({
      code: 'UNKNOWN',
      message: expect.stringContaining(said),
    });
  });

  it('gives exactly the bytes asked for, many reads at once', async () => {
    const source = await openFileSource(image);
    const ranges = Array.from({ length: 50 }, (_, i) => [i * 397, i * 3] as const);
    const got = await Promise.all(ranges.map(([offset, length]) => source.read(offset, length)));
    for (const [i, [offset, length]] of ranges.entries()) {
      expect(got[i]).toEqual(CONTENT.slice(offset, offset + length));
    }
    expect(source.size).toBe(20000);
    await source.close();
    await source.close();
  });

  it('opens a file that it may not write, and leaves its change times alone', async () => {
    const before = statSync(image, { bigint: true });
    const source = await openFileSource(image);
    await source.read(0, 100);
    await source.close();
    const after = statSync(image, { bigint: true });
    expect([after.mtimeNs, after.ctimeNs]).toEqual([before.mtimeNs, before.ctimeNs]);
  });

  it('refuses reads past the end and after closing', async () => {
    const source = await openFileSource(image);
    await expect(source.read(19999, 2)).rejects.toMatchObject({ code: 'source-short' });
    await source.close();
    await expect(source.read(0, 1)).rejects.toMatchObject({ code: 'source-closed' });
  });

  it('says where a file ended that became shorter while it was open', async () => {
    const path = join(dir, 'shrinking.img');
    writeFileSync(path, CONTENT);
    const source = await openFileSource(path);
    truncateSync(path, 9000);
    const failed = await source.read(8000, 4000).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'source-ended', readable: 1000, place: { source: path, offset: 9000 } });
    await source.close();
  });

  it.each([
    ['a directory', 'is a directory', () => dir],
    ['a character device', 'is a character device', () => '/dev/null'],
    [
      'a FIFO',
      'is a FIFO',
      () => {
        const path = join(dir, 'pipe');
        execFileSync('mkfifo', [path]);
        return path;
      },
    ],
  ])('refuses %s without opening it', async (_, message, make) => {
    const path = make();
    const host: FileHost = { ...FILE_HOST, open: () => Promise.reject(new Error('was opened')) };
    const failed = await openFileSource(path, handlePool(host)).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'not-a-source', place: { source: path } });
    expect(String(failed)).toContain(message);
  });

  it('names an empty file and a missing one', async () => {
    const empty = join(dir, 'empty');
    writeFileSync(empty, '');
    await expect(openFileSource(empty)).rejects.toMatchObject({ code: 'source-empty' });
    await expect(openFileSource(join(dir, 'nope'))).rejects.toThrow(/nope @ 0x0: ENOENT: no such file or directory/);
  });

  it('refuses a size of 2^53 bytes or more', async () => {
    const host: FileHost = {
      ...FILE_HOST,
      async stat(path) {
        const status = await FILE_HOST.stat(path);
        return Object.assign(Object.create(status), { size: 2n ** 53n });
      },
    };
    await expect(openFileSource(image, handlePool(host))).rejects.toMatchObject({ code: 'limit' });
  });

  it('turns a read error of the system into one that names the offset', async () => {
    const host: FileHost = {
      ...FILE_HOST,
      async open(path) {
        const handle = await FILE_HOST.open(path);
        const failure = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read', errno: -5 });
        return { ...handle, read: () => Promise.reject(failure) };
      },
    };
    const source = await openFileSource(image, handlePool(host));
    await expect(source.read(512, 4)).rejects.toMatchObject({ code: 'EIO', place: { source: image, offset: 512 } });
    await source.close();
  });
});

describe('openFileSource on block devices', () => {
  const SYS = { '/size': '32\n', '/queue/logical_block_size': '4096\n' };

  it('takes size and sector from /sys and reads whole sectors only', async () => {
    const reads: [number, number][] = [];
    const source = await openFileSource(image, handlePool(blockHost(SYS, reads)));
    expect(source).toMatchObject({ block: true, size: 16384, sectorSize: 4096, disk: 'block 8:17', diskOffset: 0 });
    expect(await source.read(4090, 10)).toEqual(CONTENT.slice(4090, 4100));
    expect(await source.read(16380, 4)).toEqual(CONTENT.slice(16380, 16384));
    expect(reads).toEqual([
      [0, 8192],
      [12288, 4096],
    ]);
    await source.close();
  });

  it('finds the sector size of a partition at its disk, and where it begins there', async () => {
    const sys = { '/size': '16', '/start': '2048', '/../dev': '8:16', '/../queue/logical_block_size': '512' };
    const source = await openFileSource(image, handlePool(blockHost(sys)));
    expect(source).toMatchObject({ size: 8192, sectorSize: 512, disk: 'block 8:16', diskOffset: 2048 * 512 });
    await source.close();
  });

  it.each([512, 4096, 20000 - (20000 % 512)])('measures by reading where /sys says nothing: %i bytes', async (size) => {
    const path = join(dir, `device-${size}`);
    writeFileSync(path, new Uint8Array(size));
    const sys = { '/queue/logical_block_size': '512' };
    const source = await openFileSource(path, handlePool(blockHost(sys)));
    expect(source.size).toBe(size);
    await source.close();
  });
});

describe('handlePool', () => {
  it('keeps few files open however many are in use, and all of them readable', async () => {
    let open = 0;
    let most = 0;
    const host: FileHost = {
      ...FILE_HOST,
      async open(path) {
        most = Math.max(most, ++open);
        const handle = await FILE_HOST.open(path);
        return {
          ...handle,
          async close() {
            open--;
            await handle.close();
          },
        };
      },
    };
    const pool = handlePool(host, 4);
    const paths = Array.from({ length: 12 }, (_, i) => join(dir, `many-${i}`));
    for (const [i, path] of paths.entries()) writeFileSync(path, Uint8Array.of(i));
    const sources = [];
    for (const path of paths) sources.push(await openFileSource(path, pool));
    for (const source of [...sources, ...sources]) await source.read(0, 1);
    const [last] = (await (sources[11] ?? sources[0])?.read(0, 1)) ?? [];
    expect(last).toBe(11);
    expect(most).toBeLessThanOrEqual(4);
    await Promise.all(sources.map((source) => source.close()));
    expect(open).toBe(0);
  });

  it('does not go on with another file that took the place of the first', async () => {
    const pool = handlePool(FILE_HOST, 1);
    const [path, other] = [join(dir, 'first'), join(dir, 'second')];
    writeFileSync(path, 'one');
    writeFileSync(other, 'two');
    const source = await openFileSource(path, pool);
    const second = await openFileSource(other, pool);
    unlinkSync(path);
    symlinkSync(other, path);
    await expect(source.read(0, 3)).rejects.toMatchObject({ code: 'source-changed' });
    await Promise.all([source.close(), second.close()]);
  });
});
