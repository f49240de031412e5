import { beforeAll, describe, expect, it } from 'vitest';
import { type CarvedDisk, carveDisk } from '../../../src/dataset/carveDisk.ts';
import { chooseEngine } from '../../../src/node/engine.ts';
import { Carver, type CarveState } from '../../../src/pool/carve/carveSource.ts';
import { noting } from '../../../src/source/failedReads.ts';
import type { ByteSource } from '../../../src/source/source.ts';
import { makeLabels, seal } from '../../tools/labelImage.ts';
import { GIB, HALF, imageOf, KIB, type MadeDisk, MIB, madeDisk, withoutConfigs, withoutLabels } from './madeDisk.ts';

const engine = chooseEngine({ forced: 'node' });
const carve = (disk: ByteSource, more = {}) => carveDisk(disk, { engine, ...more });

/** What was found, in short. */
const told = ({ vdevs }: CarvedDisk) =>
  vdevs.map(({ start, length, survey, followed }) => [
    start,
    length,
    survey.config?.name ?? followed?.config?.name ?? null,
    followed?.reaches ?? null,
  ]);

let single: Uint8Array;
let old: Uint8Array;
let small: Uint8Array;

beforeAll(async () => {
  [single, old, small] = [await imageOf('healthy-single'), await imageOf('version-28'), await imageOf('lying-ashift9')];
});

describe('carving', () => {
  it('finds three pools in 4 GiB without front and end, one of which has no label that reads', async () => {
    const places = [300 * MIB + 7 * 512, GIB, 3 * GIB + 512];
    const images = [single, withoutConfigs(old), small];
    const disk = madeDisk(
      4 * GIB,
      images.map((bytes, i) => ({ at: places[i] ?? 0, bytes })),
    );
    const found = await carve(disk);
    expect(told(found)).toEqual([
      [places[0], single.length, 'tank', null],
      [places[1], old.length, 'tank', 'datasets'],
      [places[2], small.length, 'tank', null],
    ]);
    const guids = found.vdevs.map(({ survey, followed }) => (survey.config ?? followed?.config)?.poolGuid);
    expect(new Set(guids).size).toBe(3);
    expect(found.vdevs.map(({ uberblocks }) => uberblocks.count > 10)).toEqual([true, true, true]);
  });

  it('passes over what is known to be zero', async () => {
    const disk = madeDisk(4 * GIB, [{ at: GIB, bytes: single }]);
    const { read, skipped, vdevs } = await carve(disk);
    expect([read, skipped, vdevs.length]).toEqual([single.length, 4 * GIB - single.length, 1]);
    const outside = disk.reads.filter(({ offset }) => offset < GIB || offset > GIB + single.length);
    expect(outside.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(256 * KIB);
  });

  it.each([0, 17 * 512, MIB, 5 * MIB + 512])(
    'finds the root of a pool of which no label and no ring is left, %i bytes into the disk',
    async (base) => {
      const disk = madeDisk(base + single.length, [{ at: base, bytes: withoutLabels(single) }]);
      const { vdevs, roots } = await carve(disk, { partitions: [17 * 512, 5 * MIB + 512] });
      const [newest] = roots;
      expect(vdevs).toEqual([]);
      expect(newest?.proven).toEqual({ base, vdev: 0 });
      expect(newest?.followed).toMatchObject({ reaches: 'datasets', trouble: null });
      expect(newest?.followed?.config?.name).toBe('tank');
      expect(newest?.followed?.names).toContain('tank/c/sub6');
    },
  );

  it('says of a root what it is where its vdev begins at no place that anything speaks for', async () => {
    const base = 3 * MIB + 5 * 512;
    const { roots } = await carve(madeDisk(80 * MIB, [{ at: base, bytes: withoutLabels(single) }]));
    expect(roots.length).toBeGreaterThan(10);
    expect(roots[0]).toMatchObject({ proven: null, followed: null });
  });

  it('finds roots that are stored as lz4', async () => {
    const { roots } = await carve(madeDisk(small.length, [{ at: 0, bytes: withoutLabels(small) }]));
    expect(roots[0]?.objset).toMatchObject({ compression: 'lz4', lsize: 4096, type: 'meta' });
    expect(roots[0]?.followed?.reaches).toBe('datasets');
  });

  it('finds no root where an uberblock leads to it', async () => {
    const { roots, vdevs } = await carve(madeDisk(old.length, [{ at: 0, bytes: old }]));
    const led = new Set(vdevs[0]?.survey.labels[0]?.ring?.slots.map(({ uberblock }) => uberblock?.txg));
    expect(roots.filter(({ objset }) => led.has(objset.txg))).toEqual([]);
  });

  it('tells by the txgs of what is left of the last rings where their vdev begins', async () => {
    for (const multihost of [false, true]) {
      const uberblocks = [40, 41, 300].map((txg) => ({ txg, slot: txg % (multihost ? 31 : 32), multihost }));
      const { size, back } = makeLabels({ slotSize: 4096, uberblocks });
      back.fill(0, 0, 128 * KIB);
      back.fill(0, HALF / 2, HALF / 2 + 128 * KIB);
      const start = 700 * MIB + 512;
      const found = await carve(madeDisk(GIB, [{ at: start + size - HALF, bytes: back }]));
      expect(found.vdevs.map((each) => [each.start, each.uberblocks.count])).toEqual([[start, 3]]);
    }
  });

  it('tells what lies inside another vdev', async () => {
    const outer = single.slice();
    const labels = makeLabels({ size: 8 * MIB, slotSize: 1024, uberblocks: [{ txg: 7 }], poolGuid: 5n });
    outer.set(labels.front, 40 * MIB);
    outer.set(labels.back, 48 * MIB - HALF);
    const { vdevs } = await carve(madeDisk(outer.length, [{ at: 0, bytes: outer }]));
    expect(vdevs.map(({ start, inside }) => [start, inside])).toEqual([
      [0, false],
      [40 * MIB, true],
    ]);
  });

  it('notes sectors that cannot be read, and finds all else', async () => {
    const bad = [GIB + 20 * 512, GIB + 33 * MIB];
    const disk = noting(madeDisk(2 * GIB, [{ at: GIB, bytes: single }], (sector) => bad.includes(sector)));
    const found = await carve(disk);
    expect(told(found)).toEqual([[GIB, single.length, 'tank', null]]);
    expect(disk.failures.ranges.map(({ offset, length }) => [offset, length])).toEqual(bad.map((at) => [at, 512]));
  });
});

describe('a carving that goes on', () => {
  it('says the same as one that was not stopped, and reads no byte of the disk again but what was met', async () => {
    const pieces = [
      { at: 3 * MIB, bytes: single },
      { at: 100 * MIB + 512, bytes: withoutLabels(small) },
    ];
    const made = (): MadeDisk => madeDisk(200 * MIB, pieces);
    const whole = await carve(made());
    let [rounds, from]: [number, CarveState | undefined] = [0, undefined];
    let parts = 0;
    for (; rounds < 100; rounds++) {
      const stop = new AbortController();
      const disk = made();
      const carver = new Carver(disk, { from, signal: stop.signal, progress: () => stop.abort() });
      const { stopped, read } = await carver.run();
      parts += read;
      from = carver.state;
      if (!stopped) break;
    }
    const resumed = await carve(made(), { from });
    expect(rounds).toBeGreaterThan(5);
    expect(parts).toBe(whole.read);
    expect(resumed.read).toBe(0);
    expect(told(resumed)).toEqual(told(whole));
    expect(resumed.objsets).toEqual(whole.objsets);
    expect(resumed.roots.map(({ objset, proven }) => [objset.at, objset.copies, proven])).toEqual(
      whole.roots.map(({ objset, proven }) => [objset.at, objset.copies, proven]),
    );
  });

  it('believes nothing that the state says was met', async () => {
    const disk = madeDisk(64 * MIB, []);
    const marks = [...Array(1000).keys()].map((i) => ({ at: i * 4096, kind: i % 2 ? 'objset' : 'trailer' }) as const);
    const from = { done: 64 * MIB, marks, objsets: { meta: 0, filesystems: 0, volumes: 0 } };
    expect(await carve(disk, { from })).toMatchObject({ vdevs: [], roots: [], stopped: false });
  });
});

describe('forged units', () => {
  it('cost no more than so much a byte, and are counted', async () => {
    const bytes = new Uint8Array(64 * MIB);
    const slot = new Uint8Array(1024);
    new DataView(slot.buffer).setBigUint64(0, 0xbab10cn, true);
    // The right checksum of a place where no ring is.
    seal(slot, 2 ** 40 + 1);
    for (let at = 0; at < bytes.length; at += slot.length) bytes.set(slot, at);
    const { omitted, vdevs } = await carve(madeDisk(bytes.length, [{ at: 0, bytes }]));
    expect(vdevs).toEqual([]);
    expect(omitted).toBeGreaterThan(50_000);
  });

  it('of object sets are kept up to a number', async () => {
    const [root] = (await carve(madeDisk(small.length, [{ at: 0, bytes: withoutLabels(small) }]))).roots;
    const at = root?.objset.at ?? 0;
    const stored = small.slice(at, at + 4096);
    const bytes = new Uint8Array(16 * MIB);
    for (let to = 0; to < bytes.length; to += 4096) bytes.set(stored, to);
    const { roots, objsets } = await carve(madeDisk(bytes.length, [{ at: 0, bytes }]));
    expect(objsets.meta).toBe(4096);
    expect(roots.length).toBe(1);
    expect(roots[0]?.objset.copies.length).toBe(8);
  });
});
