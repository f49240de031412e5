import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importPlaces } from '../../src/api/importPlace.ts';
import { stepLines } from '../../src/document/shell/stepLines.ts';
import { verifyCommand } from '../../src/document/shell/verifyCommand.ts';
import { FILE_HOST, type FileHost } from '../../src/node/fileHost.ts';
import { handlePool } from '../../src/node/handlePool.ts';
import type { OpenedSource } from '../../src/node/openedSource.ts';
import { openSources } from '../../src/node/openSources.ts';
import { inShards } from '../../src/node/sourceSpec.ts';
import { random, SEED } from '../fuzz/random.ts';

const MIB = 1024 * 1024;
const SHARD = 4 * MIB;
const IDS = ['0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0', '1b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0'] as const;
let dir = '';
const opened: OpenedSource[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "zfs-uber-brick' s-"));
});
afterEach(async () => {
  for (const entry of opened.splice(0)) await entry.close();
  rmSync(dir, { recursive: true });
});

/** Bytes that no two shards share, with nothing in the third one, and a trace of a vdev. */
function content(seed: number): Uint8Array {
  const bytes = new Uint8Array(5 * SHARD - 777);
  const next = random(SEED + seed);
  for (let at = 0; at < bytes.length; at += 4096) bytes.fill(next(256), at, at + 4096);
  bytes.set(Uint8Array.of(0x11, 0x7a, 0x0c, 0xb1, 0x7a, 0xda, 0x10, 0x02), 0x1ffd8);
  return bytes.fill(0, 2 * SHARD, 3 * SHARD);
}

interface Brick {
  readonly file: string;
  readonly folder: string;
}

/** A file on a brick, as GlusterFS lays it out. @param has which of its shards the brick has */
function brick(name: string, id: string, bytes: Uint8Array, has = (_: number) => true, linked = true): Brick {
  const root = join(dir, name);
  const file = join(root, 'vms', `${id.slice(0, 2)}.img`);
  const link = join(root, '.glusterfs', id.slice(0, 2), id.slice(2, 4), id);
  const folder = join(root, '.shard');
  for (const each of [dirname(file), dirname(link), folder]) mkdirSync(each, { recursive: true });
  writeFileSync(file, bytes.subarray(0, SHARD));
  if (linked) linkSync(file, link);
  for (let number = 1; number * SHARD < bytes.length; number++) {
    if (number === 2 || !has(number)) continue;
    writeFileSync(join(folder, `${id}.${number}`), bytes.subarray(number * SHARD, (number + 1) * SHARD));
  }
  return { file, folder };
}

async function openIn(file: string, folders: readonly string[], host?: FileHost): Promise<OpenedSource> {
  const [entry] = await openSources(inShards([file], folders), host ? { pool: handlePool(host) } : {});
  if (entry === undefined) throw new Error('nothing was opened');
  opened.push(entry);
  return entry;
}

async function expectContent(entry: OpenedSource, bytes: Uint8Array): Promise<void> {
  const source = entry.disk?.source;
  expect(source?.size).toBe(bytes.length);
  for (const at of [0, SHARD - 1000, 3 * SHARD, bytes.length - 2000]) {
    const there = await source?.read(at, 2000).catch(() => null);
    if (at < 2 * SHARD - 2000 || at >= 3 * SHARD)
      expect(Buffer.compare(there ?? Buffer.alloc(0), bytes.subarray(at, at + 2000))).toBe(0);
  }
  await expect(source?.read(2 * SHARD + 5, 10)).rejects.toMatchObject({ code: 'never-read' });
}

describe('a file on a brick of GlusterFS, with the folder of its shards', () => {
  it('is told from others on the brick by the link that the brick keeps of it', async () => {
    const [first, second] = [content(1), content(2)];
    const a = brick('a', IDS[0], first);
    const b = brick('a', IDS[1], second);
    for (const folder of [a.folder, `${a.folder}/`, join(dir, 'a')]) {
      const entry = await openIn(a.file, [folder]);
      await expectContent(entry, first);
      expect(entry.madeOf).toEqual([`${a.folder}/${IDS[0]}.*`]);
      await expectContent(await openIn(b.file, [folder]), second);
    }
  });

  it('is put together from several bricks, and is one of the files of a folder that is given', async () => {
    const bytes = content(3);
    const a = brick('a', IDS[0], bytes, (number) => number % 2 === 0);
    const b = brick('b', IDS[0], bytes, (number) => number % 2 === 1);
    await expectContent(await openIn(a.file, [a.folder, b.folder]), bytes);
    await expectContent(await openIn(dirname(a.file), [a.folder, b.folder]), bytes);
    const part = await openIn(`${a.file}@4M+256K`, [a.folder, b.folder]);
    expect(
      Buffer.compare((await part.source?.read(0, 8192)) ?? Buffer.alloc(0), bytes.subarray(SHARD, SHARD + 8192)),
    ).toBe(0);
  });

  it('has the attributes decide where there is no link, and the only file there is where there are neither', async () => {
    const bytes = content(4);
    const { file, folder } = brick('a', IDS[0], bytes, undefined, false);
    const without = { ...FILE_HOST, ask: async () => null };
    await expectContent(await openIn(file, [folder], without), bytes);
    brick('a', IDS[1], content(5), undefined, false);
    const entry = await openIn(file, [folder], without);
    expect(entry.error?.code).toBe('not-shards');
    expect(entry.error?.message).toContain('shards of 2 files');
    const told: Record<string, string> = {
      'trusted.gfid': IDS[0].replaceAll('-', ''),
      'trusted.glusterfs.shard.block-size': SHARD.toString(16).padStart(16, '0'),
      'trusted.glusterfs.shard.file-size': (bytes.length + 99).toString(16).padStart(16, '0') + '0'.repeat(48),
    };
    const ask = async (program: string, ...args: readonly string[]) => {
      const [name = ''] = args.filter((arg) => arg.startsWith('trusted.'));
      return program === 'getfattr' ? `# file: ${file}\n${name}=0x${told[name]}\n\n` : null;
    };
    const sized = await openIn(file, [folder], { ...FILE_HOST, ask });
    expect(sized.disk?.source.size).toBe(bytes.length + 99);
    expect(await sized.disk?.source.read(bytes.length - 1, 3)).toEqual(Uint8Array.of(bytes.at(-1) ?? 0, 0, 0));
  });

  it('is refused where two bricks have the same shard, and where a folder is none', async () => {
    const bytes = content(6);
    const [a, b] = [brick('a', IDS[0], bytes), brick('b', IDS[0], bytes)];
    expect((await openIn(a.file, [a.folder, b.folder])).error?.message).toMatch(/the same shard.*may be stale/);
    expect((await openIn(a.file, [join(dir, 'nowhere')])).error?.code).toBe('ENOENT');
  });

  it('has zeros where a shard is empty, and nobody knows what where one cannot be opened', async () => {
    const bytes = content(9);
    const { file, folder } = brick('a', IDS[0], bytes);
    writeFileSync(join(folder, `${IDS[0]}.1`), '');
    rmSync(join(folder, `${IDS[0]}.3`));
    mkdirSync(join(folder, `${IDS[0]}.3`));
    const { source } = (await openIn(file, [folder])).disk ?? {};
    expect(await source?.read(SHARD, 512)).toEqual(new Uint8Array(512));
    expect((await source?.runs?.(0, source.size))?.map(({ kind, length }) => [kind, length])).toEqual([
      ['data', SHARD],
      ['zero', SHARD],
      ['unread', 2 * SHARD],
      ['data', SHARD - 777],
    ]);
    await expect(source?.read(3 * SHARD, 1)).rejects.toMatchObject({ code: 'never-read' });
  });

  it('without any shard there is what it is without the folder', async () => {
    const { file } = brick('a', IDS[0], content(7));
    const empty = join(dir, 'empty');
    mkdirSync(empty);
    expect((await openIn(file, [empty])).disk?.source.size).toBe(SHARD);
  });

  it('is copied by the printed line as it is read, and verified by a command that finds the shards', async () => {
    const bytes = content(8);
    const { file, folder } = brick('a', IDS[0], bytes);
    const entry = await openIn(file, [folder]);
    const place = importPlaces([entry], 'linux').get(entry);
    if (!place?.image) throw new Error('it has no place');
    const shownAt = join(dir, 'copy.raw');
    const lines = stepLines({ kind: 'open-images', images: [{ ...place.image, shownAt }], readOnly: true });
    execFileSync('bash', ['-ec', lines.join('\n')]);
    expect(Buffer.compare(readFileSync(shownAt), bytes)).toBe(0);
    const spec = verifyCommand([{ place } as never], { txg: 5n as never, checkpoint: null })?.at(-1);
    expect(spec).toBe(`${file}?shards=${folder}`);
    const [again] = await openSources([spec ?? '']);
    if (again !== undefined) opened.push(again);
    expect(again?.disk?.source.size).toBe(bytes.length);
  });
});
