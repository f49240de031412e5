import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FILE_HOST, type FileHost } from '../../src/node/fileHost.ts';
import { handlePool } from '../../src/node/handlePool.ts';
import type { OpenedSource } from '../../src/node/openedSource.ts';
import { openSources } from '../../src/node/openSources.ts';
import { gpt512, type RealTable } from '../source/realTables.ts';
import { poolImage, pools } from '../tools/images.ts';

const MIB = 1024 * 1024;
let dir = '';
const opened: OpenedSource[] = [];
const at = (name: string) => join(dir, name);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'zfs-uber-open-'));
});
afterEach(async () => {
  for (const entry of opened.splice(0)) await entry.close();
  rmSync(dir, { recursive: true });
});

async function openAll(...specs: string[]): Promise<OpenedSource[]> {
  const entries = await openSources(specs);
  opened.push(...entries);
  return entries;
}
const summary = (entries: readonly OpenedSource[]) =>
  entries.map(({ path, kind, offset, error }) => [path.replace(`${dir}/`, ''), kind, offset, error?.code ?? null]);

/** A sparse file with the magic of a label's config at each of `labels`, and a partition table. */
async function makeImage(name: string, size: number, labels: readonly number[], table?: RealTable): Promise<string> {
  const path = at(name);
  const file = await open(path, 'w');
  await file.truncate(size);
  for (const label of labels)
    await file.write(Uint8Array.of(0x11, 0x7a, 0x0c, 0xb1, 0x7a, 0xda, 0x10, 0x02), 0, 8, label + 0x1ffd8);
  for (const [offset, base64] of table?.written ?? []) {
    const bytes = Buffer.from(base64, 'base64');
    if (offset < size) await file.write(bytes, 0, bytes.length, offset);
  }
  await file.close();
  return path;
}

describe('openSources', () => {
  it('opens an image, a partition inside one, and a slice', async () => {
    await makeImage('whole.img', 64 * MIB, [0]);
    await makeImage('parted.img', gpt512.size, [6144 * 512], gpt512);
    const entries = await openAll(at('whole.img'), at('parted.img'), `${at('whole.img')}@1M+2M`);
    expect(summary(entries)).toEqual([
      ['whole.img', 'raw', 0, null],
      ['parted.img', 'gpt', 6144 * 512, null],
      ['parted.img', 'gpt', 169984 * 512, null],
      ['whole.img', 'slice', MIB, null],
    ]);
    expect(entries.map(({ size, source }) => [size, source?.size])).toEqual([
      [64 * MIB, 64 * MIB],
      [163840 * 512, 163840 * 512],
      [34783 * 512, 34783 * 512],
      [2 * MIB, 2 * MIB],
    ]);
    expect(entries[1]?.partition?.name).toBe('zfs-größe');
  });

  it('gives a directory by name, and passes over what has no trace in silence', async () => {
    await makeImage('d10.img', 64 * MIB, [0]);
    await makeImage('d2.img', 32 * MIB, [256 * 1024]);
    await makeImage('wiped.img', 64 * MIB, []);
    await makeImage('.hidden.img', 64 * MIB, [0]);
    await makeImage('big.log', 64 * MIB + 77, []);
    writeFileSync(at('truth.json'), '{}');
    writeFileSync(at('empty'), '');
    writeFileSync(at('d2.img.gz'), new Uint8Array(200000).fill(1).fill(0x1f, 0, 1).fill(0x8b, 1, 2).fill(8, 2, 3));
    mkdirSync(at('below'));
    symlinkSync('nowhere', at('broken-link'));
    expect(summary(await openAll(dir))).toEqual([
      ['d10.img', 'raw', 0, null],
      ['d2.img', 'raw', 0, null],
      ['wiped.img', 'raw', 0, null],
    ]);
  });

  it('tells of a packed file in a directory when nothing there is its content', async () => {
    writeFileSync(at('d2.img.gz'), new Uint8Array(200000).fill(1).fill(0x1f, 0, 1).fill(0x8b, 1, 2).fill(8, 2, 3));
    const [entry] = await openAll(dir);
    expect(entry?.error?.message).toContain('gunzip -k');
  });

  it('opens what is named twice once, whichever way it is named', async () => {
    const image = await makeImage('a.img', 64 * MIB, [0]);
    symlinkSync(image, at('link.img'));
    linkSync(image, at('hard.img'));
    const entries = await openAll(at('link.img'), image, dir, `${image}@0`, `${image}@0+32M`);
    expect(summary(entries)).toEqual([['link.img', 'raw', 0, null]]);
    expect(await entries[0]?.source?.read(0x1ffd8, 2)).toEqual(Uint8Array.of(0x11, 0x7a));
  });

  it('loses nothing else when some of what is named cannot be opened', async () => {
    const image = await makeImage('a.img', 64 * MIB, [0]);
    writeFileSync(at('empty'), '');
    writeFileSync(at('one'), 'x');
    mkdirSync(at('bare'));
    const entries = await openAll(
      ...[at('nope'), at('empty'), at('one'), at('bare'), '/dev/null', `${image}@128M`, `${at('nope')}@1M`],
      ...[`${image}@9999999T`, `${at('bare')}@0`, image],
    );
    expect(summary(entries.slice(0, -1))).toEqual([
      ['nope', 'raw', 0, 'ENOENT'],
      ['empty', 'raw', 0, 'source-empty'],
      ['one', 'raw', 0, 'source-short'],
      ['bare', 'raw', 0, 'no-images'],
      ['/dev/null', 'raw', 0, 'not-a-source'],
      ['a.img', 'slice', 128 * MIB, 'format-bounds'],
      ['nope', 'slice', MIB, 'ENOENT'],
      ['a.img@9999999T', 'raw', 0, 'usage'],
      ['bare', 'slice', 0, 'not-a-source'],
    ]);
    expect(entries.at(-1)).toMatchObject({ path: image, kind: 'raw', error: null });
    for (const { source, error } of entries) expect(source === null).toBe(error !== null);
  });

  it.each([
    ['EACCES', 1000, 'EACCES: no permission to read it; become root, or read a copy'],
    ['EPERM', 1000, 'EPERM: no permission to read it; become root, or read a copy'],
    ['EACCES', 0, /^EACCES: no permission to read it, though this is root: .*--cap-add DAC_READ_SEARCH/],
    ['EPERM', 0, /^EPERM: not permitted to root either: .*docker run --device DEVICE/],
  ])('says of %s to user %i what is missing, with the path', async (code, user, sentence) => {
    const image = await makeImage('a.img', 64 * MIB, [0]);
    const host: FileHost = {
      ...FILE_HOST,
      open: () => Promise.reject(Object.assign(new Error(code), { code, syscall: 'open' })),
    };
    // Nobody is root on Windows, which has no such function.
    const { geteuid } = process;
    process.geteuid = () => user;
    try {
      const [entry] = await openSources([image], { pool: handlePool(host) });
      const [place, said] = entry?.error?.message.split(/(?<= @ 0x0): /) ?? [];
      expect(place).toBe(`${image} @ 0x0`);
      if (typeof sentence === 'string') expect(said).toBe(sentence);
      else expect(said).toMatch(sentence);
    } finally {
      Object.assign(process, { geteuid });
    }
  });

  it('prefers a file whose name contains an @ over a slice of another', async () => {
    await makeImage('a.img', 64 * MIB, [0]);
    await makeImage('a.img@1M', 64 * MIB, [0]);
    expect(summary(await openAll(at('a.img@1M')))).toEqual([['a.img@1M', 'raw', 0, null]]);
  });

  it('reads a truncated image as far as it goes: partition cut, with the reason', async () => {
    const image = await makeImage('cut.img', gpt512.size, [6144 * 512], gpt512);
    truncateSync(image, 20 * MIB);
    const [entry, beyond] = await openAll(image);
    expect(entry).toMatchObject({ kind: 'gpt', offset: 6144 * 512, size: 20 * MIB - 6144 * 512, error: null });
    expect(entry?.troubles.map(({ code }) => code)).toEqual(['format-bounds']);
    expect(beyond).toMatchObject({ kind: 'gpt', size: 0, source: null, error: { code: 'format-bounds' } });
  });

  it('opens images of 128 KiB and more, and refuses what cannot hold a label', async () => {
    const sizes = [1, 64, 127, 128, 192, 511].map((kib) => kib * 1024);
    for (const size of sizes) writeFileSync(at(`${size}`), new Uint8Array(size));
    const entries = await openAll(...sizes.map((size) => at(`${size}`)));
    expect(entries.map(({ error }) => error?.code ?? null)).toEqual([
      ...['source-short', 'source-short', 'source-short'],
      ...[null, null, null],
    ]);
  });

  it('opens 200 images at once and closes every one', async () => {
    let held = 0;
    const host: FileHost = {
      ...FILE_HOST,
      async open(path) {
        const handle = await FILE_HOST.open(path);
        held++;
        return {
          ...handle,
          async close() {
            held--;
            await handle.close();
          },
        };
      },
    };
    for (let i = 0; i < 200; i++) await makeImage(`d${i}.img`, 64 * MIB, [0]);
    const entries = await openSources([dir], { pool: handlePool(host) });
    expect(entries).toHaveLength(200);
    expect(held).toBeLessThanOrEqual(128);
    for (const entry of entries) await entry.close();
    expect(held).toBe(0);
  });

  it('finds every image of the pools that real ZFS wrote, whatever is damaged', async () => {
    for (const fixture of pools()) {
      for (const image of fixture.images) {
        const path = await poolImage(fixture, image);
        expect(summary(await openAll(path))).toEqual([[path, 'raw', 0, null]]);
      }
    }
  });
});
