import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../src/source/crc32.ts';
import { memorySource } from '../../src/source/memorySource.ts';
import { overlaid } from '../../src/source/overlaid.ts';
import { findPartitions } from '../../src/source/partitions.ts';
import { type RestoredGpt, restoreGpt } from '../../src/source/restoredGpt.ts';
import { gpt512, gpt4096, mbrExtended, type RealTable } from './realTables.ts';
import { diskWith, testDisk } from './testDisk.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const GUIDS = { pool: 0x0123456789abcdefn, vdev: 0xfedcba9876543210n };
const SGDISK = ['/sbin/sgdisk', '/usr/sbin/sgdisk', '/usr/bin/sgdisk'].find((path) => existsSync(path)) ?? null;
const auto = { sectorSize: null, guids: GUIDS };

function restored(answer: Awaited<ReturnType<typeof restoreGpt>>): RestoredGpt {
  if (answer === null || typeof answer === 'string') throw new Error(`nothing was restored: ${answer}`);
  return answer;
}
const laidOf = ({ bootRecord, tables }: RestoredGpt) => [...(bootRecord === null ? [] : [bootRecord]), ...tables];

/** A partition of a real table, in bytes. */
function partOf({ listed, sectorSize }: RealTable) {
  const [, first = 0, count = 0] = listed[0] ?? [];
  return { start: first * sectorSize, size: count * sectorSize };
}

/** What sgdisk says of a disk. */
function verify(sgdisk: string, bytes: Uint8Array): string {
  const room = mkdtempSync(join(tmpdir(), 'zfs-uber-gpt-'));
  try {
    const path = join(room, 'disk.img');
    writeFileSync(path, bytes);
    return execFileSync(sgdisk, ['-v', path], { encoding: 'utf8' });
  } finally {
    rmSync(room, { recursive: true });
  }
}

describe('a primary GPT from its backup', () => {
  it.each([
    ['512', gpt512],
    ['4096', gpt4096],
  ])('is the table that a real tool wrote, byte for byte: sectors of %s bytes', async (_, table) => {
    const disk = diskWith(table);
    const own = await disk.read(0, disk.size);
    disk.put(table.sectorSize, new Uint8Array(table.sectorSize * 2 + 16 * KIB));
    const found = restored(await restoreGpt(disk, partOf(table), auto));
    expect(found).toMatchObject({ from: 'backup', sectorSize: table.sectorSize, bootRecord: null });
    for (const { offset, bytes } of found.tables) {
      expect(Buffer.compare(bytes, own.subarray(offset, offset + bytes.length))).toBe(0);
    }
  });

  it.each([
    ['512', gpt512],
    ['4096', gpt4096],
  ])('counts for Linux once sector 0 is lost too: sectors of %s bytes', async (_, table) => {
    const disk = diskWith(table);
    disk.put(0, new Uint8Array(table.sectorSize * 3 + 16 * KIB));
    const over = overlaid(disk, laidOf(restored(await restoreGpt(disk, partOf(table), auto))));
    const { partitions, troubles } = await findPartitions(over, { sectorSize: table.sectorSize });
    expect(troubles).toEqual([]);
    expect(partitions.map(({ from, hidden }) => [from, hidden])).toEqual(table.listed.map(() => ['primary', null]));
  });

  it('is nothing where the disk has one that counts', async () => {
    expect(await restoreGpt(diskWith(gpt512), partOf(gpt512), auto)).toBeNull();
  });

  it('leaves the boot code, and is the boot record alone where the table is whole', async () => {
    const disk = diskWith(gpt512);
    const code = Uint8Array.from({ length: 446 }, (_, i) => i);
    disk.put(0, code);
    disk.put(446, new Uint8Array(66));
    const { bootRecord, tables } = restored(await restoreGpt(disk, partOf(gpt512), auto));
    expect(tables).toEqual([]);
    expect(bootRecord?.bytes.subarray(0, 446)).toEqual(code);
  });

  it('is refused where the backup does not list the vdev, counts other sectors, or fails', async () => {
    const wiped = (): ReturnType<typeof diskWith> => {
      const disk = diskWith(gpt512);
      disk.put(512, new Uint8Array(2 * 512 + 16 * KIB));
      return disk;
    };
    const { start, size } = partOf(gpt512);
    expect(await restoreGpt(wiped(), { start: start + 512, size: size - 512 }, auto)).toBe('vdev-not-listed');
    expect(await restoreGpt(wiped(), { start, size }, { ...auto, sectorSize: 4096 })).toBe('sector-size-differs');
    const damaged = wiped();
    damaged.put(damaged.size - 512 + 56, Uint8Array.of(1, 2, 3));
    expect(await restoreGpt(damaged, { start, size }, auto)).toBe('table-damaged');
  });
});

describe('the table of a hostile disk', () => {
  it('is refused where the backup lists a partition that begins below the end of a primary', async () => {
    const disk = memorySource(new Uint8Array(3 * MIB));
    const vdev = { start: MIB, size: MIB };
    const { tables } = restored(await restoreGpt(disk, vdev, { sectorSize: 512, guids: GUIDS }));
    const [, , entries, header] = tables;
    if (entries === undefined || header === undefined) throw new Error('no backup');
    const [listing, sector] = [entries.bytes.slice(), header.bytes.slice()];
    new DataView(listing.buffer).setBigUint64(32, 33n, true);
    const view = new DataView(sector.buffer);
    view.setUint32(88, crc32(listing), true);
    view.setUint32(16, 0, true);
    view.setUint32(16, crc32(sector.subarray(0, 92)), true);
    const backup = [
      { offset: entries.offset, bytes: listing },
      { offset: header.offset, bytes: sector },
    ];
    const below = { start: 33 * 512, size: MIB };
    expect(await restoreGpt(overlaid(disk, backup), below, auto)).toBe('table-on-vdev');
  });

  it('is not chosen between two that count sectors of different sizes, unless the size is said', async () => {
    const disk = memorySource(new Uint8Array(4 * MIB));
    const vdev = { start: MIB, size: MIB };
    const of = async (sectorSize: number) =>
      restored(await restoreGpt(disk, vdev, { sectorSize, guids: GUIDS })).tables;
    const both = overlaid(disk, [...(await of(512)).slice(0, 2), ...(await of(4096)).slice(2)]);
    expect(await restoreGpt(both, vdev, auto)).toBe('sector-size-unknown');
    const told = await restoreGpt(both, vdev, { sectorSize: 4096, guids: GUIDS });
    expect(told).toMatchObject({ from: 'backup', sectorSize: 4096 });
  });

  it('never lies on the vdev or behind the end, whatever the bytes of both copies', async () => {
    const whole = await diskWith(gpt512).read(0, gpt512.size);
    const vdev = partOf(gpt512);
    const [front, back] = [34 * 512, whole.length - 34 * 512];
    const place = fc.oneof(fc.integer({ min: 0, max: 1535 }), fc.integer({ min: back, max: whole.length - 1 }));
    const header = fc.integer({ min: whole.length - 512, max: whole.length - 420 });
    const change = fc.tuple(fc.oneof(place, header), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 6 }), fc.boolean(), async (changes, sealed) => {
        const [head, tail] = [whole.slice(0, front), whole.slice(back)];
        head.fill(0, 512, 1024);
        for (const [at, byte] of changes) (at < front ? head : tail)[at < front ? at : at - back] = byte;
        if (sealed) {
          const last = tail.subarray(-512);
          last.fill(0, 16, 20);
          new DataView(last.buffer, last.byteOffset).setUint32(16, crc32(last.subarray(0, 92)), true);
        }
        const disk = testDisk(whole.length);
        disk.put(0, head);
        disk.put(back, tail);
        const answer = await restoreGpt(disk, vdev, { sectorSize: 512, guids: GUIDS });
        if (answer === null || typeof answer === 'string') return;
        for (const { offset, bytes } of laidOf(answer)) {
          const end = offset + bytes.length;
          expect(end <= vdev.start || offset >= vdev.start + vdev.size).toBe(true);
          expect(end <= disk.size).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('a GPT for a vdev that was found', () => {
  /** In units of 4096 bytes; of a table there is nothing. */
  const disks = fc.record({
    sectorSize: fc.constantFrom(512, 4096),
    start: fc.integer({ min: 6, max: 64 }),
    size: fc.integer({ min: 1, max: 32 }),
    behind: fc.integer({ min: 5, max: 64 }),
    fill: fc.integer({ min: 0, max: 255 }),
  });

  it('lists that vdev in both tables, and changes no byte beside them', async () => {
    await fc.assert(
      fc.asyncProperty(disks, async ({ sectorSize, start, size, behind, fill }) => {
        const vdev = { start: start * 4096, size: size * 4096 };
        const bytes = new Uint8Array(vdev.start + vdev.size + behind * 4096).fill(fill);
        const found = restored(await restoreGpt(memorySource(bytes), vdev, { sectorSize, guids: GUIDS }));
        const laid = laidOf(found);
        const over = overlaid(memorySource(bytes), laid);
        const { partitions, troubles } = await findPartitions(over, { sectorSize });
        expect(troubles).toEqual([]);
        expect(partitions).toMatchObject([
          { offset: vdev.start, length: vdev.size, sectorSize, hidden: null, from: 'primary', name: 'zfs' },
        ]);
        expect(await restoreGpt(over, vdev, { sectorSize, guids: GUIDS })).toBeNull();
        const [front, back] = [2 * sectorSize + 16 * KIB, bytes.length - sectorSize - 16 * KIB];
        for (const { offset, bytes: own } of laid) expect(offset + own.length <= front || offset >= back).toBe(true);
        expect(front <= vdev.start && back >= vdev.start + vdev.size).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('is restored from its own backup as it was made', async () => {
    const vdev = { start: MIB, size: MIB };
    const disk = memorySource(new Uint8Array(3 * MIB));
    const made = restored(await restoreGpt(disk, vdev, { sectorSize: 512, guids: GUIDS }));
    const backup = made.tables.slice(2);
    const again = restored(await restoreGpt(overlaid(disk, backup), vdev, auto));
    expect(again.tables).toEqual(made.tables.slice(0, 2));
  });

  it.skipIf(SGDISK === null)('has no problem for sgdisk, where that is installed', async () => {
    const bytes = new Uint8Array(4 * MIB);
    const vdev = { start: MIB, size: 2 * MIB };
    const found = restored(await restoreGpt(memorySource(bytes), vdev, { sectorSize: 512, guids: GUIDS }));
    for (const laid of laidOf(found)) bytes.set(laid.bytes, laid.offset);
    expect(verify(SGDISK ?? '', bytes)).toContain('No problems found');
  });

  it('is refused where it would lie on the vdev, in front or behind', async () => {
    const disk = memorySource(new Uint8Array(2 * MIB));
    const at = (start: number, size: number) => restoreGpt(disk, { start, size }, { sectorSize: 512, guids: GUIDS });
    expect(await at(33 * 512, MIB)).toBe('table-on-vdev');
    expect(await at(34 * 512, MIB)).toMatchObject({ from: 'vdev' });
    expect(await at(MIB, MIB - 32 * 512)).toBe('table-on-vdev');
    expect(await at(MIB, MIB - 33 * 512)).toMatchObject({ from: 'vdev' });
    expect(await at(MIB + 100, MIB / 2)).toBe('vdev-not-aligned');
  });

  it('takes sectors of 512 bytes where no others fit, and else wants to be told', async () => {
    const disk = memorySource(new Uint8Array(3 * MIB));
    expect(await restoreGpt(disk, { start: 34 * 512, size: MIB }, auto)).toMatchObject({ sectorSize: 512 });
    expect(await restoreGpt(disk, { start: 40 * 512, size: MIB }, auto)).toMatchObject({ sectorSize: 512 });
    expect(await restoreGpt(disk, { start: MIB, size: MIB }, auto)).toBe('sector-size-unknown');
  });

  it('is refused beside another table, and on a disk that something else has signed', async () => {
    const parted = diskWith(mbrExtended);
    const vdev = { start: MIB, size: MIB };
    expect(await restoreGpt(parted, vdev, { sectorSize: 512, guids: GUIDS })).toBe('other-table');
    const signed = testDisk(4 * MIB);
    signed.put(0, Uint8Array.of(0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe, 0, 2));
    expect(await restoreGpt(signed, vdev, { sectorSize: 512, guids: GUIDS })).toBe('other-signature');
  });
});
