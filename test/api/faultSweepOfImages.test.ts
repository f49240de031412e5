import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageIn } from '../../bin/images.js';
import { scan } from '../../src/api/scan.ts';
import { scanStatus } from '../../src/cli/exitStatus.ts';
import type { ScanDocument } from '../../src/document/scanDocument.ts';
import { recogniseContainer } from '../../src/source/containers.ts';
import { readEnds } from '../../src/source/ends.ts';
import type { Siblings } from '../../src/source/images/siblings.ts';
import { memorySource } from '../../src/source/memorySource.ts';
import { type ByteSource, SourceError } from '../../src/source/source.ts';
import { failingDevice } from '../tools/failingDevice.ts';
import { faultyFiles } from '../tools/faultyFiles.ts';
import { httpServer } from '../tools/httpServer.ts';
import { errorChunk, nbdServer } from '../tools/nbdServer.ts';
import { blamed, expectSameOrUnread, onlyPool, txgs } from './toldAsUnread.ts';

/** One disk in every format, written by qemu-img and ewfacquire: see test/tools/makeDiskImages. */
const FOLDER = join(import.meta.dirname, '..', '..', 'test-images', 'disk-images');
const [KIB, SECTOR] = [1024, 512];
const LABEL = 256 * KIB;
const DATA = 4 * KIB * KIB;

let room = '';
let disk: Uint8Array;
let whole: ScanDocument;
/** A sector of the disk in each of what a pool has there, by byte. */
let sectors: Readonly<Record<string, number>>;

beforeAll(async () => {
  room = mkdtempSync(join(tmpdir(), 'zfs-uber-sweep-'));
  const path = await imageIn(FOLDER, 'late.img');
  for (const each of ['base.img', 'parent.vmdk', 'flat-flat.vmdk', 'split-s001.vmdk', 'outside.data'])
    await imageIn(FOLDER, each);
  for (const each of ['pieces.002', 'pieces.003', 'pieces.004']) await imageIn(FOLDER, each);
  disk = readFileSync(path);
  const read = async (offset: number, length: number) => disk.slice(offset, offset + length);
  whole = await scan([{ name: 'raw.img', size: disk.length, read }]);
  const [newest] = whole.sources[0]?.uberblocks ?? [];
  const [root] = newest?.rootBlockPointer.dvas ?? [];
  const slot = 128 * KIB + (newest?.slot ?? 0) * 4 * KIB;
  const at = DATA + Number(root?.offset);
  sectors = {
    config: LABEL + 16 * KIB,
    'the newest slot': disk.length - 2 * LABEL + slot,
    root: at,
    // What was written shortly before it.
    'a block': at - 4 * KIB,
    'another block': at - 12 * KIB,
  };
});
afterAll(() => rmSync(room, { recursive: true, force: true }));

/** What a source of some kind says where one sector of the disk in it cannot be read. */
type Scanned = (at: number) => Promise<ScanDocument>;

/** Bytes that are read at once where fewer are needed. */
const AROUND = 64 * KIB;

interface FilePlace {
  readonly path: string;
  readonly from: number;
}

/** Where a file has what a read of a sector of the disk needs last, which is what is stored of it. */
async function lastRead(name: string, at: number): Promise<FilePlace> {
  const reads: FilePlace[] = [];
  const fileOf = async (base: string): Promise<ByteSource> => {
    const path = await imageIn(FOLDER, base);
    const file = memorySource(readFileSync(path), path);
    return {
      ...file,
      read(from, length, ...rest) {
        // Of these what lies around a chunk is read with it where that can be: only the chunk is to be seen here.
        const place = { source: path, offset: from, path: [] };
        if (length >= AROUND && base.endsWith('.E01'))
          return Promise.reject(new SourceError('EIO', 'too much at once', place));
        reads.push({ path, from });
        return file.read(from, length, ...rest);
      },
    };
  };
  const siblings: Siblings = { find: async (base) => ({ source: await fileOf(base), siblings }) };
  const source = await fileOf(name);
  const ends = await readEnds(memorySource(readFileSync(source.name), source.name));
  const image = await recogniseContainer(ends)?.open(source, { siblings, snapshot: null });
  await (image?.disk ?? source).read(at, SECTOR);
  const last = reads.at(-1);
  if (last === undefined) throw new Error('nothing was read');
  return last;
}

/** Bytes of a piece. */
const PIECE = 20 * KIB * KIB;

async function placeOf(name: string, at: number): Promise<FilePlace> {
  if (name !== 'pieces.001') return lastRead(name, at);
  return { path: await imageIn(FOLDER, `pieces.00${1 + Math.floor(at / PIECE)}`), from: at % PIECE };
}

/** In a file: the sector that is needed for one of the disk fails, and with it all that is packed with that. */
const inFile =
  (name: string): Scanned =>
  async (at) => {
    const path = await imageIn(FOLDER, name);
    const { path: file, from } = await placeOf(name, at);
    return scan([path], { handles: faultyFiles([{ path: file, from, to: from + SECTOR }]).handles });
  };

async function onServer(server: { address(name: string): string; close(): Promise<void> }, name: string) {
  try {
    return await scan([server.address(name)]);
  } finally {
    await server.close();
  }
}

const KINDS: Readonly<Record<string, Scanned>> = {
  'a raw file': inFile('late.img'),
  'a device': async (at) => {
    const path = join(room, 'sda.img');
    copyFileSync(await imageIn(FOLDER, 'late.img'), path);
    return scan([path], { handles: failingDevice(path, [at]).handles });
  },
  qcow2: inFile('v2.qcow2'),
  'qcow2 with a parent': inFile('child.qcow2'),
  'qcow2 of zstd clusters': inFile('zstd.qcow2'),
  'qcow2 of subclusters': inFile('extended.qcow2'),
  'qcow2 with its data outside': inFile('outside.qcow2'),
  VMDK: inFile('sparse.vmdk'),
  'VMDK in files': inFile('flat.vmdk'),
  'VMDK in streams': inFile('stream.vmdk'),
  'VMDK with a parent': inFile('delta.vmdk'),
  VDI: inFile('dynamic.vdi'),
  VHD: inFile('dynamic.vhd'),
  VHDX: inFile('dynamic.vhdx'),
  E01: inFile('evidence.E01'),
  pieces: inFile('pieces.001'),
  'a copy with a map of ddrescue': async (at) => {
    const path = await imageIn(FOLDER, 'late.img');
    const map = join(room, `${at}.map`);
    const line = (from: number, to: number, status: string) =>
      `0x${from.toString(16)} 0x${(to - from).toString(16)} ${status}`;
    const lines = ['0x0 +', line(0, at, '+'), line(at, at + SECTOR, '-'), line(at + SECTOR, disk.length, '+')];
    writeFileSync(map, `${lines.join('\n')}\n`);
    return scan([`${path}?map=${map}`]);
  },
  NBD: async (at) => {
    const touches = (offset: number, length: number) => offset < at + SECTOR && at < offset + length;
    const server = await nbdServer(
      { disk },
      {
        answer: ({ type, cookie, offset, length }, usual) =>
          type === 0 && touches(offset, length) ? errorChunk(cookie, 5, 'it failed') : usual,
      },
    );
    return onServer(server, 'disk');
  },
  HTTP: async (at) => {
    const server = await httpServer({ '/disk.img': disk }, (request, response) => {
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      if (Number(from) >= at + SECTOR || Number(to) < at) return false;
      response.writeHead(403).end();
      return true;
    });
    return onServer(server, '/disk.img');
  },
};

/** What is never read is that, and what was tried is the error that the system gave. */
const CODES: Readonly<Record<string, string>> = { 'a copy with a map of ddrescue': 'never-read', HTTP: 'refused' };

describe.each(Object.entries(KINDS))('a sector that cannot be read of %s', (kind, scanned) => {
  it('costs what needs it and nothing else, and is told as what it is', async () => {
    const before = new Map(onlyPool(whole).candidates.map((each) => [each.txg, each]));
    for (const [what, at] of Object.entries(sectors)) {
      const document = await scanned(at);
      const pool = onlyPool(document);
      const said = `${what} at ${at}`;
      expect(txgs(pool), said).toEqual(txgs(onlyPool(whole)));
      expect(blamed(pool), said).toEqual(blamed(onlyPool(whole)));
      const code = CODES[kind] ?? 'EIO';
      for (const each of pool.candidates) expectSameOrUnread(each, before.get(each.txg), code);
      const [source] = document.sources;
      const codes = new Set(source?.unreadable?.map((each) => each.code));
      // A copy of a block that another one stands for is not missed.
      if (scanStatus(document) === 0) {
        expect(what, said).toMatch(/root|block/);
        expect(codes.size, said).toBe(0);
        continue;
      }
      expect(scanStatus(document), said).toBe(3);
      expect(source?.error?.code, said).toBe(code);
      expect([...codes], said).toEqual([code]);
      const hit = source?.unreadable?.some(
        ({ offsetBytes, lengthBytes }) => Number(offsetBytes) <= at && at < Number(offsetBytes) + Number(lengthBytes),
      );
      expect(hit, said).toBe(true);
      const finding = code === 'never-read' ? 'never-read' : 'read-failed';
      expect(
        pool.findings.map((each) => each.code),
        said,
      ).toContain(finding);
      const labels = source?.labels ?? [];
      if (what === 'config') expect(labels[1]?.status, said).toBe('unreadable');
      if (what === 'the newest slot') expect(labels[2]?.ring?.unreadable, said).toBeGreaterThan(0);
    }
  });
});
