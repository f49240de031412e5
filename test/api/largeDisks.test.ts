import { describe, expect, it } from 'vitest';
import { scan } from '../../src/api/scan.ts';
import type { ByteSource } from '../../src/source/source.ts';

const [GIB, TIB] = [2 ** 30, 2 ** 40];
const KIB = 1024;

/** Zeros with `front` before them, and the number of bytes that were asked for. */
function sparse(name: string, size: number, front = new Uint8Array()): { source: ByteSource; read: () => number } {
  let count = 0;
  const source: ByteSource = {
    name,
    size,
    async read(offset, length) {
      count += length;
      const bytes = new Uint8Array(length);
      if (offset < front.length) bytes.set(front.subarray(offset, offset + length));
      return bytes;
    },
  };
  return { source, read: () => count };
}

/** A qcow2 image of a disk of that size of which nothing is written: header, and an L1 of zeros. */
function qcow2(size: number) {
  const front = new Uint8Array(KIB);
  const view = new DataView(front.buffer);
  view.setUint32(0, 0x514649fb);
  view.setUint32(4, 3);
  view.setUint32(20, 16);
  view.setBigUint64(24, BigInt(size));
  view.setUint32(36, size / (512 * 2 ** 20));
  view.setBigUint64(40, BigInt(64 * KIB));
  view.setUint32(100, 104);
  return sparse('disk.qcow2', 64 * KIB + (size / (512 * 2 ** 20)) * 8, front);
}

describe('a scan reads no more of a larger disk', () => {
  it.each([
    ['a sparse device', (size: number) => sparse('disk.img', size)],
    ['a qcow2 image', qcow2],
  ])('%s of 20 TB and one of 64 GiB', async (_, make) => {
    const counted: number[] = [];
    for (const size of [64 * GIB, 20 * TIB]) {
      const { source, read } = make(size);
      const { pools } = await scan([source], { depth: 'labels' });
      expect(pools).toEqual([]);
      counted.push(read());
    }
    const [small = 0, large = 0] = counted;
    // Of the table of a larger image more parts are looked at.
    expect(large).toBeLessThan(small + 1024 * KIB);
  });
});
