import { describe, expect, it } from 'vitest';
import { scan } from '../../src/api/scan.ts';
import { findVdevs } from '../../src/source/findVdevs.ts';
import type { ByteSource } from '../../src/source/source.ts';

const [KIB, MIB, GIB, TIB] = [2 ** 10, 2 ** 20, 2 ** 30, 2 ** 40];

interface Counted {
  readonly source: ByteSource;
  /** Bytes that were asked for. */
  readonly read: () => number;
}

/** Bytes of one value with `front` before them. */
function sparse(name: string, size: number, front = new Uint8Array(), rest = 0): Counted {
  let count = 0;
  const source: ByteSource = {
    name,
    size,
    async read(offset, length) {
      count += length;
      const bytes = new Uint8Array(length).fill(rest);
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

/** A VDI of which no block is there: header, and a table of free entries up to its end. */
function vdi(size: number) {
  const front = new Uint8Array(MIB);
  const view = new DataView(front.buffer);
  for (const [at, value] of [
    [0x40, 0xbeda107f],
    [0x44, 0x10001],
    [0x4c, 1],
    [0x154, MIB],
    [0x158, MIB + (size / MIB) * 4],
    [0x178, MIB],
    [0x180, size / MIB],
  ] as const)
    view.setUint32(at, value, true);
  view.setBigUint64(0x170, BigInt(size), true);
  return sparse('disk.vdi', MIB + (size / MIB) * 4, front, 0xff);
}

/** A VMDK of which no grain is there: header, and a directory without tables. */
function vmdk(size: number) {
  const front = new Uint8Array(512);
  const view = new DataView(front.buffer);
  view.setUint32(0, 0x564d444b, true);
  view.setUint32(4, 1, true);
  view.setBigUint64(12, BigInt(size / 512), true);
  view.setBigUint64(20, 128n, true);
  view.setUint32(44, 512, true);
  view.setBigUint64(56, 128n, true);
  return sparse('disk.vmdk', 128 * 512 + (size / (32 * MIB)) * 4, front);
}

/** A dynamic VHD of which no block is there: footers, header, and a table of free entries. */
function vhd(size: number) {
  const table = (size / (2 * MIB)) * 4;
  const front = new Uint8Array(1536);
  const view = new DataView(front.buffer);
  const sum = (bytes: Uint8Array) => ~bytes.reduce((all, byte) => all + byte, 0) >>> 0;
  front.set(Buffer.from('conectix'), 0);
  view.setBigUint64(16, 512n);
  view.setBigUint64(48, BigInt(size));
  view.setUint32(60, 3);
  view.setUint32(64, sum(front.subarray(0, 512)));
  front.set(Buffer.from('cxsparse'), 512);
  view.setBigUint64(512 + 16, 1536n);
  view.setUint32(512 + 28, size / (2 * MIB));
  view.setUint32(512 + 32, 2 * MIB);
  view.setUint32(512 + 36, sum(front.subarray(512)));
  return sparse('disk.vhd', 1536 + table, front, 0xff);
}

describe('a scan reads no more of a larger disk', () => {
  it.each([
    ['a sparse device', (size: number) => sparse('disk.img', size)],
    ['a qcow2 image', qcow2],
    ['a VDI', vdi],
    ['a VMDK', vmdk],
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

describe('where nothing is on a disk of 20 TiB', () => {
  it.each([
    ['a qcow2 image', qcow2],
    ['a VDI', vdi],
    ['a VMDK', vmdk],
    ['a VHD', vhd],
  ])('%s tells in one run, of one reading of its table', async (_, make) => {
    const { source, read } = make(20 * TIB);
    const found = await findVdevs(source, { sha256: () => new Uint8Array(32) });
    const before = read();
    expect(await found.disk.runs?.(0, 20 * TIB)).toEqual([{ kind: 'zero', offset: 0, length: 20 * TIB }]);
    expect(read() - before).toBeLessThanOrEqual(source.size + MIB);
  });
});
