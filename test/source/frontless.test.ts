import { describe, expect, it } from 'vitest';
import { frontless } from '../../src/source/frontless.ts';
import { readAround } from '../../src/source/readAround.ts';
import { MissingBytesError } from '../../src/source/source.ts';
import { testDisk } from './testDisk.ts';

const KIB = 1024;

describe('a source whose front is missing', () => {
  const disk = testDisk(512 * KIB);
  disk.put(0, Uint8Array.of(1, 2, 3));
  const view = frontless(disk, 300 * KIB + 1, 812 * KIB + 1);

  it('counts from where it began', async () => {
    expect(view.size).toBe(812 * KIB + 1);
    expect([...(await view.read(300 * KIB + 1, 3))]).toEqual([1, 2, 3]);
  });

  it('refuses what was in front, and says where it ends', async () => {
    const error = await view.read(300 * KIB, 2).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MissingBytesError);
    expect(error).toMatchObject({ code: 'source-cut', until: 300 * KIB + 1 });
    await expect(view.read(812 * KIB, 2)).rejects.toMatchObject({ code: 'source-short' });
  });

  it('is read around in one read of what is there, to the byte', async () => {
    const before = disk.reads.length;
    const { bytes, unreadable } = await readAround(view, 0, 512 * KIB);
    expect(unreadable).toEqual([{ offset: 0, length: 300 * KIB + 1 }]);
    expect([...bytes.subarray(300 * KIB, 300 * KIB + 5)]).toEqual([0, 1, 2, 3, 0]);
    expect(disk.reads.length - before).toBe(1);
  });
});
