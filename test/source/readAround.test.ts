import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/source/memorySource.ts';
import { readAround } from '../../src/source/readAround.ts';
import { type ByteSource, EndedError, SourceError } from '../../src/source/source.ts';
import { testDisk } from './testDisk.ts';

const KIB = 1024;
const filled = (size: number) => {
  const disk = testDisk(size);
  disk.put(0, new Uint8Array(size).fill(7));
  return disk;
};

describe('readAround', () => {
  it('loses one sector to one bad sector, and reads the rest', async () => {
    const disk = filled(128 * KIB);
    disk.breakAt(70 * KIB + 100, 1);
    const { bytes, unreadable, troubles } = await readAround(disk, 0, 128 * KIB);
    expect(unreadable).toEqual([{ offset: 70 * KIB, length: 512 }]);
    expect(troubles.map(({ code }) => code)).toEqual(['EIO']);
    expect(troubles[0]?.place?.offset).toBe(70 * KIB);
    expect(bytes.indexOf(0)).toBe(70 * KIB);
    expect(bytes.filter((byte) => byte === 0)).toHaveLength(512);
  });

  it('reads once where nothing is wrong', async () => {
    const disk = filled(64 * KIB);
    expect((await readAround(disk, 100, 60 * KIB)).unreadable).toEqual([]);
    expect(disk.reads).toHaveLength(1);
  });

  it('stops trying after a bounded number of failures on a device that is gone', async () => {
    const disk = testDisk(8 * KIB * KIB);
    disk.breakAt(0, disk.size);
    const { unreadable } = await readAround(disk, 0, disk.size);
    expect(unreadable).toEqual([{ offset: 0, length: disk.size }]);
    expect(disk.reads.length).toBeLessThan(400);
  });

  it('tries every page of a range that is long bad, however many fail, when it is told to', async () => {
    const disk = filled(4 * KIB * KIB);
    for (let at = 0; at < disk.size; at += 8 * KIB) disk.breakAt(at, 4 * KIB);
    const { bytes } = await readAround(disk, 0, disk.size, { patience: Number.POSITIVE_INFINITY });
    expect(bytes.filter((byte) => byte === 7)).toHaveLength(disk.size / 2);
  });

  it('reads the sectors at both ends of a run of bad pages', async () => {
    const disk = filled(128 * KIB);
    disk.breakAt(20 * KIB + 512, 80 * KIB - 1024);
    const { unreadable } = await readAround(disk, 0, disk.size);
    expect(unreadable).toEqual([{ offset: 20 * KIB + 512, length: 80 * KIB - 1024 }]);
  });

  it('does not ask again for what lies behind the end of a source that is shorter than it says', async () => {
    let reads = 0;
    const source: ByteSource = {
      name: 'cut.img',
      size: 128 * KIB,
      async read(offset, length) {
        reads++;
        const there = Math.max(0, Math.min(length, 70_000 - offset));
        if (there === length) return new Uint8Array(length).fill(7);
        throw new EndedError('it ended', { source: 'cut.img', offset: offset + there, path: [] }, there);
      },
    };
    const { bytes, unreadable } = await readAround(source, 0, 128 * KIB);
    expect(unreadable).toEqual([{ offset: 70_000, length: 128 * KIB - 70_000 }]);
    expect(bytes.lastIndexOf(7)).toBe(69_999);
    expect(reads).toBe(3);
  });

  it('lists exactly the sectors that hold bad bytes, whatever they are and wherever the range begins', async () => {
    const bad = fc.uniqueArray(fc.nat(31), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(bad, fc.nat(3 * 512), fc.nat(12 * KIB), async (sectors, offset, length) => {
        const disk = filled(16 * KIB);
        for (const sector of sectors) disk.breakAt(sector * 512, 512);
        const { bytes, unreadable } = await readAround(disk, offset, length);
        const expected = Uint8Array.from({ length }, (_, i) => (sectors.includes((offset + i) >> 9) ? 0 : 7));
        const listed = new Uint8Array(length).fill(7);
        for (const span of unreadable) listed.fill(0, span.offset - offset, span.offset - offset + span.length);
        expect(Buffer.compare(bytes, expected)).toBe(0);
        expect(Buffer.compare(listed, expected)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('does not hide a range past the end of the source', async () => {
    await expect(readAround(memorySource(new Uint8Array(10)), 5, 6)).rejects.toThrow(SourceError);
  });

  it('passes on what is not a read error', async () => {
    const source = { name: 'x', size: 10, read: () => Promise.reject(new TypeError('a bug')) };
    await expect(readAround(source, 0, 10)).rejects.toThrow(TypeError);
  });
});
