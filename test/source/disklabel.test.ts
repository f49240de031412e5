import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findPartitions } from '../../src/source/partitions.ts';
import { type TestDisk, testDisk } from './testDisk.ts';

// Disks as FreeBSD and Solaris label them; which slices Linux makes devices of was asked of its kernel, 6.1.

const SECTOR = 512;
const TOTAL = 184_320;
const VDEV = 176_128;
const FIRST = 63;
const SLICE = TOTAL - FIRST;

type Entry = readonly [size: number, first: number, type: number];

function bootRecord(...entries: readonly (readonly [type: number, first: number, count: number])[]): Uint8Array {
  const bytes = new Uint8Array(SECTOR);
  const view = new DataView(bytes.buffer);
  for (const [i, [type, first, count]] of entries.entries()) {
    view.setUint8(446 + 16 * i + 4, type);
    view.setUint32(446 + 16 * i + 8, first, true);
    view.setUint32(446 + 16 * i + 12, count, true);
  }
  view.setUint16(510, 0xaa55, true);
  return bytes;
}

function bsdLabel(entries: Readonly<Record<number, Entry>>): Uint8Array {
  const bytes = new Uint8Array(SECTOR);
  const view = new DataView(bytes.buffer);
  for (const at of [0, 132]) view.setUint32(at, 0x82564557, true);
  view.setUint16(138, 8, true);
  for (const [i, [size, first, type]] of Object.entries(entries)) {
    const at = 148 + 16 * Number(i);
    view.setUint32(at, size, true);
    view.setUint32(at + 4, first, true);
    view.setUint8(at + 12, type);
  }
  return bytes;
}

function solarisVtoc(slices: Readonly<Record<number, readonly [first: number, size: number]>>): Uint8Array {
  const bytes = new Uint8Array(SECTOR);
  const view = new DataView(bytes.buffer);
  view.setUint32(12, 0x600ddeee, true);
  view.setUint32(16, 1, true);
  view.setUint16(30, 16, true);
  for (const [i, [first, size]] of Object.entries(slices)) {
    view.setUint32(72 + 12 * Number(i) + 4, first, true);
    view.setUint32(72 + 12 * Number(i) + 8, size, true);
  }
  return bytes;
}

function sunLabel(slices: Readonly<Record<number, readonly [cylinder: number, size: number]>>): Uint8Array {
  const bytes = new Uint8Array(SECTOR);
  const view = new DataView(bytes.buffer);
  view.setUint16(436, 16);
  view.setUint16(438, 32);
  for (const [i, [cylinder, size]] of Object.entries(slices)) {
    view.setUint32(444 + 8 * Number(i), cylinder);
    view.setUint32(444 + 8 * Number(i) + 4, size);
  }
  view.setUint16(508, 0xdabe);
  let sum = 0;
  for (let at = 0; at < 510; at += 2) sum ^= view.getUint16(at);
  view.setUint16(510, sum);
  return bytes;
}

function diskOf(...sectors: readonly (readonly [sector: number, bytes: Uint8Array])[]): TestDisk {
  const disk = testDisk(TOTAL * SECTOR);
  for (const [sector, bytes] of sectors) disk.put(sector * SECTOR, bytes);
  return disk;
}

/** Linux's number, or that of the label where Linux has none; name, first sector, sectors, why it is hidden. */
async function slicesOf(disk: TestDisk) {
  const { partitions } = await findPartitions(disk);
  return partitions
    .filter(({ kind }) => kind === 'bsd' || kind === 'vtoc')
    .map(({ index, name, offset, length, hidden }) => [index, name, offset / SECTOR, length / SECTOR, hidden]);
}

describe('slices of BSD labels', () => {
  const freebsd = bootRecord([0xa5, FIRST, SLICE]);

  it('count from their partition where the raw entry begins at 0', async () => {
    const label = bsdLabel({ 0: [VDEV, 2048, 27], 1: [1000, 2048 + VDEV, 1], 2: [SLICE, 0, 0] });
    expect(await slicesOf(diskOf([0, freebsd], [FIRST + 1, label]))).toEqual([
      [5, 'a', FIRST + 2048, VDEV, null],
      [6, 'b', FIRST + 2048 + VDEV, 1000, null],
    ]);
  });

  it('count from the disk where the raw entry says where the partition begins', async () => {
    const label = bsdLabel({ 0: [VDEV, FIRST + 2048, 27], 2: [SLICE, FIRST, 0] });
    expect(await slicesOf(diskOf([0, freebsd], [FIRST + 1, label]))).toEqual([[5, 'a', FIRST + 2048, VDEV, null]]);
  });

  it('are no devices in Linux on a disk that has no other table, nor inside a logical partition', async () => {
    const whole = bsdLabel({ 0: [VDEV, 2048, 27], 2: [TOTAL, 0, 0] });
    expect(await slicesOf(diskOf([1, whole]))).toEqual([[1, 'a', 2048, VDEV, 'no-label']]);
    const inside = bsdLabel({ 0: [VDEV, 163 + 2048, 27], 2: [VDEV + 3000, 163, 0] });
    const disk = diskOf(
      [0, bootRecord([0x05, FIRST, SLICE])],
      [FIRST, bootRecord([0xa5, 100, VDEV + 3000])],
      [FIRST + 101, inside],
    );
    expect(await slicesOf(disk)).toEqual([[1, 'a', 163 + 2048, VDEV, 'no-label']]);
  });
});

describe('slices of Solaris and SunOS', () => {
  it.each([0xbf, 0x82])('are found in a partition of type %i, from where that begins', async (type) => {
    const vtoc = solarisVtoc({ 0: [2048, VDEV], 2: [0, SLICE], 8: [0, 2048] });
    expect(await slicesOf(diskOf([0, bootRecord([type, FIRST, SLICE])], [FIRST + 1, vtoc]))).toEqual([
      [5, 's0', FIRST + 2048, VDEV, null],
      [7, 's8', FIRST, 2048, null],
    ]);
  });

  it('are found by a Sun label in cylinders, but for the one that is the whole disk', async () => {
    const label = sunLabel({ 0: [4, VDEV], 2: [0, TOTAL] });
    expect(await slicesOf(diskOf([0, label]))).toEqual([[1, 's0', 2048, VDEV, null]]);
  });

  it('are not believed where the sum of the label is wrong', async () => {
    const label = sunLabel({ 0: [4, VDEV] });
    label[300] = 1;
    expect(await slicesOf(diskOf([0, label]))).toEqual([]);
  });
});

it('answers any label with slices inside the disk', async () => {
  const labels = [bsdLabel({ 0: [VDEV, 2048, 27] }), solarisVtoc({ 0: [2048, VDEV] }), sunLabel({ 0: [4, VDEV] })];
  const changes = fc.array(fc.tuple(fc.nat(SECTOR - 1), fc.nat(255)), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...labels), changes, fc.constantFrom(0xa5, 0xbf), async (label, changed, type) => {
      const bytes = label.slice();
      for (const [at, value] of changed) bytes[at] = value;
      for (const sector of [0, 1, FIRST + 1]) {
        const disk = diskOf([0, bootRecord([type, FIRST, SLICE])], [sector, bytes]);
        for (const { offset, length } of (await findPartitions(disk)).partitions) {
          expect(offset + length).toBeLessThanOrEqual(TOTAL * SECTOR);
          expect(Number.isSafeInteger(offset) && length >= 0).toBe(true);
        }
      }
    }),
    { numRuns: 300 },
  );
});
