import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { imageIn } from '../../../bin/images.js';
import { findVdevs } from '../../../src/source/findVdevs.ts';
import { memorySource } from '../../../src/source/memorySource.ts';
import { MIB, vdi } from './made.ts';

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'test-images', 'disk-images');
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const found = (bytes: Uint8Array) => findVdevs(memorySource(bytes, 'disk'), { sha256 });

/** A disk of 64 MiB with a vdev on all of it. */
let disk: Uint8Array;
beforeAll(async () => {
  disk = new Uint8Array(readFileSync(await imageIn(FOLDER, 'late.img')));
});

const blockOf = (index: number) => disk.subarray(index * MIB, (index + 1) * MIB);
/** Of the blocks of the disk all but these, each behind the one before. */
function imageWithout(left: ReadonlySet<number>): Uint8Array {
  const there = Array.from({ length: disk.length / MIB }, (_, index) => index).filter((index) => !left.has(index));
  const table = Array.from({ length: disk.length / MIB }, (_, index) => {
    const at = there.indexOf(index);
    return at < 0 ? null : at;
  });
  return vdi(1, table, Buffer.concat(there.map(blockOf)));
}

describe('a file that begins like an image and has labels that verify at its end', () => {
  it('is the image where the disk in it has all of its labels: the file is as long as the disk by chance', async () => {
    const bytes = imageWithout(new Set([30, 31, 32, 33]));
    expect(bytes.length).toBe(disk.length);
    expect(Buffer.compare(bytes.subarray(-MIB), disk.subarray(-MIB))).toBe(0);
    const { container, windows, troubles } = await found(bytes);
    expect([container, windows.map(({ labels }) => labels.length)]).toEqual(['vdi', [4]]);
    expect(troubles).toEqual([]);
  });

  it('is the disk where the image is an empty one, made over the front of it', async () => {
    const bytes = disk.slice();
    bytes.set(vdi(1, Array(disk.length / MIB).fill(null), new Uint8Array()));
    const { container, windows, troubles } = await found(bytes);
    expect([container, windows.map(({ labels }) => labels.length)]).toEqual([null, [2]]);
    expect(troubles.map(({ message }) => message).join()).toContain('it is read as the disk itself');
  });

  it('is the disk where all of its labels verify, whatever the image in its first bytes has', async () => {
    const bytes = disk.slice();
    bytes.set(vdi(1, Array(disk.length / MIB).fill(0), new Uint8Array()).subarray(0, 8192));
    expect(await found(bytes)).toMatchObject({ container: null, windows: [{ labels: { length: 4 } }] });
  });

  it('is the disk where the image contradicts itself', async () => {
    const bytes = disk.slice();
    bytes.set(vdi(1, Array(disk.length / MIB).fill(null), new Uint8Array()));
    new DataView(bytes.buffer).setUint32(0x178, 3, true);
    expect(await found(bytes)).toMatchObject({ container: null, refusal: null, windows: [{ labels: { length: 2 } }] });
  });
});
