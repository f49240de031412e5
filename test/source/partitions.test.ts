import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, ZfsUberError } from '../../src/bytes/errors.ts';
import { memorySource } from '../../src/source/memorySource.ts';
import { findPartitions, type PartitionTables } from '../../src/source/partitions.ts';
import { gpt512, gpt4096, hybrid, mbr4096, mbrExtended, type RealTable } from './realTables.ts';
import { diskWith, testDisk } from './testDisk.ts';

const extents = ({ partitions }: PartitionTables) =>
  partitions.map(({ index, offset, length }) => [index, offset, length]);
const listed = ({ listed, sectorSize }: RealTable) =>
  listed.map(([index, first, count]) => [index, first * sectorSize, count * sectorSize]);
const messages = ({ troubles }: PartitionTables) => troubles.map(({ message }) => message);

describe('findPartitions on tables that real tools wrote', () => {
  it.each([
    ['GPT, 512-byte sectors', gpt512],
    ['GPT, 4096-byte sectors', gpt4096],
    ['MBR with logical partitions', mbrExtended],
    ['hybrid MBR', hybrid],
  ])('lists what sfdisk lists, without a trouble: %s', async (_, table) => {
    const found = await findPartitions(diskWith(table));
    expect(extents(found)).toEqual(listed(table));
    expect(messages(found)).toEqual([]);
  });

  it('counts in the sector size it is given when an MBR does not say it', async () => {
    const found = await findPartitions(diskWith(mbr4096), { mbrSectorSize: 4096 });
    expect(extents(found)).toEqual(listed(mbr4096));
  });

  it('gives names and types as the tool showed them', async () => {
    const { partitions } = await findPartitions(diskWith(gpt512));
    expect(partitions[1]).toMatchObject({
      kind: 'gpt',
      name: 'zfs-größe',
      type: '6a898cc3-1dd2-11b2-99a6-080020736631',
      from: 'primary',
    });
    const mbr = await findPartitions(diskWith(mbrExtended));
    expect(mbr.partitions.map(({ type }) => type)).toEqual(['0x83', '0xbf', '0x83', '0x82']);
  });
});

describe('findPartitions on damaged tables', () => {
  it.each([
    ['512', gpt512],
    ['4096', gpt4096],
  ])('uses the backup table when the front of the disk is zero: sectors of %s bytes', async (_, table) => {
    const disk = diskWith(table);
    disk.put(0, new Uint8Array(6 * table.sectorSize + 16384));
    const found = await findPartitions(disk);
    expect(extents(found)).toEqual(listed(table));
    expect(new Set(found.partitions.map(({ from }) => from))).toEqual(new Set(['backup']));
    expect(messages(found)[0]).toMatch(/primary GPT: GPT signature: expected EFI PART/);
  });

  it('uses the backup table when the front of the disk cannot be read, and says which bytes', async () => {
    const disk = diskWith(gpt512);
    disk.breakAt(0, 34 * 512);
    const found = await findPartitions(disk);
    expect(extents(found)).toEqual(listed(gpt512));
    expect(found.troubles.map(({ code }) => code)).toContain('EIO');
  });

  it('finds the backup table of an image that grew by the protective MBR', async () => {
    const disk = diskWith(gpt512, gpt512.size + 1024 * 1024);
    disk.put(512, new Uint8Array(20000));
    const found = await findPartitions(disk);
    expect(extents(found)).toEqual(listed(gpt512));
  });

  it('uses intact backup entries where those of the primary table fail their CRC, and tells both sums', async () => {
    const disk = diskWith(gpt512);
    disk.put(1024 + 128 + 32, Uint8Array.of(0xff));
    const found = await findPartitions(disk);
    expect(extents(found)).toEqual(listed(gpt512));
    expect(messages(found)).toEqual([
      expect.stringMatching(/^disk\.img @ 0x400 primary GPT > entries: GPT entries CRC-32: expected e0ca0aef, found /),
    ]);
  });

  it('gives what both copies say where both are damaged', async () => {
    const disk = diskWith(gpt512);
    disk.put(1024 + 128, new Uint8Array(128));
    disk.put(gpt512.size - 33 * 512, new Uint8Array(128));
    const found = await findPartitions(disk);
    const inOrder = extents(found).sort(([a = 0], [b = 0]) => a - b);
    expect(inOrder).toEqual(listed(gpt512));
    expect(messages(found)).toHaveLength(2);
  });

  it('cuts a partition that passes the end of a truncated image and says so', async () => {
    const size = 50 * 1024 * 1024;
    const found = await findPartitions(diskWith(gpt512, size));
    expect(found.partitions.map(({ offset, length }) => offset + length)).toEqual([3 * 1024 * 1024, size, size]);
    expect(found.partitions.map(({ trouble }) => trouble?.code ?? null)).toEqual([
      null,
      'format-bounds',
      'format-bounds',
    ]);
    expect(messages(found)[0]).toMatch(/partition 2: end of partition: expected at most 52428800/);
  });

  it('names a protective MBR whose GPT is gone from both ends', async () => {
    const disk = diskWith(gpt512);
    disk.put(512, new Uint8Array(20000));
    disk.put(gpt512.size - 33 * 512, new Uint8Array(33 * 512));
    const found = await findPartitions(disk);
    expect(found.partitions).toEqual([]);
    expect(messages(found)).toEqual([expect.stringContaining('protective entry')]);
  });

  it('keeps partitions of an MBR that has nothing to do with the GPT beside it', async () => {
    const disk = diskWith(gpt512);
    disk.put(0, new Uint8Array(512));
    for (const [offset, base64] of mbrExtended.written) {
      disk.put(
        offset,
        Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)),
      );
    }
    const found = await findPartitions(disk);
    expect(found.partitions.map(({ kind }) => kind)).toEqual(['gpt', 'gpt', 'gpt', 'mbr', 'mbr', 'mbr']);
  });
});

describe('findPartitions on hostile tables', () => {
  /** A boot record with the given entries: type, first sector, sectors. */
  const bootRecord = (...entries: readonly (readonly [number, number, number])[]): Uint8Array => {
    const bytes = new Uint8Array(512);
    const view = new DataView(bytes.buffer);
    view.setUint16(510, 0xaa55, true);
    for (const [i, [type, first, count]] of entries.entries()) {
      view.setUint8(446 + 16 * i + 4, type);
      view.setUint32(446 + 16 * i + 8, first, true);
      view.setUint32(446 + 16 * i + 12, count, true);
    }
    return bytes;
  };

  it('stops where extended boot records link in a circle', async () => {
    const disk = testDisk(1024 * 1024);
    disk.put(0, bootRecord([0x05, 100, 1000]));
    disk.put(100 * 512, bootRecord([0x83, 1, 9], [0x05, 10, 20]));
    disk.put(110 * 512, bootRecord([0x83, 1, 9], [0x05, 10, 20]));
    const found = await findPartitions(disk);
    expect(extents(found)).toEqual([
      [5, 101 * 512, 9 * 512],
      [6, 111 * 512, 9 * 512],
    ]);
    expect(messages(found)).toEqual([
      expect.stringMatching(/link: expected a record not seen before, found sector 110/),
    ]);
  });

  it('stops after 60 extended boot records with a limit', async () => {
    const disk = testDisk(1024 * 1024);
    disk.put(0, bootRecord([0x05, 100, 1000]));
    for (let i = 0; i < 200; i++) disk.put((100 + i * 2) * 512, bootRecord([0x83, 1, 1], [0x05, (i + 1) * 2, 2]));
    const found = await findPartitions(disk);
    expect(found.partitions).toHaveLength(60);
    expect(found.troubles.map(({ code }) => code)).toEqual(['limit']);
  });

  it('reports a link out of the disk and keeps what came before', async () => {
    const disk = testDisk(1024 * 1024);
    disk.put(0, bootRecord([0x83, 1, 9], [0x05, 100, 1000]));
    disk.put(100 * 512, bootRecord([0x83, 1, 9], [0x05, 0xfffffff0, 20]));
    const found = await findPartitions(disk);
    expect(extents(found).map(([index]) => index)).toEqual([1, 5]);
    expect(found.troubles[0]).toBeInstanceOf(FormatError);
  });

  it('does not take the first sector of a file system for a table', async () => {
    const disk = testDisk(1024 * 1024);
    const sector = bootRecord([0x83, 1, 9]);
    sector[446 + 16] = 0x4e;
    disk.put(0, sector);
    expect(await findPartitions(disk)).toEqual({ partitions: [], troubles: [] });
  });

  it.each([
    ['entry count', 80, 0xffffffff],
    ['entry size', 84, 0xffffffff],
    ['entry size 0', 84, 0],
    ['entries sector', 72, 0xffffffff],
    ['header size', 12, 0xffffffff],
    ['header size 0', 12, 0],
  ])('reads a bounded part of a table with a hostile %s', async (_, at, value) => {
    const disk = diskWith(gpt512);
    const field = new Uint8Array(4);
    new DataView(field.buffer).setUint32(0, value, true);
    disk.put(512 + at, field);
    const found = await findPartitions(disk);
    expect(extents(found).slice(0, 3)).toEqual(listed(gpt512));
    expect(found.troubles.length).toBeGreaterThan(0);
    expect(disk.reads.reduce((sum, [, length]) => sum + length, 0)).toBeLessThan(400 * 1024);
  });

  it('answers every mutation of a real table with partitions inside the source and typed troubles', async () => {
    const small: RealTable = { ...gpt512, size: 64 * 1024 };
    const bytes = new Uint8Array(small.size);
    for (const table of [gpt512, mbrExtended]) {
      for (const [offset, base64] of table.written) {
        const at = offset > small.size ? offset - gpt512.size + small.size : offset;
        if (at > 0)
          bytes.set(
            Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)),
            at % (small.size - 512),
          );
      }
    }
    const change = fc.record({
      at: fc.oneof(fc.nat(2047), fc.nat(small.size - 1)),
      value: fc.oneof(fc.nat(255), fc.constantFrom(0, 0x55, 0xaa, 0xff)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
        const mutated = bytes.slice();
        for (const { at, value } of changes) mutated[at] = value;
        const found = await findPartitions(memorySource(mutated));
        for (const { offset, length } of found.partitions) {
          expect(offset >= 0 && length >= 0 && offset + length <= mutated.length).toBe(true);
        }
        expect(found.troubles.every((trouble) => trouble instanceof ZfsUberError)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('survives any bytes, of any length, behind the signatures of both tables', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 0, maxLength: 3000 }), async (bytes) => {
        const image = new Uint8Array(16 * 1024);
        image.set(bytes);
        image.set([0x55, 0xaa], 510);
        image.set(new TextEncoder().encode('EFI PART'), 512);
        for (const at of [446, 462, 478, 494]) image[at] = 0;
        const found = await findPartitions(memorySource(image.slice(0, Math.max(bytes.length, 1024))));
        expect(found.partitions.every(({ offset, length }) => offset + length <= image.length)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
