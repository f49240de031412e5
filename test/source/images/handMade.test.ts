import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { deflate } from 'pako';
import { describe, expect, it } from 'vitest';
import { imageIn } from '../../../bin/images.js';
import { ZfsUberError } from '../../../src/bytes/errors.ts';
import { crc32c } from '../../../src/source/crc32.ts';
import { parseDdrescueMap, rescued } from '../../../src/source/images/ddrescue.ts';
import { segmentName } from '../../../src/source/images/ewf.ts';
import { measureShards, parseShard, type ShardSizes, sharded } from '../../../src/source/images/shards.ts';
import { isFirstPiece, nextPiece } from '../../../src/source/images/splitRaw.ts';
import { memorySource } from '../../../src/source/memorySource.ts';
import type { ByteSource } from '../../../src/source/source.ts';
import { random, SEED } from '../../fuzz/random.ts';
import { batOffset, CHUNK, differencingVhd, evidence, MIB, open, pattern, vdi } from './made.ts';

/** Forms that no tool at hand writes, made by the words of the formats' descriptions, and lies. */

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'test-images', 'disk-images');

describe('a differencing image', () => {
  it('of VirtualBox shows its own blocks, zeros where it says so, and its parent elsewhere', async () => {
    const own = pattern(MIB, 1);
    const parent = pattern(3 * MIB, 2);
    const child = vdi(4, [0, 0xfffffffe, null], own);
    const name = '{04030201-0605-0807-090a-0b0c0d0e0f10}.vdi';
    const { disk, troubles } = await open(child, 'child.vdi', { [name]: vdi(2, [0, 1, 2], parent) });
    expect(troubles).toEqual([]);
    expect(await disk.read(0, MIB)).toEqual(own);
    expect((await disk.read(MIB, MIB)).every((byte) => byte === 0)).toBe(true);
    expect(await disk.read(2 * MIB, MIB)).toEqual(parent.subarray(2 * MIB));
    const alone = await open(child, 'child.vdi');
    await expect(alone.disk.read(2 * MIB, 512)).rejects.toMatchObject({ code: 'never-read' });
    expect(alone.troubles).toHaveLength(1);
  });

  it('of Virtual PC goes by the bitmap of each block', async () => {
    const parent = pattern(2 * MIB, 3);
    const own = pattern(2 * MIB, 4);
    const { disk } = await open(differencingVhd(own), 'child.vhd', { 'parent.img': parent });
    expect(await disk.read(0, 512)).toEqual(parent.subarray(0, 512));
    expect(await disk.read(512, 512)).toEqual(own.subarray(512, 1024));
    const bytes = await disk.read(0, 4096);
    for (let sector = 0; sector < 8; sector++) {
      const from = sector % 2 === 1 ? own : parent;
      expect(bytes.subarray(sector * 512, sector * 512 + 512)).toEqual(from.subarray(sector * 512, sector * 512 + 512));
    }
  });
});

describe('the blocks of a VDI', () => {
  const entry = fc.constantFrom(null, 0xfffffffe, 0, 1);
  it('are in the runs of the disk what each is by itself', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { minLength: 1, maxLength: 40 }),
        fc.nat(),
        fc.nat(),
        async (blocks, from, to) => {
          const { disk } = await open(vdi(1, blocks, new Uint8Array(2 * MIB)), 'disk.vdi');
          const [begin = 0, end = 0] = [from % disk.size, 1 + (to % disk.size)].sort((a, b) => a - b);
          const kinds = (at: number) => ((blocks[Math.floor(at / MIB)] ?? 2) <= 1 ? 'data' : 'zero');
          let at = begin;
          for (const { kind, offset, length } of (await disk.runs?.(begin, end - begin)) ?? []) {
            expect(offset).toBe(at);
            for (; at < offset + length; at = Math.min(offset + length, (Math.floor(at / MIB) + 1) * MIB))
              expect(kind).toBe(kinds(at));
          }
          expect(at).toBe(end);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('a delta of ESX', () => {
  it('of the old form has tables of 4096 entries', async () => {
    const bytes = new Uint8Array(64 * 1024);
    const view = new DataView(bytes.buffer);
    [0x44574f43, 1, 3, 64, 8, 4, 1].forEach((word, i) => void view.setUint32(i * 4, word, true));
    view.setUint32(4 * 512, 8, true);
    view.setUint32(8 * 512 + 4, 100, true);
    bytes.set(pattern(4096, 5), 100 * 512);
    const { disk } = await open(bytes, 'delta.vmdk');
    expect(disk.size).toBe(64 * 512);
    expect(await disk.read(4096, 4096)).toEqual(pattern(4096, 5));
    expect((await disk.read(0, 4096)).every((byte) => byte === 0)).toBe(true);
  });

  it('of the newer form has its grain numbers turned around', async () => {
    const bytes = new Uint8Array(16 * MIB + 8192 + 4096 * 4200);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, 0xcafebaben, true);
    view.setBigUint64(8, 0x200000001n, true);
    view.setBigUint64(16, 64n, true);
    view.setBigUint64(24, 8n, true);
    view.setBigUint64(32, 64n, true);
    view.setBigUint64(128, 2n, true);
    view.setBigUint64(144, 16n, true);
    view.setBigUint64(192, BigInt(16 * 2048), true);
    view.setBigUint64(2 * 512, 0x1000000000000000n, true);
    // Grain 4099 = 0x1003: its low twelve bits stand above the others.
    view.setBigUint64(16 * 512, (3n << 60n) | (0x003n << 48n) | 0x1n, true);
    view.setBigUint64(16 * 512 + 8, 2n << 60n, true);
    bytes.set(pattern(4096, 6), 16 * MIB + 4099 * 4096);
    const { disk } = await open(bytes, 'sesparse.vmdk');
    expect(await disk.read(0, 4096)).toEqual(pattern(4096, 6));
    expect((await disk.read(4096, 8192)).every((byte) => byte === 0)).toBe(true);
  });

  it('of a streamed disk may have its header at the end', async () => {
    const stream = readFileSync(await imageIn(FOLDER, 'stream.vmdk'));
    const plain = await open(stream, 'stream.vmdk');
    // A footer is the header once more, in front of the marker that ends the stream.
    const footed = Buffer.concat([stream, Buffer.alloc(1024)]);
    stream.copy(footed, stream.length, 0, 512);
    footed.writeBigUInt64LE(0xffffffffffffffffn, 56);
    const { disk } = await open(footed, 'stream.vmdk');
    for (let at = 0; at < disk.size; at += 8 * MIB) {
      expect(Buffer.compare(await disk.read(at, 65536), await plain.disk.read(at, 65536))).toBe(0);
    }
  });

  it('of a device of the host is refused, and nothing of the host is opened', async () => {
    const text = '# Disk DescriptorFile\nversion=1\ncreateType="fullDevice"\nRW 1000 FLAT "/dev/sda" 0\n';
    await expect(open(new TextEncoder().encode(text), 'x.vmdk')).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('an Expert Witness image', () => {
  const raw = pattern(64 * CHUNK, 7);

  it('of two segments is read through both', async () => {
    const files = evidence(raw);
    const { disk, troubles } = await open(files['ev.E01'] ?? new Uint8Array(), 'ev.E01', files);
    expect(troubles).toEqual([]);
    expect(await disk.read(0, raw.length)).toEqual(raw);
  });

  it('of which a segment is missing has never read what that holds, and reads the rest', async () => {
    const files = evidence(raw);
    const { disk, troubles } = await open(files['ev.E01'] ?? new Uint8Array(), 'ev.E01');
    expect(troubles.map(({ message }) => message).join()).toContain('ev.E02');
    expect(await disk.read(0, raw.length / 2)).toEqual(raw.subarray(0, raw.length / 2));
    await expect(disk.read(raw.length / 2, 512)).rejects.toMatchObject({ code: 'never-read' });
  });

  const unreadOf = async (disk: ByteSource) =>
    (await disk.runs?.(0, disk.size))
      ?.filter(({ kind }) => kind === 'unread')
      .map(({ offset, length }) => [offset, length]);

  it('of which a segment in the middle is missing or cut reads the last ones at their places', async () => {
    const { 'ev.E01': first = new Uint8Array(), ...rest } = evidence(raw, [], 4);
    const share = raw.length / 4;
    const { 'ev.E02': cut = new Uint8Array(), ...last } = rest;
    const without = await open(first, 'ev.E01', last);
    expect(await unreadOf(without.disk)).toEqual([[share, share]]);
    expect(await without.disk.read(2 * share, 2 * share)).toEqual(raw.subarray(2 * share));
    const half = await open(first, 'ev.E01', { ...last, 'ev.E02': cut.subarray(0, cut.length / 2) });
    const [[from = 0, length = 0] = [], ...more] = (await unreadOf(half.disk)) ?? [];
    expect(more).toEqual([]);
    expect(from).toBeGreaterThan(share + 4 * CHUNK);
    expect(from + length).toBe(2 * share);
    expect(await half.disk.read(0, from)).toEqual(raw.subarray(0, from));
    expect(await half.disk.read(2 * share, 2 * share)).toEqual(raw.subarray(2 * share));
    // The number of all chunks is what the last segments are placed by: where it is not that of the disk, nothing is.
    const lying = first.slice();
    lying[13 + 76 + 4] = 63;
    expect(await unreadOf((await open(lying, 'ev.E01', last)).disk)).toEqual([[share, 3 * share]]);
  });

  it('of which no table of a segment is sound finds the chunks by their own sums', async () => {
    const files = evidence(raw);
    const first = (files['ev.E01'] ?? new Uint8Array()).slice();
    for (const name of ['table\0', 'table2\0']) first[Buffer.from(first).indexOf(name) + 76] = 0xff;
    const { disk, troubles } = await open(first, 'ev.E01', files);
    expect(troubles.map(({ message }) => message).join('\n')).toContain('32 chunks, by their own checksums');
    expect(await disk.read(0, raw.length)).toEqual(raw);
  });

  it('takes a zlib stream at the beginning of a stored chunk for what the disk holds', async () => {
    const nested = raw.slice();
    nested.set(deflate(new Uint8Array(CHUNK)), CHUNK);
    const files = evidence(nested);
    const first = files['ev.E01'] ?? new Uint8Array();
    const { disk } = await open(first.subarray(0, Buffer.from(first).indexOf('table\0')), 'ev.E01', files);
    expect(await disk.read(0, nested.length / 2)).toEqual(nested.subarray(0, nested.length / 2));
  });

  it('says that sectors were not read where zeros stand for them', async () => {
    const files = evidence(raw, [[100, 3]]);
    const { disk } = await open(files['ev.E01'] ?? new Uint8Array(), 'ev.E01', files);
    const unread = (await disk.runs?.(0, disk.size))?.filter(({ kind }) => kind === 'unread');
    expect(unread).toEqual([{ kind: 'unread', offset: 100 * 512, length: 3 * 512 }]);
    expect(await disk.read(103 * 512, 512)).toEqual(raw.subarray(103 * 512, 104 * 512));
  });

  it('of which a chunk is damaged loses that chunk alone', async () => {
    const files = evidence(raw);
    const first = (files['ev.E01'] ?? new Uint8Array()).slice();
    first[13 + 76 + 1052 + 76 + 40] = (first[13 + 76 + 1052 + 76 + 40] ?? 0) ^ 0xff;
    const { disk } = await open(first, 'ev.E01', files);
    await expect(disk.read(0, 512)).rejects.toMatchObject({ code: 'image-damaged', until: 512 });
    expect(await disk.read(CHUNK, CHUNK)).toEqual(raw.subarray(CHUNK, 2 * CHUNK));
  });

  it('counts its segments past 99 in letters', () => {
    expect(segmentName('/a.b/x.E01', 2)).toBe('/a.b/x.E02');
    expect(segmentName('x.e01', 99)).toBe('x.e99');
    expect(segmentName('x.E01', 100)).toBe('x.EAA');
    expect(segmentName('x.E01', 775)).toBe('x.EZZ');
    expect(segmentName('x.E01', 776)).toBe('x.FAA');
    expect(segmentName('x.raw', 2)).toBeNull();
  });
});

describe('a VHDX that was not closed', () => {
  it('shows what its log holds, and says that there was one', async () => {
    const closed = new Uint8Array(readFileSync(await imageIn(FOLDER, 'dynamic.vhdx')));
    const view = new DataView(closed.buffer);
    const at = [64 * 1024, 128 * 1024].reduce((a, b) =>
      view.getBigUint64(a + 8, true) > view.getBigUint64(b + 8, true) ? a : b,
    );
    const log = { length: view.getUint32(at + 68, true), offset: Number(view.getBigUint64(at + 72, true)) };
    // The first sector of the BAT is in the log alone: what the file has there is what it was before.
    const bat = batOffset(closed);
    const sector = closed.slice(bat, bat + 4096);
    closed.fill(0, bat, bat + 4096);
    const entry = new Uint8Array(8192);
    const words = new DataView(entry.buffer);
    words.setUint32(0, 0x65676f6c, true);
    words.setUint32(8, entry.length, true);
    words.setBigUint64(16, 7n, true);
    words.setUint32(24, 1, true);
    entry.fill(0xab, 32, 48);
    words.setBigUint64(48, BigInt(closed.length), true);
    words.setBigUint64(56, BigInt(closed.length), true);
    words.setUint32(64, 0x63736564, true);
    entry.set(sector.subarray(4092), 68);
    entry.set(sector.subarray(0, 8), 72);
    words.setBigUint64(80, BigInt(bat), true);
    words.setBigUint64(88, 7n, true);
    words.setUint32(4096, 0x61746164, true);
    entry.set(sector.subarray(8, 4092), 4104);
    words.setUint32(8188, 7, true);
    words.setUint32(4, crc32c(entry), true);
    closed.set(entry, log.offset);
    closed.fill(0xab, at + 48, at + 64);
    view.setUint32(at + 4, 0, true);
    view.setUint32(at + 4, crc32c(closed.subarray(at, at + 4096)), true);
    const late = readFileSync(await imageIn(FOLDER, 'late.img'));
    const { disk, troubles } = await open(closed, 'dynamic.vhdx');
    expect(troubles.map(({ message }) => message).join()).toContain('replayed in memory');
    for (let offset = 0; offset < disk.size; offset += 4 * MIB) {
      expect(Buffer.compare(await disk.read(offset, 65536), late.subarray(offset, offset + 65536))).toBe(0);
    }
  });
});

describe('a map of ddrescue', () => {
  const text =
    '# Mapfile.\n# Command line: ddrescue a b\n0x00002000     ?               1\n0x0 0x1000 +\n0x1000 0x200 -\n0x1200 0xE00 *\n';
  const mapOf = (of: string) =>
    ({ map: 'x.map', ...(parseDdrescueMap(of, 'x.map') ?? { of: 'copy', ranges: [] }) }) as const;

  it('leaves only what was read to be read', async () => {
    const raw = pattern(0x3000, 8);
    const source = rescued(memorySource(raw), mapOf(text));
    expect(await source.read(0, 0x1000)).toEqual(raw.subarray(0, 0x1000));
    for (const at of [0x1000, 0x1200, 0x2000])
      await expect(source.read(at, 16)).rejects.toMatchObject({ code: 'never-read' });
    expect((await source.runs?.(0, 0x3000))?.map(({ kind }) => kind)).toEqual(['data', 'unread']);
  });

  it('tells how long the disk is of which the copy ends before', async () => {
    const raw = pattern(0x1000, 9);
    const map = mapOf('0 ?\n0x0 0x1800 +\n0x1800 0x2800 ?\n');
    const source = rescued(memorySource(raw), map);
    expect(source.size).toBe(0x4000);
    expect(await source.read(0, 0x1000)).toEqual(raw);
    for (const at of [0x1000, 0x1800, 0x3fff])
      await expect(source.read(at, 1)).rejects.toMatchObject({ code: 'never-read' });
    expect(rescued(memorySource(raw), map, false).size).toBe(0x1000);
  });

  it('is told from any other text, and refused when its ranges overlap', () => {
    expect(parseDdrescueMap('hello\n', 'x.log')).toBeNull();
    expect(() => parseDdrescueMap('0 ?\n0 0x1000 +\n0x800 0x1000 -\n', 'x.map')).toThrow(/position behind/);
  });
});

it('the first piece of a disk ends in noughts, in 1 or in letters of the beginning', () => {
  const names = ['x.000', 'x.001', 'x.00', 'x.01', 'x.aa', 'x.aaa', 'x.002', 'x.ab', 'x.010', 'x.img', 'x001'];
  expect(names.filter(isFirstPiece)).toEqual(['x.000', 'x.001', 'x.00', 'x.01', 'x.aa', 'x.aaa']);
});

it('pieces are counted in digits or in letters, to the last that there is', () => {
  expect(['x.001', 'x.099', 'x.aa', 'x.az', 'x.999', 'x.zz', 'x.image'].map(nextPiece)).toEqual([
    'x.002',
    'x.100',
    'x.ab',
    'x.ba',
    null,
    null,
    null,
  ]);
});

describe('a lie in an image', () => {
  const NAMES = [
    'v2.qcow2',
    'zstd.qcow2',
    'extended.qcow2',
    'snapshots.qcow2',
    'sparse.vmdk',
    'stream.vmdk',
    'dynamic.vdi',
    'dynamic.vhd',
    'dynamic.vhdx',
    'evidence.E01',
  ];

  it.each(NAMES)(
    '%s: bytes changed anywhere in headers and tables give an error of ours or other bytes, soon',
    async (name) => {
      const sound = new Uint8Array(readFileSync(await imageIn(FOLDER, name)));
      const pick = random(SEED);
      for (let round = 0; round < 25; round++) {
        const bytes = sound.slice();
        for (let i = 0; i <= pick(4); i++)
          bytes[pick(Math.min(bytes.length, 300 * 1024))] = pick(3) === 0 ? 0xff : pick(256);
        let lied: ByteSource | null = null;
        const passes = async (work: () => Promise<unknown>): Promise<void> => {
          await work().catch((error: unknown) => {
            if (!(error instanceof ZfsUberError)) throw error;
          });
        };
        await passes(async () => {
          lied = (await open(bytes, name)).disk;
        });
        const disk = lied as ByteSource | null;
        if (disk === null) continue;
        for (let i = 0; i < 6; i++) {
          const offset = pick(Math.min(disk.size, 64 * MIB));
          await passes(() => disk.read(offset, Math.min(70_000, disk.size - offset)));
        }
      }
    },
  );

  it.each(NAMES)('%s: cut anywhere, what is left is read', async (name) => {
    const sound = new Uint8Array(readFileSync(await imageIn(FOLDER, name)));
    const late = readFileSync(await imageIn(FOLDER, 'late.img'));
    const { disk } = await open(sound.subarray(0, Math.floor(sound.length * 0.9)), name).catch((error: unknown) => {
      if (error instanceof ZfsUberError) return { disk: null };
      throw error;
    });
    if (disk === null) return;
    let read = 0;
    for (let at = 0; at < late.length; at += 4 * 65536) {
      const bytes = await disk.read(at, 65536).catch((error: unknown) => {
        if (error instanceof ZfsUberError) return null;
        throw error;
      });
      if (bytes === null) continue;
      read++;
      expect(Buffer.compare(bytes, late.subarray(at, at + 65536)), `${at}`).toBe(0);
    }
    expect(read).toBeGreaterThan(125);
  });
});

describe('a file in shards of GlusterFS', () => {
  const SHARD = 4 * MIB;
  const filled = (length: number, byte: number) => memorySource(new Uint8Array(length).fill(byte), `${byte}`);

  const shardsOf = (first: ByteSource, others: ReadonlyMap<number, ByteSource>) => ({
    first,
    numbers: [...others.keys()].sort((a, b) => a - b),
    open: async (number: number) => others.get(number) ?? first,
  });
  const wholeOf = async (first: ByteSource, others: ReadonlyMap<number, ByteSource>, sizes?: ShardSizes) => {
    const shards = shardsOf(first, others);
    const measured = sizes ?? (await measureShards(shards));
    return measured && sharded(shards, measured);
  };

  it('is read over its shards, with zeros behind a short one, and never read where one was not given', async () => {
    const others = new Map([
      [4, filled(1024, 5)],
      [1, filled(512, 2)],
    ]);
    const disk = await wholeOf(filled(SHARD, 1), others);
    expect(disk?.size).toBe(4 * SHARD + 1024);
    expect(await disk?.read(SHARD - 1, 2)).toEqual(new Uint8Array([1, 2]));
    expect(await disk?.read(SHARD + 511, 2)).toEqual(new Uint8Array([2, 0]));
    expect(await disk?.read(4 * SHARD, 1)).toEqual(new Uint8Array([5]));
    await expect(disk?.read(3 * SHARD, 1)).rejects.toMatchObject({ code: 'never-read' });
    expect((await disk?.runs?.(0, disk.size))?.filter(({ kind }) => kind !== 'data')).toEqual([
      { kind: 'zero', offset: SHARD + 512, length: SHARD - 512 },
      { kind: 'unread', offset: 2 * SHARD, length: 2 * SHARD },
    ]);
  });

  it('of which the size is known ends there, whatever its last shard says', async () => {
    const others = new Map([[1, filled(512, 2)]]);
    const disk = await wholeOf(filled(SHARD, 1), others, { each: 2 * SHARD, whole: 7 * SHARD });
    expect(disk?.size).toBe(7 * SHARD);
    expect(await disk?.read(SHARD - 1, 2)).toEqual(new Uint8Array([1, 0]));
    expect(await disk?.read(2 * SHARD + 511, 2)).toEqual(new Uint8Array([2, 0]));
    await expect(disk?.read(7 * SHARD - 1, 1)).rejects.toMatchObject({ code: 'never-read' });
    const cut = await wholeOf(filled(SHARD, 1), others, { each: 2 * SHARD, whole: 2 * SHARD + 100 });
    expect((await cut?.read(2 * SHARD, 100))?.every((byte) => byte === 2)).toBe(true);
  });

  it('has shards as long as a full one is, and of the usual length where none is full', async () => {
    const measured = (...sizes: readonly [number, number]) =>
      measureShards(shardsOf(filled(sizes[0], 1), new Map([[3, filled(sizes[1], 2)]])));
    expect(await measured(SHARD, 512)).toEqual({ each: SHARD, whole: 3 * SHARD + 512 });
    expect(await measured(512, 2 * SHARD)).toEqual({ each: 2 * SHARD, whole: 8 * SHARD });
    expect(await measured(MIB, 512)).toEqual({ each: 64 * MIB, whole: 192 * MIB + 512 });
  });

  it('of which the numbers are a lie is none, or has its runs told at once', async () => {
    const far = await wholeOf(filled(SHARD, 1), new Map([[999_999_999, filled(512, 2)]]));
    expect((await far?.runs?.(0, far.size))?.map(({ kind }) => kind)).toEqual(['data', 'unread', 'data']);
    const large = { ...filled(512, 1), size: 2 ** 40 };
    expect(await wholeOf(large, new Map([[999_999_999, filled(512, 2)]]))).toBeNull();
  });

  it('has shards by the names that GlusterFS gives them, and no others', () => {
    const id = '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0';
    expect(parseShard(`${id}.17`)).toEqual({ id, number: 17 });
    for (const name of [id, `${id}.0`, `${id}.01`, `${id}.1x`, `${id}.9999999999`, 'disk.1'])
      expect(parseShard(name)).toBeNull();
  });
});
