import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { carve } from '../../src/api/carve.ts';
import { withFailedMaps } from '../../src/api/failedMaps.ts';
import { scan } from '../../src/api/scan.ts';
import { UsageError } from '../../src/bytes/errors.ts';
import { scanStatus } from '../../src/cli/exitStatus.ts';
import type { MayFail } from '../../src/source/failingMedia.ts';
import type { SourceError } from '../../src/source/source.ts';
import { failingDevice } from '../tools/failingDevice.ts';
import { pool, poolImages } from '../tools/images.ts';

const KIB = 1024;
const PAGE = 4 * KIB;
let room = '';
let path = '';

beforeAll(async () => {
  room = mkdtempSync(join(tmpdir(), 'zfs-uber-failing-'));
  path = join(room, 'sdb');
  copyFileSync((await poolImages(pool('healthy-single')))[0] ?? '', path);
});
afterAll(() => rmSync(room, { recursive: true, force: true }));

/** A sector of a config, of a ring, of another label, and two of the metadata. */
const BAD = [32 * KIB, 140 * KIB + 512, 300 * KIB, 4 * KIB * KIB + 64 * KIB, 0x6f0000];

async function scanned(bad: readonly number[], mayFail: MayFail) {
  const first: SourceError[] = [];
  const device = failingDevice('sdb', bad, { mayFail, onFirst: (error) => first.push(error) });
  return { document: await scan([path], { handles: device.handles, depth: 'meta' }), device, first };
}

describe('a device of which sectors cannot be read', () => {
  it('is asked for none of them twice, and all else is said', async () => {
    const { document, device, first } = await scanned(BAD, 'never-twice');
    expect(device.asked.size).toBeGreaterThan(2);
    expect([...device.asked.values()].every((times) => times === 1)).toBe(true);
    expect(first.length).toBe(1);
    expect(document.pools.map(({ name }) => name)).toEqual(['tank']);
    expect(document.sources[0]?.labels.map(({ status }) => status)).toEqual(['unreadable', 'unreadable', 'ok', 'ok']);
    expect(scanStatus(document)).toBe(3);
    expect(device.handles.media.failed[0]?.refused.total).toBe(device.asked.size * PAGE);
  });

  it('is asked for none of them again by the second look of a watch', async () => {
    const device = failingDevice('sdb', BAD);
    await scan([path], { handles: device.handles, depth: 'labels', watchSeconds: 0 });
    expect(device.asked.size).toBeGreaterThan(0);
    expect(Math.max(...device.asked.values())).toBe(1);
  });

  it('is asked again in smaller pieces where that is wanted', async () => {
    const { document, device } = await scanned(BAD, 'around');
    expect(Math.max(...device.asked.values())).toBeGreaterThan(1);
    expect(document.pools.map(({ name }) => name)).toEqual(['tank']);
    expect(scanStatus(document)).toBe(3);
  });

  it('is not read any more where that is wanted', async () => {
    const { document, device, first } = await scanned([140 * KIB], 'stop');
    const { source } = first[0]?.place ?? {};
    expect([first.length, source, [...device.asked.values()]]).toEqual([1, path, [1]]);
    const before = device.reads();
    expect(scanStatus(document)).toBe(3);
    expect(JSON.stringify(document)).toContain('it is not read any more since a read failed (EIO)');
    expect(device.reads()).toBe(before);
  });

  it('is read with care where nothing else is said', async () => {
    const device = failingDevice('sdb', BAD);
    await scan([path], { handles: device.handles, depth: 'meta' });
    expect(Math.max(...device.asked.values())).toBe(1);
  });

  it.each([
    ['a label', [16 * KIB, 100 * KIB, 127 * KIB, 128 * KIB, 200 * KIB, 255 * KIB]],
    ['the root', [0x6f0000, 0x6f0e00]],
    ['metadata', [0x6e0000, 0x700000, 0x720000, 0x4400000 - 512]],
  ])('says all else for each sector of %s', async (_, sectors) => {
    for (const sector of sectors) {
      const { document, device } = await scanned([sector], 'never-twice');
      expect([sector, document.pools.map(({ name }) => name)]).toEqual([sector, ['tank']]);
      for (const times of device.asked.values()) expect(times).toBe(1);
      // What nobody needed was not asked for.
      expect(scanStatus(document)).toBe(device.asked.size > 0 ? 3 : 0);
    }
  });

  it('is carved past them, and no page is asked for twice', async () => {
    const bad = [...BAD, 20 * KIB * KIB, 20 * KIB * KIB + 3 * PAGE];
    const device = failingDevice('sdb', bad);
    const document = await carve([path], { handles: device.handles });
    expect([...device.asked.values()]).toEqual(Array(bad.length).fill(1));
    expect(document.pools.map(({ name }) => name)).toEqual(['tank']);
    expect(document.sources[0]?.error?.code).toBe('EIO');
  });
});

describe('the map of what could not be read', () => {
  it('is written, and leaves that out of the next run', async () => {
    const file = join(room, 'sdb.bad');
    const device = failingDevice('sdb', BAD);
    const { result, maps } = await withFailedMaps(file, [path], device.handles, () =>
      scan([path], { handles: device.handles, depth: 'meta' }),
    );
    expect(maps).toEqual([{ file, path, spec: `${path}?map=${file}`, failed: device.asked.size * PAGE }]);
    expect(readFileSync(file, 'utf8')).toContain('0x00008000  0x00001000  -');
    const again = failingDevice('sdb', BAD);
    const next = await scan([`${path}?map=${file}`], { handles: again.handles, depth: 'meta' });
    expect(again.asked.size).toBe(0);
    expect(next.sources[0]?.labels.map(({ status }) => status)).toEqual(
      result.sources[0]?.labels.map(({ status }) => status),
    );
    expect(next.pools[0]?.candidates.map(({ txg, verdict }) => [txg, verdict])).toEqual(
      result.pools[0]?.candidates.map(({ txg, verdict }) => [txg, verdict]),
    );
  });

  it('holds what the map of the run before left out too', async () => {
    const [old, both] = [join(room, 'old.map'), join(room, 'both.map')];
    const line = (at: number, status: string) => `0x${at.toString(16)} 0x1000 ${status}\n`;
    // Not to the end: nobody has tried what lies behind.
    writeFileSync(
      old,
      `0 ?\n${line(32 * KIB, '-')}${line(136 * KIB, '*')}${line(300 * KIB - ((300 * KIB) % PAGE), '/')}`,
    );
    const device = failingDevice('sdb', BAD);
    const run = (spec: string, { handles }: typeof device) => scan([spec], { handles, depth: 'meta' });
    const { result, maps } = await withFailedMaps(both, [path], device.handles, () =>
      run(`${path}?map=${old}`, device),
    );
    expect(device.asked.has(32 * KIB)).toBe(false);
    expect(maps[0]?.failed).toBe(device.asked.size * PAGE);
    const again = failingDevice('sdb', BAD);
    const next = await run(maps[0]?.spec ?? '', again);
    expect(again.asked.size).toBe(0);
    const statuses = ({ sources }: typeof next) => sources[0]?.labels.map(({ status }) => status);
    expect(statuses(next)).toEqual(statuses(result));
    const text = readFileSync(both, 'utf8');
    for (const status of ['-', '*', '/']) expect(text).toContain(`  0x00001000  ${status}\n`);
  });

  it('of a copy keeps unread what ddrescue had not come to', async () => {
    const copy = join(room, 'copy.img');
    copyFileSync(path, copy);
    const [old, both] = [`${copy}.map`, join(room, 'copy.both')];
    writeFileSync(old, `0 ?\n0 ${128 * KIB} +\n${128 * KIB} ${128 * KIB} ?\n${256 * KIB} ${64 * KIB * KIB} +\n`);
    const file = failingDevice('copy.img', [32 * KIB], {}, 'file');
    // The map lies beside it, and nobody names it.
    const { maps } = await withFailedMaps(both, [copy], file.handles, () => scan([copy], { handles: file.handles }));
    const again = failingDevice('copy.img', [32 * KIB], {}, 'file');
    await scan([maps[0]?.spec ?? ''], { handles: again.handles });
    expect(again.asked.size).toBe(0);
    expect(readFileSync(both, 'utf8')).toContain('0x00020000  0x00020000  ?\n');
  });

  it('is not written where all could be read, over a file, or on a source', async () => {
    const file = join(room, 'none.map');
    const device = failingDevice('sdb', []);
    const work = () => scan([path], { handles: device.handles, depth: 'labels' });
    expect((await withFailedMaps(file, [path], device.handles, work)).maps).toEqual([]);
    expect(() => readFileSync(file)).toThrow();
    await expect(withFailedMaps(join(room, 'sdb.bad'), [path], device.handles, work)).rejects.toThrow(UsageError);
    await expect(withFailedMaps(path, [`${path}@0`], device.handles, work)).rejects.toThrow('which is only read');
  });
});
