import { beforeAll, describe, expect, it } from 'vitest';
import { chooseEngine } from '../../src/node/engine.ts';
import { findShiftedVdevs } from '../../src/pool/shiftedVdevs.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import type { ByteSource } from '../../src/source/source.ts';
import { pool, poolImages } from '../tools/images.ts';
import { type LabelBytes, labelsOfFile } from '../tools/labelImage.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const HALF = 512 * KIB;
const engine = chooseEngine({ forced: 'node' });

/** Bytes at places of a disk that is zero elsewhere. */
interface Piece {
  readonly at: number;
  readonly bytes: Uint8Array;
}

interface Disk extends ByteSource {
  /** Bytes read so far. */
  readonly spent: { bytes: number; reads: number };
}

function diskOf(size: number, pieces: readonly Piece[]): Disk {
  const spent = { bytes: 0, reads: 0 };
  return {
    name: 'disk.img',
    size,
    spent,
    async read(offset, length, _signal, into) {
      spent.bytes += length;
      spent.reads++;
      const out = into === undefined ? new Uint8Array(length) : into.subarray(0, length).fill(0);
      for (const { at, bytes } of pieces) {
        const [from, to] = [Math.max(at, offset), Math.min(at + bytes.length, offset + length)];
        if (from < to) out.set(bytes.subarray(from - at, to - at), from - offset);
      }
      return out;
    },
  };
}

/** The labels of a vdev that begins at `start`, less what lies before the disk. */
function vdevAt({ size, front, back }: LabelBytes, start: number): Piece[] {
  const pieces = [
    { at: start, bytes: front },
    { at: start + size - HALF, bytes: back },
  ];
  return pieces.map(({ at, bytes }) => (at < 0 ? { at: 0, bytes: bytes.subarray(-at) } : { at, bytes }));
}

const search = async (disk: ByteSource, more: Partial<Parameters<typeof findShiftedVdevs>[1]> = {}) =>
  findShiftedVdevs(disk, { focus: { from: 0, to: disk.size }, known: [], partitions: [], ...more });

const placesOf = async (disk: ByteSource, more = {}) =>
  (await search(disk, more)).map(({ start, source }) => [start, source.size]);

async function statuses(source: ByteSource | undefined): Promise<string[]> {
  if (source === undefined) return [];
  return (await surveyDevice(source, engine)).labels.map(({ status }) => status);
}

let one: LabelBytes;
let other: LabelBytes;
let leg: LabelBytes;

beforeAll(async () => {
  const labelsOf = async (name: string) => labelsOfFile((await poolImages(pool(name)))[0] ?? '');
  one = await labelsOf('torn-sector');
  other = await labelsOf('version-28');
  leg = await labelsOf('lying-raidz1-missing');
});

describe('a vdev that does not begin where its source does', () => {
  it.each([512, 1000, 63 * 512, 256 * KIB, MIB, 10 * MIB + 7])('is found %i bytes behind it', async (start) => {
    for (const after of [0, 17 * 512, 9 * MIB]) {
      const disk = diskOf(start + one.size + after, vdevAt(one, start));
      const [found, ...more] = await search(disk);
      expect([found?.start, found?.source.size, more]).toEqual([start, one.size, []]);
      expect(await statuses(found?.source)).toEqual(await statuses(diskOf(one.size, vdevAt(one, 0))));
    }
  });

  it.each([1, 512, 4096, 20 * KIB, 256 * KIB, 300 * KIB, MIB, 8 * MIB])(
    'is found by what is left when %i bytes of its front are not there',
    async (missing) => {
      const disk = diskOf(one.size - missing, vdevAt(one, -missing));
      const [found] = await search(disk);
      expect([found?.start, found?.source.size]).toEqual([-missing, one.size]);
      expect((await statuses(found?.source)).slice(2)).toEqual(['ok', 'ok']);
    },
  );

  it('is found as a leg of a raidz, whose size its label does not say outright, by its last labels', async () => {
    for (const cut of [MIB, 300 * KIB]) {
      const disk = diskOf(leg.size - cut, vdevAt(leg, -cut));
      expect(await placesOf(disk)).toEqual([[-cut, leg.size]]);
    }
  });

  it('is found by one last label when that is all there is, and by its ring alone', async () => {
    const start = 3 * MIB;
    for (const index of [2, 3]) {
      const at = start + one.size - (4 - index) * 256 * KIB;
      const bytes = one.back.subarray((index - 2) * 256 * KIB, (index - 1) * 256 * KIB);
      expect(await placesOf(diskOf(start + one.size + MIB, [{ at, bytes }]))).toEqual([[start, one.size]]);
    }
    const ring = { at: start + 128 * KIB, bytes: one.front.subarray(128 * KIB, 256 * KIB) };
    const [found] = await search(diskOf(start + one.size, [ring]));
    expect(found?.start).toBe(start);
  });

  it('is found where a partition began far behind, by a few bytes at each usual place', async () => {
    const start = 2049 * MIB;
    const disk = diskOf(start + one.size + 300 * MIB, vdevAt(one, start));
    expect(await placesOf(disk)).toEqual([[start, one.size]]);
    expect(disk.spent.bytes).toBeLessThan(150 * MIB);
  });

  it('is found where it ends earlier than its source, with nothing left in front', async () => {
    const [, back] = vdevAt(one, 0);
    expect(back).toBeDefined();
    const disk = diskOf(one.size + 5 * MIB, back === undefined ? [] : [back]);
    expect(await placesOf(disk)).toEqual([[0, one.size]]);
  });

  it('is told apart from another on the same disk', async () => {
    const [first, second] = [MIB, 2 * MIB + one.size];
    const disk = diskOf(second + other.size + MIB, [...vdevAt(one, first), ...vdevAt(other, second)]);
    expect(await placesOf(disk)).toEqual([
      [first, one.size],
      [second, other.size],
    ]);
  });

  it('keeps what lies inside it to itself, and so does one that is known', async () => {
    const inner = diskOf(one.size + MIB, [...vdevAt(one, MIB), { at: 9 * MIB, bytes: other.front }]);
    expect(await placesOf(inner)).toEqual([[MIB, one.size]]);
    const known = [{ from: 0, to: one.size }];
    expect(await placesOf(diskOf(one.size, [{ at: 9 * MIB, bytes: other.front }]), { known })).toEqual([]);
  });

  it('is not believed without a checksum that holds', async () => {
    const front = one.front.slice();
    for (const at of [20 * KIB, 276 * KIB]) front[at] = (front[at] ?? 0) ^ 1;
    front.fill(0, 128 * KIB, 256 * KIB).fill(0, 384 * KIB);
    expect(await search(diskOf(one.size, [{ at: MIB, bytes: front }]))).toEqual([]);
  });
});

describe('a search that finds nothing', () => {
  it('reads no more of a large disk than its limits say', async () => {
    const disk = diskOf(4096 * 1024 * MIB, []);
    expect(await search(disk, { partitions: Array.from({ length: 100 }, (_, i) => i * 1024 * MIB) })).toEqual([]);
    expect(disk.spent.bytes).toBeLessThan(146 * MIB);
    expect(disk.spent.reads).toBeLessThan(8192 + 100);
  });

  it('costs a bounded number of sums on a disk that is full of forged labels', async () => {
    // An nvlist's head and a trailer in each sector: each of them may end a config that begins in another.
    const sector = new Uint8Array(512);
    sector.set([1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    sector.set([0x11, 0x7a, 0x0c, 0xb1, 0x7a, 0xda, 0x10, 0x02], 512 - 40);
    const bytes = new Uint8Array(8 * MIB);
    for (let at = 0; at < bytes.length; at += 512) bytes.set(sector, at);
    expect(await search(diskOf(bytes.length, [{ at: 0, bytes }]))).toEqual([]);
  });
});
