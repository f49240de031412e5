import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageIn } from '../../../bin/images.js';
import { importPlaces } from '../../../src/api/importPlace.ts';
import { stepLines } from '../../../src/document/shell/stepLines.ts';
import type { OpenedSource } from '../../../src/node/openedSource.ts';
import { openSources } from '../../../src/node/openSources.ts';
import type { ByteSource } from '../../../src/source/source.ts';
import { pickFrom, random, SEED } from '../../fuzz/random.ts';

/** One disk in every format, written by qemu-img and ewfacquire: see test/tools/makeDiskImages. */
const FOLDER = join(import.meta.dirname, '..', '..', '..', 'test-images', 'disk-images');
const image = (name: string) => imageIn(FOLDER, name);

let early: Uint8Array;
let late: Uint8Array;
const opened: OpenedSource[] = [];

/** Each format's file, its kind, and what it needs from beside it. */
const FORMATS = [
  ['v2.qcow2', 'qcow2', []],
  ['deflate.qcow2', 'qcow2', []],
  ['zstd.qcow2', 'qcow2', []],
  ['extended.qcow2', 'qcow2', []],
  ['outside.qcow2', 'qcow2', ['outside.data']],
  ['child.qcow2', 'qcow2', ['base.img']],
  ['snapshots.qcow2', 'qcow2', []],
  ['sparse.vmdk', 'vmdk', []],
  ['flat.vmdk', 'vmdk', ['flat-flat.vmdk']],
  ['split.vmdk', 'vmdk', ['split-s001.vmdk']],
  ['stream.vmdk', 'vmdk', []],
  ['delta.vmdk', 'vmdk', ['parent.vmdk']],
  ['dynamic.vdi', 'vdi', []],
  ['dynamic.vhd', 'vhd', []],
  ['dynamic.vhdx', 'vhdx', []],
  ['pieces.001', 'raw', ['pieces.002', 'pieces.003', 'pieces.004']],
  ['evidence.E01', 'ewf', []],
] as const;

beforeAll(async () => {
  for (const [name, , besides] of FORMATS) for (const each of [name, ...besides]) await image(each);
  early = readFileSync(await image('base.img'));
  late = readFileSync(await image('late.img'));
});
afterAll(async () => void (await Promise.all(opened.map((each) => each.close()))));

async function diskOf(spec: string): Promise<{ readonly entry: OpenedSource; readonly disk: ByteSource }> {
  const [entry] = await openSources([spec]);
  if (entry === undefined || entry.disk === null) throw entry?.error ?? new Error('nothing was opened');
  opened.push(entry);
  return { entry, disk: entry.disk.source };
}

/** Reads of all lengths, from within a sector to over many units of any format. */
async function expectSame(disk: ByteSource, raw: Uint8Array): Promise<void> {
  expect(disk.size).toBe(raw.length);
  const next = random(SEED);
  for (let i = 0; i < 30; i++) {
    const offset = next(raw.length);
    const length = Math.min(raw.length - offset, next(pickFrom(next, [700, 9000, 300_000, 1_000_000])));
    const bytes = await disk.read(offset, length);
    expect(Buffer.compare(bytes, raw.subarray(offset, offset + length)), `${offset}+${length}`).toBe(0);
  }
}

describe('a disk image', () => {
  it.each(FORMATS)('%s reads as the raw disk does, and says what it is made of', async (name, kind, besides) => {
    const { entry, disk } = await diskOf(await image(name));
    await expectSame(disk, late);
    expect(entry.kind).toBe(kind);
    expect(entry.madeOf.map((path) => path.split('/').at(-1))).toEqual(besides);
    expect(entry.troubles).toEqual([]);
  });

  it.each(FORMATS)('%s: what it calls zeros reads as zeros, and its runs cover the disk', async (name) => {
    const { disk } = await diskOf(await image(name));
    if (disk.runs === undefined) return;
    let at = 0;
    for (const { kind, offset, length } of await disk.runs(0, disk.size)) {
      expect(offset).toBe(at);
      at += length;
      if (kind === 'zero') expect(late.subarray(offset, at).every((byte) => byte === 0)).toBe(true);
    }
    expect(at).toBe(disk.size);
  });

  it('of an earlier state inside it is read by its name', async () => {
    const { disk } = await diskOf(`${await image('snapshots.qcow2')}#snapshot=before`);
    await expectSame(disk, early);
  });

  it('says which snapshots there are when there is none of the name', async () => {
    await expect(diskOf(`${await image('snapshots.qcow2')}#snapshot=nope`)).rejects.toThrow(/nope: it has before/);
    await expect(diskOf(`${await image('sparse.vmdk')}#snapshot=nope`)).rejects.toThrow(/only qcow2/);
    await expect(diskOf(`${await image('late.img')}#snapshot=nope`)).rejects.toThrow(/raw disk/);
  });

  it('that is longer than its parent shows zeros behind the end of that', async () => {
    const { disk, entry } = await diskOf(await image('grandchild.qcow2'));
    expect(entry.madeOf).toHaveLength(2);
    expect(disk.size).toBe(80 * 1024 * 1024);
    expect(Buffer.compare(await disk.read(late.length - 65536, 65536), late.subarray(late.length - 65536))).toBe(0);
    expect((await disk.read(late.length, 65536)).every((byte) => byte === 0)).toBe(true);
  });

  it('is opened once however many files of it are given', async () => {
    const names = ['child.qcow2', 'base.img', 'pieces.001', 'pieces.002', 'pieces.003', 'flat-flat.vmdk', 'flat.vmdk'];
    const entries = await openSources(await Promise.all(names.map(image)));
    opened.push(...entries);
    expect(entries.map(({ path }) => path.split('/').at(-1))).toEqual(['child.qcow2', 'pieces.001', 'flat.vmdk']);
  });
});

describe('a file in shards of GlusterFS', () => {
  const ID = '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0';
  const SHARD = 16 * 1024 * 1024;
  const inShards = () => {
    const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-shards-'));
    const [first = '', ...shards] = [0, 1, 2, 3].map((number) => {
      const path = join(folder, number === 0 ? 'vm.img' : `${ID}.${number}`);
      writeFileSync(path, late.subarray(number * SHARD, (number + 1) * SHARD));
      return path;
    });
    return { first, shards };
  };

  it('is one source, whatever the order in which its files are given', async () => {
    const { first, shards } = inShards();
    const entries = await openSources([...shards].reverse().concat(first));
    opened.push(...entries);
    expect(entries.map(({ path, disk }) => [path, disk?.origin])).toEqual([[first, 'path']]);
    expect(entries[0]?.madeOf.toSorted()).toEqual(shards);
    await expectSame(entries[0]?.disk?.source as ByteSource, late);
  });

  it('is copied to where a line for a shell shows it, with a hole for a shard that was not given', async () => {
    const { first, shards } = inShards();
    const [entry] = await openSources([first, ...shards.filter((path) => !path.endsWith('.1'))]);
    if (entry === undefined) throw new Error('nothing was opened');
    opened.push(entry);
    const image = importPlaces([entry], 'linux').get(entry)?.image;
    if (!image) throw new Error('it has no place');
    const shownAt = `${first}.raw`;
    const lines = stepLines({ kind: 'open-images', images: [{ ...image, shownAt }], readOnly: true });
    execFileSync('bash', ['-ec', lines.join('\n')]);
    const without = Buffer.from(late);
    without.fill(0, SHARD, 2 * SHARD);
    expect(Buffer.compare(readFileSync(shownAt), without)).toBe(0);
  });

  it('is not joined beside another file, or with shards of two files', async () => {
    const { first, shards } = inShards();
    const second = `${shards[0]?.replace(ID, ID.replace('0b', '0c'))}`;
    copyFileSync(shards[0] ?? '', second);
    for (const more of [second, await image('late.img')]) {
      const entries = await openSources([first, ...shards, more]);
      opened.push(...entries);
      expect(entries.find(({ path }) => path === first)?.disk?.source.size).toBe(SHARD);
    }
  });
});

describe('an image without its parent', () => {
  const lonely = async (name: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-lonely-'));
    copyFileSync(await image(name), join(folder, name));
    return { folder, path: join(folder, name) };
  };

  it.each([
    ['child.qcow2', 'base.img'],
    ['delta.vmdk', 'parent.vmdk'],
  ])('%s: its own parts are read, the others were never read and are no zeros', async (name, parent) => {
    const { folder, path } = await lonely(name);
    const { entry, disk } = await diskOf(path);
    expect(entry.troubles.map(({ message }) => message).join()).toContain(`changes to`);
    expect(entry.troubles.map(({ message }) => message).join()).toContain(parent);
    const runs = (await disk.runs?.(0, disk.size)) ?? [];
    expect(new Set(runs.map(({ kind }) => kind)).has('unread')).toBe(true);
    for (const { kind, offset, length } of runs) {
      const read = disk.read(offset, Math.min(length, 4096));
      if (kind === 'unread') await expect(read).rejects.toMatchObject({ code: 'never-read' });
      else expect(Buffer.compare(await read, late.subarray(offset, offset + Math.min(length, 4096)))).toBe(0);
    }
    rmSync(folder, { recursive: true });
  });

  it('takes no file but one of that name in its folder, or one that was given', async () => {
    const { folder, path } = await lonely('child.qcow2');
    const elsewhere = mkdtempSync(join(tmpdir(), 'zfs-uber-elsewhere-'));
    copyFileSync(await image('base.img'), join(elsewhere, 'base.img'));
    // The path in the image is made one that leads out of the folder, as a stranger might write it.
    const bytes = readFileSync(path);
    const at = bytes.indexOf('base.img');
    const name = `../${elsewhere.split('/').at(-1)}/base.img`;
    bytes.write(name, at);
    bytes.writeUInt32BE(name.length, 16);
    writeFileSync(path, bytes);
    expect((await diskOf(path)).entry.madeOf).toEqual([]);
    const [entry] = await openSources([path, join(elsewhere, 'base.img')]);
    if (entry !== undefined) opened.push(entry);
    expect(entry?.madeOf).toEqual([join(elsewhere, 'base.img')]);
    for (const each of [folder, elsewhere]) rmSync(each, { recursive: true });
  });

  it('that names itself is refused, and nothing is read for ever', async () => {
    const { folder, path } = await lonely('child.qcow2');
    renameSync(path, join(folder, 'base.img'));
    await expect(diskOf(join(folder, 'base.img'))).rejects.toMatchObject({ code: 'format-nesting' });
    rmSync(folder, { recursive: true });
  });

  it('takes a parent that is said to be raw for raw, whatever a guest wrote to its front', async () => {
    const { folder, path } = await lonely('child.qcow2');
    const raw = Buffer.from(early);
    readFileSync(await image('v2.qcow2')).copy(raw, 0, 0, 4096);
    writeFileSync(join(folder, 'base.img'), raw);
    const { disk } = await diskOf(path);
    const [first] = (await disk.runs?.(0, disk.size)) ?? [];
    expect(first?.kind).toBe('data');
    expect(disk.size).toBe(late.length);
    await expect(disk.read(0, disk.size)).resolves.toHaveLength(late.length);
    rmSync(folder, { recursive: true });
  });
});
