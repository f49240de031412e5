import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FILE_HOST, type FileHost } from '../../src/node/fileHost.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { handlePool } from '../../src/node/handlePool.ts';
import { sourcesAtATime } from '../../src/node/openFiles.ts';
import { shell } from '../tools/command.ts';
import { pool, poolImages } from '../tools/images.ts';

// A process that can open few files: slower, and nothing else.

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'zfs-uber-files-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('sourcesAtATime', () => {
  it.each([
    [null, 128],
    [100_000, 128],
    [100, 84],
    [20, 16],
    [3, 2],
    [2, 1],
    [0, 1],
  ])('leaves the program something of %s files', (left, expected) => {
    expect(sourcesAtATime(left)).toBe(expected);
  });
});

describe('an open file', () => {
  it('is closed when the reads that are under way have ended, and not read again', async () => {
    const path = join(dir, 'read-while-closed');
    writeFileSync(path, 'abcdef');
    const file = await FILE_HOST.open(path);
    const bytes = new Uint8Array(6);
    const reading = file.read(bytes, 0, 6, 0);
    const closing = Promise.all([file.close(), file.close()]);
    // The number of a file that is closed is taken by the next one.
    await expect(file.read(new Uint8Array(1), 0, 1, 0)).rejects.toMatchObject({ code: 'EBADF', syscall: 'read' });
    expect((await reading).bytesRead).toBe(6);
    expect(Buffer.from(bytes).toString()).toBe('abcdef');
    await closing;
    await expect(file.stat()).rejects.toMatchObject({ code: 'EBADF' });
  });
});

/** A system on which `limit` files can be open at a time. */
function smallHost(limit: number) {
  const seen = { open: 0, most: 0, refused: 0 };
  const host: FileHost = {
    ...FILE_HOST,
    async open(path) {
      if (seen.open >= limit) {
        seen.refused++;
        throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE', syscall: 'open' });
      }
      seen.most = Math.max(seen.most, ++seen.open);
      const handle = await FILE_HOST.open(path);
      return {
        ...handle,
        async close() {
          seen.open--;
          await handle.close();
        },
      };
    },
  };
  return { host, seen };
}

const files = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => {
    const path = join(dir, `${i}`);
    writeFileSync(path, Uint8Array.of(i, i));
    return path;
  });

describe('handlePool', () => {
  it.each([1, 2, 5])('reads 40 sources at once where the system opens %i', async (limit) => {
    const { host, seen } = smallHost(limit);
    const shared = handlePool(host);
    const sources = await Promise.all(files(40).map((path) => openFileSource(path, shared)));
    for (let round = 0; round < 3; round++) {
      const bytes = await Promise.all(sources.map((source) => source.read(0, 2)));
      expect(bytes.map(([first]) => first)).toEqual(sources.map((_, i) => i));
    }
    expect(seen.refused).toBeGreaterThan(0);
    await Promise.all(sources.map((source) => source.close()));
    expect(seen.open).toBe(0);
  });

  it('never has more open than it may, also while all are read at once', async () => {
    const { host, seen } = smallHost(1000);
    const shared = handlePool(host, 3);
    const sources = await Promise.all(files(20).map((path) => openFileSource(path, shared)));
    await Promise.all(sources.flatMap((source) => [source.read(0, 1), source.read(1, 1)]));
    expect(seen.most).toBe(3);
    await Promise.all(sources.map((source) => source.close()));
    expect(seen.open).toBe(0);
  });

  it('says that there is no room where others have it all', async () => {
    const [path = ''] = files(1);
    await expect(openFileSource(path, handlePool(smallHost(0).host))).rejects.toMatchObject({
      code: 'EMFILE',
      message: expect.stringContaining('too many open files in this process (raise ulimit -n)'),
    });
  });
});

/** What Node has open before it does anything; null where the system does not say. */
const used = existsSync('/proc/self/fd')
  ? Number(
      spawnSync(process.execPath, ['-p', 'fs.readdirSync("/proc/self/fd").filter((fd) => fd < 100).length - 1']).stdout,
    )
  : null;

describe.skipIf(used === null)('a command that can open two files more than Node does', () => {
  let folder = '';
  beforeAll(async () => {
    folder = join(dir, 'many');
    const [image = ''] = await poolImages(pool('torn-sector'));
    for (let i = 10; i < 22; i++) cpSync(image, join(folder, `${i}.img`));
  });

  it.each([
    'scan --json',
    'scan --json --depth labels',
    'labels --json',
    'datasets --json',
    'verify --json --txg 94',
    'scan --help',
  ])('answers as ever: %s', async (command) => {
    const whole = await shell(`$Z ${command} "$1" | md5sum; exit $PIPESTATUS`, [folder]);
    const few = await shell(`(ulimit -n ${(used ?? 0) + 2}; $Z ${command} "$1") | md5sum; exit $PIPESTATUS`, [folder]);
    expect(readdirSync(folder)).toHaveLength(12);
    expect(few).toMatchObject({ status: whole.status, stderr: '' });
    expect(few.stdout).toBe(whole.stdout);
  });
});
