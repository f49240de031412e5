import { describe, expect, it } from 'vitest';
import { scan } from '../../src/api/scan.ts';
import { scanStatus } from '../../src/cli/exitStatus.ts';
import type { ScanDocument } from '../../src/document/scanDocument.ts';
import type { ByteSource } from '../../src/source/source.ts';
import { scanFixture } from '../rewind/scanned.ts';
import { type Fault, faultyFiles } from '../tools/faultyFiles.ts';
import { pool as fixture, poolImages } from '../tools/images.ts';
import { blamed, codes, expectSameOrUnread, onlyPool, txgs } from './toldAsUnread.ts';

const KIB = 1024;
const LABEL = 256 * KIB;
const SECTOR = 512;
const DATA = 4 * KIB * KIB;

/** One pool of each kind of vdev, all of its devices there. */
const POOLS = ['healthy-single', 'stale-leg', 'raidz-expanded'] as const;
/** Sectors tried of each region of a pool. */
const SECTORS = 3;

/** Numbers from 0 to below `below`, the same ones each time. */
function numbers(seed: number, below: number, count: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  });
}

interface Whole {
  readonly paths: readonly string[];
  readonly document: ScanDocument;
  readonly size: number;
  /** Sectors of the last device that a judgement of the pool reads for what lies in them, by byte. */
  readonly blocks: readonly number[];
}

const known = new Map<string, Promise<Whole>>();

function wholeOf(name: string): Promise<Whole> {
  const found = known.get(name) ?? lookAt(name);
  known.set(name, found);
  return found;
}

async function lookAt(name: string): Promise<Whole> {
  const paths = await poolImages(fixture(name));
  const last = paths.length - 1;
  const blocks = new Set<number>();
  let size = 0;
  const noting = (source: ByteSource, index: number): ByteSource => {
    if (index !== last) return source;
    ({ size } = source);
    return {
      name: source.name,
      size: source.size,
      read(offset, length, ...rest) {
        if (offset >= DATA && length <= 16 * KIB) blocks.add(offset - (offset % SECTOR));
        return source.read(offset, length, ...rest);
      },
    };
  };
  await scanFixture(fixture(name), 'meta', noting);
  return { paths, document: await scan(paths), size, blocks: [...blocks].sort((a, b) => a - b) };
}

async function scanWith(paths: readonly string[], fault: Omit<Fault, 'path'>) {
  const { handles, failed } = faultyFiles([{ ...fault, path: paths.at(-1) ?? '' }]);
  const document = await scan(paths, { handles });
  return { document, failed: failed() };
}

/** What may not change whatever cannot be read. */
function expectToldAsUnread(
  { document, failed }: Awaited<ReturnType<typeof scanWith>>,
  { document: whole }: Whole,
  at: number,
) {
  expect(failed).toBeGreaterThan(0);
  expect(scanStatus(document)).toBe(3);
  const source = document.sources.at(-1);
  expect(source?.error?.code).toBe('EIO');
  const hit = source?.unreadable?.some(
    ({ offsetBytes, lengthBytes }) => Number(offsetBytes) <= at && at < Number(offsetBytes) + Number(lengthBytes),
  );
  expect(hit).toBe(true);
  const [pool, healthy] = [onlyPool(document), onlyPool(whole)];
  expect(blamed(pool)).toEqual(blamed(healthy));
  expect(codes(pool)).toContain('read-failed');
  expect(txgs(pool)).toEqual(txgs(healthy));
  const before = new Map(healthy.candidates.map((each) => [each.txg, each]));
  for (const each of pool.candidates) expectSameOrUnread(each, before.get(each.txg));
}

describe.each(POOLS)('a sector of %s that cannot be read', (name) => {
  it('of a block: the read failed, and what does not need it is judged as before', async () => {
    const whole = await wholeOf(name);
    expect(whole.blocks.length).toBeGreaterThan(50);
    let needed = 0;
    for (const n of numbers(7, whole.blocks.length, SECTORS * 3)) {
      const at = whole.blocks[n] ?? 0;
      const found = await scanWith(whole.paths, { from: at, to: at + SECTOR });
      // A copy of a block that another one stands for, or beside what is needed.
      if (scanStatus(found.document) === 0) expect(found.document).toEqual(whole.document);
      else {
        expectToldAsUnread(found, whole, at);
        needed++;
      }
    }
    expect(needed).toBeGreaterThan(1);
  });

  it('of a ring costs that slot alone', async () => {
    const whole = await wholeOf(name);
    const labels = [0, LABEL, whole.size - 2 * LABEL, whole.size - LABEL];
    for (const n of numbers(11, 128 * KIB, SECTORS)) {
      const label = labels[n % 4] ?? 0;
      const at = label + 128 * KIB + n - (n % SECTOR);
      const found = await scanWith(whole.paths, { from: at, to: at + SECTOR });
      expectToldAsUnread(found, whole, at);
      const rings = found.document.sources.at(-1)?.labels.map(({ ring }) => ring?.unreadable);
      expect(rings?.reduce((sum = 0, count = 0) => sum + count)).toBe(1);
      expect(onlyPool(found.document).recommendation?.txg).toBe(onlyPool(whole.document).recommendation?.txg);
    }
  });

  it('of a config leaves the three other labels, and tells what a copy of the device would import', async () => {
    const whole = await wholeOf(name);
    for (const n of numbers(13, 112 * KIB, 2)) {
      const at = LABEL + 16 * KIB + n - (n % SECTOR);
      const found = await scanWith(whole.paths, { from: at, to: at + SECTOR });
      expectToldAsUnread(found, whole, at);
      const statuses = found.document.sources.at(-1)?.labels.map(({ status }) => status);
      expect(statuses).toEqual(['ok', 'unreadable', 'ok', 'ok']);
      const best = onlyPool(whole.document).recommendation?.txg;
      const pool = onlyPool(found.document);
      if (pool.recommendation?.txg === best) continue;
      expect(codes(pool)).toContain('better-after-copy');
      expect(pool.findings.find(({ code }) => code === 'better-after-copy')?.message).toContain(`txg ${best}`);
    }
  });

  it('of the pad of a label is not missed', async () => {
    const whole = await wholeOf(name);
    for (const n of numbers(17, 16 * KIB, 1)) {
      const at = LABEL + n - (n % SECTOR);
      const { document, failed } = await scanWith(whole.paths, { from: at, to: at + SECTOR });
      // It lies in what is read of an end before it is known what stands there, and is not asked for again.
      expect(failed).toBeLessThanOrEqual(1);
      expect(document).toEqual(whole.document);
    }
  });
});

const scanFaulty = (paths: readonly string[], fault: Omit<Fault, 'path'>, device = 0) => {
  const { handles } = faultyFiles([{ ...fault, path: paths[device] ?? '' }]);
  return scan(paths, { handles });
};

describe('every copy of what txgs need, where it cannot be read', () => {
  it.each([
    ['healthy-single', 0x600000],
    ['healthy-single', 0x6f0000],
    ['lying-mirror-one', 0x600000],
    ['lying-mirror-one', 0x7f0000],
    ['dedup-lying', 0x440000],
  ])('%s from byte %i on: no txg fails for anything but failed reads, and none by a flush', async (name, from) => {
    const paths = await poolImages(fixture(name));
    const whole = await scan(paths);
    const faults = [{ path: paths[0] ?? '', from, to: 0x3e00000 }];
    const document = await scan(paths, { handles: faultyFiles(faults).handles });
    const [pool, before] = [onlyPool(document), onlyPool(whole)];
    const verdicts = new Map(before.candidates.map((each) => [each.txg, each]));
    const changed = pool.candidates.filter(({ txg, verdict }) => verdict !== verdicts.get(txg)?.verdict);
    expect(changed.length).toBeGreaterThan(0);
    for (const each of changed) expectSameOrUnread(each, verdicts.get(each.txg));
    expect(blamed(pool)).toEqual([]);
    expect(codes(pool)).toContain('read-failed');
    expect(scanStatus(document)).toBe(3);
    // Where something older is recommended all the same, the copy comes before it.
    if (pool.recommendation !== null && pool.recommendation.txg !== before.recommendation?.txg) {
      expect(pool.recommendation.cautions[0]).toContain('ddrescue');
    }
  });
});

describe('a device that stops answering while it is read', () => {
  it.each([8, 12, 25])(
    'from read %i on leaves every txg open that it might make whole, and none is recommended',
    async (since) => {
      const paths = await poolImages(fixture('lying-mirror-one'));
      const document = await scanFaulty(paths, { from: 0, to: Number.MAX_SAFE_INTEGER, code: 'ENXIO', since });
      const [pool] = document.pools;
      expect(pool?.recommendation).toBeNull();
      expect(new Set(pool?.candidates.map(({ verdict }) => verdict))).toEqual(new Set(['unverified']));
      expect(pool?.findings.map(({ code }) => code)).toContain('device-vanished');
      expect(pool === undefined ? [] : blamed(pool)).toEqual([]);
      expect(document.sources.map(({ error }) => error?.code ?? null)).toEqual(['ENXIO', null]);
      expect(scanStatus(document)).toBe(3);
    },
  );

  it('is done without where the others supply all', async () => {
    const paths = await poolImages(fixture('raidz-expanded'));
    const whole = await scan(paths);
    const document = await scanFaulty(paths, { from: 0, to: Number.MAX_SAFE_INTEGER, code: 'ENXIO', since: 20 });
    expect(document.pools[0]?.recommendation?.txg).toBe(whole.pools[0]?.recommendation?.txg);
    expect(document.sources[0]?.error?.code).toBe('ENXIO');
    expect(scanStatus(document)).toBe(3);
  });

  it('has a bad place alone where it still gives what it gave before', async () => {
    const paths = await poolImages(fixture('healthy-single'));
    const document = await scanFaulty(paths, { from: DATA, to: 0x3e00000, code: 'ENXIO' });
    const [pool] = document.pools;
    expect(new Set(pool?.candidates.map(({ verdict, because }) => `${verdict} ${because}`))).toEqual(
      new Set(['damaged failed-read']),
    );
    expect(pool?.candidates[0]?.reasons[0]).toMatch(
      /^the root block \(.*\) cannot be read from .*d0\.img \(ENXIO at offset 0x/,
    );
    expect(
      pool === undefined ? [] : [...blamed(pool), ...codes(pool).filter((code) => code === 'old-roots-overwritten')],
    ).toEqual([]);
    expect(scanStatus(document)).toBe(3);
  });
});

describe('labels of which much cannot be read', () => {
  it('are told one by one: 24 KiB of two configs, and a sector of the pads of the others', async () => {
    const paths = await poolImages(fixture('healthy-single'));
    const { size } = await wholeOf('healthy-single');
    const path = paths[0] ?? '';
    const fault = (from: number, length: number): Fault => ({ path, from, to: from + length });
    const [two, three] = [size - 2 * LABEL, size - LABEL];
    const faults = [
      fault(0, 40 * KIB),
      fault(LABEL + SECTOR, SECTOR),
      fault(two, 40 * KIB),
      fault(three + SECTOR, SECTOR),
    ];
    const document = await scan(paths, { handles: faultyFiles(faults).handles });
    const labels = document.sources[0]?.labels ?? [];
    expect(labels.map(({ status }) => status)).toEqual(['unreadable', 'ok', 'unreadable', 'ok']);
    expect(labels.map(({ ring }) => ring?.unreadable)).toEqual([0, 0, 0, 0]);
    expect(document.pools[0]?.findings.find(({ code }) => code === 'better-after-copy')?.message).toContain('txg 79');
    expect(scanStatus(document)).toBe(3);
  });
});
