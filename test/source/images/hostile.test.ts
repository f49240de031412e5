import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflate, deflateRaw } from 'pako';
import { afterEach, describe, expect, it } from 'vitest';
import { imageIn } from '../../../bin/images.js';
import { ZfsUberError } from '../../../src/bytes/errors.ts';
import { listenToReads } from '../../../src/node/fileHost.ts';
import { openSources } from '../../../src/node/openSources.ts';
import { adler32 } from '../../../src/source/adler32.ts';
import { crc32c } from '../../../src/source/crc32.ts';
import type { ByteSource } from '../../../src/source/source.ts';
import { CHUNK, differencingVhd, evidence, MIB, open, pattern, vdi } from './made.ts';

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'test-images', 'disk-images');
const KIB = 1024;
const text = (letters: string): Uint8Array => new TextEncoder().encode(letters);

interface Qcow2Shape {
  readonly size?: bigint;
  readonly clusterBits?: number;
  readonly l1Size?: number;
  readonly incompatible?: bigint;
  readonly backing?: string;
  readonly backingFormat?: string;
  readonly dataFile?: string;
  readonly snapshots?: number;
  /** Of the first cluster of the disk. */
  readonly entry?: bigint;
  /** In the file, from 256 KiB on. */
  readonly data?: Uint8Array;
  readonly zstd?: boolean;
}

/** Version 3, clusters of 64 KiB: header, L1 at 64 KiB, L2 at 128 KiB, data at 256 KiB. */
function qcow2({ clusterBits = 16, size = BigInt(MIB), l1Size = 1, ...shape }: Qcow2Shape): Uint8Array {
  const { incompatible = 0n, snapshots = 0, entry = 0n, data = new Uint8Array(64 * KIB), zstd = false } = shape;
  const bytes = new Uint8Array(256 * KIB + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x514649fb);
  view.setUint32(4, 3);
  view.setUint32(20, clusterBits);
  view.setBigUint64(24, size);
  view.setUint32(36, l1Size);
  view.setBigUint64(40, BigInt(64 * KIB));
  view.setUint32(60, snapshots);
  view.setBigUint64(64, BigInt(192 * KIB));
  view.setBigUint64(72, incompatible | (shape.dataFile === undefined ? 0n : 4n) | (zstd ? 8n : 0n));
  view.setUint32(100, 112);
  bytes[104] = zstd ? 1 : 0;
  let at = 112;
  const extension = (type: number, body: Uint8Array): void => {
    view.setUint32(at, type);
    view.setUint32(at + 4, body.length);
    bytes.set(body, at + 8);
    at += 8 + Math.ceil(body.length / 8) * 8;
  };
  if (shape.backingFormat !== undefined) extension(0xe2792aca, text(shape.backingFormat));
  if (shape.dataFile !== undefined) extension(0x44415441, text(shape.dataFile));
  if (shape.backing !== undefined) {
    const name = text(shape.backing);
    view.setBigUint64(8, BigInt(at + 16));
    view.setUint32(16, name.length);
    bytes.set(name, at + 16);
  }
  view.setBigUint64(64 * KIB, BigInt(128 * KIB));
  view.setBigUint64(128 * KIB, entry);
  bytes.set(data, 256 * KIB);
  return bytes;
}

/** One sparse extent of 8 grains of 64 KiB; both directories, each with its table, then the data. */
function vmdk(change: (view: DataView, bytes: Uint8Array) => void = () => undefined): Uint8Array {
  const bytes = new Uint8Array(1024 * KIB);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x564d444b, true);
  view.setUint32(4, 1, true);
  view.setUint32(8, 3, true);
  view.setBigUint64(12, 1024n, true);
  view.setBigUint64(20, 128n, true);
  view.setUint32(44, 512, true);
  // In sectors: redundant directory 8 with its table at 16, directory 32 with its table at 40, data from 128 on.
  view.setBigUint64(48, 8n, true);
  view.setBigUint64(56, 32n, true);
  bytes.set([10, 32, 13, 10], 73);
  view.setUint32(8 * 512, 16, true);
  view.setUint32(32 * 512, 40, true);
  for (const table of [16, 40]) view.setUint32(table * 512, 128, true);
  bytes.set(pattern(64 * KIB, 1), 128 * 512);
  change(view, bytes);
  return bytes;
}

const ours = (error: unknown): null => {
  if (error instanceof ZfsUberError) return null;
  throw error;
};

/** Opens it and reads of it what a scan does: all ends in bytes or in errors of ours. */
async function readAbout(bytes: Uint8Array, name: string, files = {}): Promise<ByteSource | null> {
  const opened = await open(bytes, name, files).catch(ours);
  if (opened === null) return null;
  const { disk } = opened;
  const last = Math.max(0, disk.size - 512 * KIB);
  for (const offset of [0, 256 * KIB, Math.floor(disk.size / 2), last]) {
    const length = Math.min(128 * KIB, disk.size - offset);
    if (length <= 0) continue;
    await disk.read(offset, length).catch(ours);
    await disk.runs?.(offset, length).catch(ours);
  }
  return disk;
}

describe('names inside an image', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-names-'));
  const room = join(folder, 'room');
  mkdirSync(room);
  for (const name of ['secret', 'secret.img']) writeFileSync(join(folder, name), pattern(MIB, 1));
  symlinkSync(join(folder, 'secret'), join(room, 'link'));
  symlinkSync(room, join(room, 'loop'));
  execFileSync('mkfifo', [join(room, 'fifo')]);
  mkdirSync(join(room, 'folder'));

  const NAMES = [
    join(folder, 'secret'),
    '../secret',
    '..\\secret',
    '/dev/zero',
    '/etc/passwd',
    'json:{"driver":"file","filename":"/etc/passwd"}',
    `file:${join(folder, 'secret')}`,
    'nbd://127.0.0.1/secret',
    'http://127.0.0.1/secret',
    'link',
    'loop/../secret',
    'fifo',
    'folder',
    '..',
    '.',
    '',
  ];

  const descriptor = (lines: string): Uint8Array => text(`# Disk DescriptorFile\nCID=1\n${lines}\n`);
  const quoted = (name: string): string => name.replaceAll('"', '');
  const CARRIERS: readonly (readonly [string, string, (name: string) => Uint8Array])[] = [
    ['the backing file of a qcow2', 'a.qcow2', (backing) => qcow2({ backing })],
    ['the backing file of a qcow2, said to be raw', 'a.qcow2', (backing) => qcow2({ backing, backingFormat: 'raw' })],
    ['the data file of a qcow2', 'a.qcow2', (dataFile) => qcow2({ dataFile })],
    ['an extent of a VMDK', 'a.vmdk', (name) => descriptor(`parentCID=ffffffff\nRW 2048 FLAT "${quoted(name)}" 0`)],
    [
      'a sparse extent of a VMDK',
      'a.vmdk',
      (name) => descriptor(`parentCID=ffffffff\nRW 2048 SPARSE "${quoted(name)}"`),
    ],
    [
      'the parent of a VMDK',
      'a.vmdk',
      (name) => descriptor(`parentCID=2\nparentFileNameHint="${quoted(name)}"\nRW 1 ZERO`),
    ],
    ['the parent of a VHD', 'a.vhd', (name) => differencingVhd(new Uint8Array(2 * MIB), name)],
  ];

  afterEach(() => listenToReads(null));

  it.each(CARRIERS)('lead nowhere but to files of its folder: %s', async (_, file, make) => {
    const opened: string[] = [];
    listenToReads({ opened: (path) => void opened.push(path), read: () => undefined });
    for (const [i, name] of NAMES.entries()) {
      const path = join(room, `${i}-${file}`);
      writeFileSync(path, make(name));
      const entries = await openSources([path]);
      for (const { source, madeOf, close } of entries) {
        expect(madeOf, name).toEqual([]);
        await source?.read(0, 4 * KIB).catch(ours);
        await close();
      }
    }
    expect(new Set(opened)).toEqual(new Set(NAMES.map((_name, i) => join(room, `${i}-${file}`))));
  });

  it('lead to what the user gave, by the last part of its path, a link or not', async () => {
    const path = join(room, 'given.qcow2');
    writeFileSync(path, qcow2({ backing: '/somewhere/else/link', backingFormat: 'raw' }));
    const [entry, ...others] = await openSources([path, join(room, 'link')]);
    expect([entry?.madeOf, others]).toEqual([[join(room, 'link')], []]);
    expect(await entry?.disk?.source.read(0, 4 * KIB)).toEqual(pattern(4 * KIB, 1));
    await entry?.close();
  });

  it('make no chain of more than 64 files, nor a circle by another name of a file', async () => {
    const chain = mkdtempSync(join(tmpdir(), 'zfs-uber-chain-'));
    for (let i = 0; i < 66; i++) writeFileSync(join(chain, `${i}.qcow2`), qcow2({ backing: `${i + 1}.qcow2` }));
    const [long] = await openSources([join(chain, '0.qcow2')]);
    expect(long?.error?.code).toBe('format-nesting');
    const [short] = await openSources([join(chain, '4.qcow2')]);
    const lacks = short?.troubles.filter(({ code }) => code === 'needs-file');
    expect([short?.error, short?.madeOf.length, lacks?.length]).toEqual([null, 61, 1]);
    await short?.close();
    linkSync(join(chain, '0.qcow2'), join(chain, 'again.qcow2'));
    writeFileSync(join(chain, '0.qcow2'), qcow2({ backing: 'again.qcow2' }));
    const [circle] = await openSources([join(chain, '0.qcow2')]);
    expect(circle?.error?.code).toBe('format-nesting');
  });
});

describe('the format of a parent', () => {
  const parent = pattern(MIB, 3);
  const asImage = parent.slice();
  asImage.set(qcow2({ backing: 'secret' }).subarray(0, 4096));

  it('is what the image says, whatever a guest wrote to the first bytes', async () => {
    const { disk, troubles } = await open(qcow2({ backing: 'p', backingFormat: 'raw' }), 'c', { p: asImage });
    expect(troubles).toEqual([]);
    expect(await disk.read(0, 4096)).toEqual(asImage.subarray(0, 4096));
  });

  it.each([
    ['qcow2', parent, 'unsupported'],
    ['vmdk', qcow2({}), 'format-value'],
    ['luks', parent, 'unsupported'],
    ['toString', parent, 'unsupported'],
  ])('that is said to be %s and is not costs the parent alone', async (backingFormat, bytes, code) => {
    const own = qcow2({ backing: 'p', backingFormat, entry: BigInt(256 * KIB), data: pattern(64 * KIB, 9) });
    const { disk, troubles } = await open(own, 'c', { p: bytes });
    expect(troubles).toMatchObject([{ code }]);
    expect(await disk.read(0, 64 * KIB)).toEqual(pattern(64 * KIB, 9));
    await expect(disk.read(64 * KIB, 512)).rejects.toMatchObject({ code: 'never-read' });
  });

  it('that lacks something itself is told of', async () => {
    const { troubles } = await open(qcow2({ backing: 'p' }), 'c', { p: qcow2({ backing: 'gone' }) });
    expect(troubles).toMatchObject([{ code: 'needs-file', place: { source: 'p' } }]);
  });
});

const HUGE = [0n, 1n, 2n ** 31n, 2n ** 32n - 1n] as const;
const HUGER = [...HUGE, 2n ** 53n - 1n, 2n ** 63n, 2n ** 64n - 1n] as const;

type Fields = Readonly<Record<string, readonly [at: number, size: 4 | 8]>>;

/** An image, and what a liar would change in it. */
interface Lies {
  readonly make: () => Uint8Array;
  readonly littleEndian: boolean;
  readonly fields: Fields;
}

async function tellLies({ make, littleEndian, fields }: Lies): Promise<void> {
  const bytes = make();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const [at, size] of Object.values(fields)) {
    const before = bytes.slice(at, at + size);
    for (const value of size === 8 ? HUGER : HUGE) {
      if (size === 8) view.setBigUint64(at, value, littleEndian);
      else view.setUint32(at, Number(value), littleEndian);
      await readAbout(bytes, 'lie');
    }
    bytes.set(before, at);
  }
}

const compressed = (sectors: number): bigint => (1n << 62n) | (BigInt(sectors - 1) << 54n) | BigInt(256 * KIB);

describe('a lie about sizes', () => {
  const DYNAMIC = 512;
  const VOLUME = 13 + 76;
  it.each<[string, Lies]>([
    [
      'qcow2',
      {
        make: () => qcow2({ entry: BigInt(256 * KIB) }),
        littleEndian: false,
        fields: {
          ...{ backingOffset: [8, 8], clusterBits: [20, 4], size: [24, 8], crypt: [32, 4], l1Size: [36, 4] },
          ...{ l1Offset: [40, 8], incompatible: [72, 8], headerLength: [100, 4], l1Entry: [64 * KIB, 8] },
          ...{ entry: [128 * KIB, 8] },
        },
      },
    ],
    [
      'VMDK',
      {
        make: () => vmdk(),
        littleEndian: true,
        fields: {
          ...{ flags: [8, 4], capacity: [12, 8], grain: [20, 8], descriptor: [28, 8], descriptorSize: [36, 8] },
          ...{ entries: [44, 4], redundant: [48, 8], directory: [56, 8], table: [32 * 512, 4], entry: [40 * 512, 4] },
        },
      },
    ],
    [
      'VDI',
      {
        make: () => vdi(1, [0, null], new Uint8Array(MIB)),
        littleEndian: true,
        fields: {
          ...{ type: [0x4c, 4], table: [0x154, 4], data: [0x158, 4], size: [0x170, 8], blockSize: [0x178, 4] },
          ...{ extra: [0x17c, 4], blocks: [0x180, 4], entry: [MIB, 4] },
        },
      },
    ],
    [
      'VHD',
      {
        make: () => differencingVhd(new Uint8Array(2 * MIB)),
        littleEndian: false,
        fields: {
          ...{ table: [DYNAMIC + 16, 8], entries: [DYNAMIC + 28, 4], blockSize: [DYNAMIC + 32, 4], entry: [1536, 4] },
        },
      },
    ],
    [
      'E01',
      {
        make: () => (evidence(pattern(16 * CHUNK, 1))['ev.E01'] ?? new Uint8Array()).slice(),
        littleEndian: true,
        fields: {
          ...{
            chunks: [VOLUME + 4, 4],
            perChunk: [VOLUME + 8, 4],
            perSector: [VOLUME + 12, 4],
            sectors: [VOLUME + 16, 8],
          },
        },
      },
    ],
  ])('in any field of %s ends in an error of ours or in bytes, soon', async (_, lies) => tellLies(lies));

  it.each([60, 9, 21])('of clusters of 2^%i bytes on a disk of 2^52 ends soon', async (clusterBits) => {
    await readAbout(qcow2({ clusterBits, size: 2n ** 52n }), 'lie');
  });

  it('leaves what lies behind the end of a table never read, in one piece', async () => {
    const { disk } = await open(qcow2({ clusterBits: 9, size: 2n ** 52n, l1Size: 1 }), 'x.qcow2');
    expect((await disk.runs?.(MIB, disk.size - MIB))?.map(({ kind }) => kind)).toEqual(['unread']);
  });

  it('has the room of its header taken by no table, and no table of two things', async () => {
    // L1, L2 and the data are one cluster: what comes is bytes of the file, and ends.
    const bytes = qcow2({ entry: BigInt(64 * KIB) });
    new DataView(bytes.buffer).setBigUint64(64 * KIB, BigInt(64 * KIB));
    expect(await readAbout(bytes, 'overlap')).not.toBeNull();
    const own = qcow2({});
    new DataView(own.buffer).setBigUint64(40, 0n);
    expect(await readAbout(own, 'in the header')).not.toBeNull();
  });

  it('about snapshots is met by the end of the file, or by the number that QEMU allows', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'zfs-uber-snapshots-')), 'x.qcow2');
    for (const [snapshots, why] of [
      [65536, /format|range|none is called|no internal snapshot/],
      [65537, /up to 65536/],
    ] as const) {
      writeFileSync(path, qcow2({ snapshots }));
      const [entry] = await openSources([`${path}#snapshot=x`]);
      expect(entry?.error?.message).toMatch(why);
    }
  });
});

describe('what unpacks to more than its place', () => {
  const bomb = deflate(new Uint8Array(8 * MIB));

  it('is cut at a cluster of a qcow2', async () => {
    const data = deflateRaw(new Uint8Array(8 * MIB).fill(7));
    const { disk } = await open(qcow2({ entry: compressed(Math.ceil(data.length / 512) + 1), data }), 'x.qcow2');
    expect(await disk.read(0, 64 * KIB)).toEqual(new Uint8Array(64 * KIB).fill(7));
  });

  it.each([
    ['a window of 3.75 TiB', [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 0x03, 0x00, 0x08, 0x41]],
    ['a content of 2^60 bytes', [0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0x03, 0x00, 0x08, 0x41]],
  ])('is an error in a zstd cluster that claims %s', async (_, frame) => {
    const data = new Uint8Array(512);
    data.set(frame);
    const { disk } = await open(qcow2({ entry: compressed(1), data, zstd: true }), 'x.qcow2');
    await expect(disk.read(0, 512)).rejects.toMatchObject({ code: 'image-damaged' });
  });

  it('is an error in a grain of a VMDK', async () => {
    const bytes = vmdk((view, image) => {
      view.setUint32(8, 0x30003, true);
      view.setUint32(128 * 512 + 8, bomb.length, true);
      image.set(bomb, 128 * 512 + 12);
    });
    const { disk } = await open(bytes, 'x.vmdk');
    await expect(disk.read(0, 512)).rejects.toMatchObject({ code: 'image-damaged' });
  });

  it('is an error in a chunk of an E01, as is what unpacks to less', async () => {
    for (const chunk of [bomb, deflate(new Uint8Array(CHUNK / 2))]) {
      const files = evidence(pattern(16 * CHUNK, 1), [], 1, chunk);
      const { disk } = await open(files['ev.E01'] ?? new Uint8Array(), 'ev.E01', files);
      await expect(disk.read(0, 512, undefined, new Uint8Array(512))).rejects.toMatchObject({ code: 'image-damaged' });
      expect(await disk.read(CHUNK, CHUNK)).toEqual(pattern(16 * CHUNK, 1).subarray(CHUNK, 2 * CHUNK));
    }
  });
});

describe('two tables that differ', () => {
  const said = (troubles: readonly ZfsUberError[]) => troubles.map(({ message }) => message).join('\n');

  it('of a VMDK are told, and the one that leads into the file is used', async () => {
    const plain = await open(vmdk(), 'x.vmdk');
    expect(plain.troubles).toEqual([]);
    for (const change of [
      (view: DataView) => view.setUint32(40 * 512, 0xfffffff0, true),
      (view: DataView) => view.setUint32(32 * 512, 0xfffffff0, true),
    ]) {
      const { disk, troubles } = await open(vmdk(change), 'x.vmdk');
      expect(said(troubles)).toContain('redundant');
      expect(await disk.read(0, 64 * KIB)).toEqual(pattern(64 * KIB, 1));
    }
  });

  it('of a VHD are told, and the footer at the end is used', async () => {
    const image = differencingVhd(new Uint8Array(2 * MIB));
    expect((await open(image, 'x.vhd', { 'parent.img': new Uint8Array(2 * MIB) })).troubles).toEqual([]);
    image[100] = 1;
    expect(said((await open(image, 'x.vhd')).troubles)).toContain('a copy of the footer at the end');
    // Without a sound one at the end the copy in front is used.
    const { disk, troubles } = await open(differencingVhd(new Uint8Array(2 * MIB)).subarray(0, -512), 'x.vhd');
    expect([disk.size, said(troubles)]).toEqual([2 * MIB, expect.stringContaining('sound checksum')]);
  });

  it('of a VHDX are told, and the first sound one is used', async () => {
    const sound = new Uint8Array(readFileSync(await imageIn(FOLDER, 'dynamic.vhdx')));
    expect((await open(sound, 'x.vhdx')).troubles).toEqual([]);
    const copy = 256 * KIB;
    const other = sound.slice();
    other[copy + 60 * KIB] = 1;
    const view = new DataView(other.buffer);
    view.setUint32(copy + 4, 0, true);
    view.setUint32(copy + 4, crc32c(other.subarray(copy, copy + 64 * KIB)), true);
    const { disk, troubles } = await open(other, 'x.vhdx');
    expect(said(troubles)).toContain('a copy of the first table');
    expect((await disk.read(0, 512)).length).toBe(512);
    const damaged = sound.slice();
    damaged[192 * KIB + 20] = 0xee;
    expect(said((await open(damaged, 'x.vhdx')).troubles)).toContain('sound checksum');
  });

  const raw = pattern(16 * CHUNK, 5);
  const changed = (...changes: readonly (readonly [section: string, at: number, sealed: boolean])[]) => {
    const files = evidence(raw, [], 1);
    const bytes = (files['ev.E01'] ?? new Uint8Array()).slice();
    for (const [section, at, sealed] of changes) {
      const table = Buffer.from(bytes).indexOf(`${section}\0`) + 76;
      bytes[table + 24 + at] = (bytes[table + 24 + at] ?? 0) ^ 0x10;
      const entries = bytes.subarray(table + 24, table + 24 + 64);
      if (sealed) new DataView(bytes.buffer).setUint32(table + 24 + 64, adler32(entries), true);
    }
    return open(bytes, 'ev.E01');
  };

  it('of an E01 are told; a table with a wrong checksum gives way to its copy', async () => {
    for (const change of [
      ['table', 8, false],
      ['table2', 8, false],
      ['table2', 8, true],
    ] as const) {
      const { disk, troubles } = await changed(change);
      expect(said(troubles)).toMatch(change[2] ? /a copy of the table/ : /entries of a table with a sound checksum/);
      expect(await disk.read(0, raw.length)).toEqual(raw);
    }
  });

  it('of an E01, both with a wrong checksum, lose no chunk that either leads to', async () => {
    const { disk, troubles } = await changed(['table', 8, false], ['table2', 40, false]);
    expect(troubles.filter(({ code }) => code === 'format-value')).toHaveLength(2);
    expect(await disk.read(0, raw.length)).toEqual(raw);
    const both = await changed(['table', 8, false], ['table2', 8, false]);
    await expect(both.disk.read(2 * CHUNK, 512)).rejects.toMatchObject({ code: 'image-damaged' });
    expect(await both.disk.read(3 * CHUNK, CHUNK)).toEqual(raw.subarray(3 * CHUNK, 4 * CHUNK));
  });
});

describe('sections of an E01 that lead back', () => {
  it.each([0, 13])('to byte %i end the chain, and what was found stays', async (next) => {
    const files = evidence(pattern(16 * CHUNK, 2), [], 1);
    const bytes = (files['ev.E01'] ?? new Uint8Array()).slice();
    const at = Buffer.from(bytes).indexOf('table2\0');
    const view = new DataView(bytes.buffer);
    view.setBigUint64(at + 16, BigInt(next), true);
    view.setUint32(at + 72, adler32(bytes.subarray(at, at + 72)), true);
    const { disk } = await open(bytes, 'ev.E01');
    expect(await disk.read(0, 16 * CHUNK)).toEqual(pattern(16 * CHUNK, 2));
  });
});

describe('a log of a VHDX', () => {
  type Descriptor = readonly [kind: 'data' | 'zero', offset: bigint, length?: bigint];

  /** An image that was not closed, with one entry of these in its log. */
  async function dirty(descriptors: readonly Descriptor[], lastOffset?: bigint): Promise<Uint8Array> {
    const bytes = new Uint8Array(readFileSync(await imageIn(FOLDER, 'dynamic.vhdx')));
    const view = new DataView(bytes.buffer);
    const heads = [64 * KIB, 128 * KIB].sort((a, b) =>
      Number(view.getBigUint64(b + 8, true) - view.getBigUint64(a + 8, true)),
    );
    const head = heads[0] ?? 0;
    const log = Number(view.getBigUint64(head + 72, true));
    const data = descriptors.filter(([kind]) => kind === 'data').length;
    const entry = new Uint8Array(4096 * (1 + data));
    const words = new DataView(entry.buffer);
    words.setUint32(0, 0x65676f6c, true);
    words.setUint32(8, entry.length, true);
    words.setBigUint64(16, 7n, true);
    words.setUint32(24, descriptors.length, true);
    entry.fill(0xab, 32, 48);
    for (const at of [48, 56]) words.setBigUint64(at, lastOffset ?? BigInt(bytes.length), true);
    for (const [i, [kind, offset, length = 0n]] of descriptors.entries()) {
      const at = 64 + i * 32;
      words.setUint32(at, kind === 'zero' ? 0x6f72657a : 0x63736564, true);
      if (kind === 'zero') words.setBigUint64(at + 8, length, true);
      words.setBigUint64(at + 16, offset, true);
      words.setBigUint64(at + 24, 7n, true);
    }
    for (let at = 4096; at < entry.length; at += 4096) {
      words.setUint32(at, 0x61746164, true);
      words.setUint32(at + 4092, 7, true);
    }
    words.setUint32(4, crc32c(entry), true);
    bytes.set(entry, log);
    bytes.fill(0xab, head + 48, head + 64);
    view.setUint32(head + 4, 0, true);
    view.setUint32(head + 4, crc32c(bytes.subarray(head, head + 4096)), true);
    return bytes;
  }

  it('keeps QEMU from showing the image read-only', async () => {
    const clean = new Uint8Array(readFileSync(await imageIn(FOLDER, 'dynamic.vhdx')));
    expect((await open(clean, 'x.vhdx')).byQemu).toBe('writes');
    expect((await open(await dirty([['zero', 0x900000n, 4096n]]), 'x.vhdx')).byQemu).toBe('shows-none');
  });

  it.each<[string, readonly Descriptor[], bigint?]>([
    [
      'over the headers',
      [
        ['data', 64n * 1024n],
        ['data', 128n * 1024n],
      ],
    ],
    [
      'over the region tables',
      [
        ['data', 192n * 1024n],
        ['data', 256n * 1024n],
      ],
    ],
    ['over the log itself', [['data', 1024n * 1024n]]],
    ['behind the end of the file', [['data', 2n ** 62n]]],
    ['at a place that is no sector', [['data', 5n]]],
    ['zeros over all', [['zero', 0n, 2n ** 63n]]],
    ['zeros of a length that goes round', [['zero', 2n ** 63n, 2n ** 64n - 1n]]],
    ['a file of 2^63 bytes', [], 2n ** 63n],
    ['many times the same', Array.from({ length: 120 }, () => ['zero', 4096n, 4096n] as const)],
  ])('that writes %s is met by errors of ours', async (_, descriptors, lastOffset) => {
    await readAbout(await dirty(descriptors, lastOffset), 'dirty.vhdx');
  });
});
