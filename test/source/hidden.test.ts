import { describe, expect, it } from 'vitest';
import { crc32 } from '../../src/source/crc32.ts';
import { findPartitions } from '../../src/source/partitions.ts';
import { gpt512, gpt4096, hybrid, mbr4096, mbrExtended, type RealTable } from './realTables.ts';
import { diskWith, type TestDisk } from './testDisk.ts';

const SECTOR = 512;
const HEADER = SECTOR;
const ENTRIES = 2 * SECTOR;
const LAST = gpt512.size / SECTOR - 1;

/** What Linux makes of each partition, by its number. */
async function reasons(disk: TestDisk, options: Parameters<typeof findPartitions>[1] = {}) {
  const { partitions } = await findPartitions(disk, options);
  return Object.fromEntries(partitions.map(({ kind, index, hidden }) => [`${kind} ${index}`, hidden]));
}

const all = (reason: string | null) => ({ 'gpt 1': reason, 'gpt 2': reason, 'gpt 3': reason });

/** Changes a field of the primary header, of 4 or 8 bytes, and seals the header again. */
async function setHeader(disk: TestDisk, offset: number, bytes: 4 | 8, value: number): Promise<void> {
  const header = await disk.read(HEADER, 92);
  const view = new DataView(header.buffer);
  if (bytes === 4) view.setUint32(offset, value, true);
  else view.setBigUint64(offset, BigInt(value), true);
  view.setUint32(16, 0, true);
  view.setUint32(16, crc32(header), true);
  disk.put(HEADER, header);
}

describe('partitions that Linux makes a device of', () => {
  it.each<[string, RealTable, number]>([
    ['a GPT', gpt512, 512],
    ['a GPT of sectors of 4096 bytes on such a disk', gpt4096, 4096],
    ['an MBR with logical partitions', mbrExtended, 512],
    ['a hybrid MBR, of which the GPT counts', hybrid, 512],
    ['an MBR of sectors of 4096 bytes on such a disk', mbr4096, 4096],
  ])('are all of %s', async (_, table, sectorSize) => {
    const found = await reasons(diskWith(table), { sectorSize, mbrSectorSize: sectorSize });
    expect(new Set(Object.values(found))).toEqual(new Set([null]));
  });

  it.each<[string, (disk: TestDisk) => void | Promise<void>]>([
    ['the backup is gone', (disk) => disk.put(gpt512.size - 33 * SECTOR, new Uint8Array(33 * SECTOR))],
    ['the protective entry has another length', (disk) => disk.put(446 + 12, Uint8Array.of(5, 0, 0, 0))],
    ['the protective entry has a strange status byte', (disk) => disk.put(446, Uint8Array.of(7))],
    ['the header has another revision', (disk) => setHeader(disk, 8, 4, 0x20000)],
    ['the header has a wrong alternate sector', (disk) => setHeader(disk, 32, 8, 77)],
  ])('stay so when %s', async (_, damage) => {
    const disk = diskWith(gpt512);
    await damage(disk);
    expect(await reasons(disk)).toEqual(all(null));
  });

  it('stay so when the disk grew and the backup is not at its end', async () => {
    expect(await reasons(diskWith(gpt512, gpt512.size + 1024 * 1024))).toEqual(all(null));
  });
});

describe('partitions that Linux makes no device of', () => {
  it.each<[string, string, (disk: TestDisk) => void | Promise<void>]>([
    ['boot-signature', 'sector 0 is zero', (disk) => disk.put(0, new Uint8Array(SECTOR))],
    ['boot-signature', 'the signature of sector 0 is gone', (disk) => disk.put(510, Uint8Array.of(0))],
    ['boot-signature', 'sector 0 cannot be read', (disk) => disk.breakAt(0, SECTOR)],
    ['protective-entry', 'the protective entry has another type', (disk) => disk.put(446 + 4, Uint8Array.of(0x83))],
    ['protective-entry', 'the protective entry begins at sector 2', (disk) => disk.put(446 + 8, Uint8Array.of(2))],
    ['no-primary', 'the primary header is zero', (disk) => disk.put(HEADER, new Uint8Array(SECTOR))],
    ['header-crc', 'a byte of the primary header is another', (disk) => disk.put(HEADER + 60, Uint8Array.of(1, 2))],
    ['entries-crc', 'a byte of the primary entries is another', (disk) => disk.put(ENTRIES + 60, Uint8Array.of(1))],
    ['own-sector', 'the header at sector 1 is one of another sector', (disk) => setHeader(disk, 24, 8, LAST)],
    ['usable-sectors', 'usable sectors go on behind the disk', (disk) => setHeader(disk, 48, 8, LAST + 1)],
    ['usable-sectors', 'usable sectors end before they begin', (disk) => setHeader(disk, 48, 8, 33)],
    ['entry-size', 'entries are 256 bytes long', (disk) => setHeader(disk, 84, 4, 256)],
    ['header-size', 'the header is longer than its sector', (disk) => setHeader(disk, 12, 4, 513)],
  ])('%s: %s', async (reason, _, damage) => {
    const disk = diskWith(gpt512);
    await damage(disk);
    const found = await reasons(disk);
    expect(Object.keys(found).length).toBeGreaterThan(0);
    expect(new Set(Object.entries(found).flatMap(([name, each]) => (name.startsWith('gpt') ? [each] : [])))).toEqual(
      new Set([reason]),
    );
  });

  it('are all of a disk that was cut behind its last used sector: the table says that more is usable', async () => {
    const found = await reasons(diskWith(gpt512, gpt512.size - 34 * SECTOR));
    expect(found).toEqual(all('usable-sectors'));
  });

  it('are all where the disk has sectors of another size than the table counts', async () => {
    expect(await reasons(diskWith(gpt4096))).toEqual({ 'gpt 1': 'sector-size', 'gpt 9': 'sector-size' });
    expect(await reasons(diskWith(gpt512), { sectorSize: 4096 })).toEqual(all('sector-size'));
    const mbr = await reasons(diskWith(mbr4096), { mbrSectorSize: 4096 });
    expect(new Set(Object.values(mbr))).toEqual(new Set(['sector-size']));
  });

  it('are not those that a boot record without protective entry lists too', async () => {
    const disk = diskWith(gpt512);
    const entry = Uint8Array.of(0, 0, 0, 0, 0xbf, 0, 0, 0, 0, 0x18, 0, 0, 0, 0x80, 2, 0);
    disk.put(446, entry);
    expect(await reasons(disk)).toEqual({
      'gpt 1': 'protective-entry',
      'gpt 2': null,
      'gpt 3': 'protective-entry',
    });
  });

  it('are those of a hybrid MBR whose GPT is damaged: an entry of type ee keeps the boot record from counting', async () => {
    const disk = diskWith(hybrid);
    disk.put(HEADER + 60, Uint8Array.of(1, 2));
    expect(new Set(Object.values(await reasons(disk)))).toEqual(new Set(['header-crc']));
  });
});
