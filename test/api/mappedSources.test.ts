import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeBundle } from '../../src/api/bundle.ts';
import { carve } from '../../src/api/carve.ts';
import { overlay } from '../../src/api/overlay.ts';
import { scan } from '../../src/api/scan.ts';
import { verify } from '../../src/api/verify.ts';
import { pool, poolImages } from '../tools/images.ts';

const MIB = 1024 * 1024;
/** Nothing of these was ever read: the labels in front, and those at the end. */
const FRONT = [0, MIB / 2] as const;
const BACK = [64 * MIB - MIB / 2, 64 * MIB] as const;

let room: string;
let image: string;
beforeAll(async () => {
  // A name that a shell would take apart.
  room = mkdtempSync(join(tmpdir(), 'zfs-uber maps-'));
  const [path = ''] = await poolImages(pool('healthy-single'));
  image = join(room, 'disk.img');
  symlinkSync(path, image);
});
afterAll(() => rmSync(room, { recursive: true }));

/** A map that has tried all of 64 MiB but `lost`, in a folder of its own. */
function mapOf(folder: string, lost: readonly [number, number]): string {
  mkdirSync(join(room, folder), { recursive: true });
  const path = join(room, folder, 'disk.bad');
  const line = (from: number, to: number, status: string) =>
    `0x${from.toString(16)} 0x${(to - from).toString(16)} ${status}`;
  const [from, to] = lost;
  const ends: [number, number, string][] = [
    [0, from, '+'],
    [from, to, '-'],
    [to, 64 * MIB, '+'],
  ];
  const ranges = ends.flatMap(([begin, end, status]) => (begin === end ? [] : [line(begin, end, status)]));
  writeFileSync(path, `${['0x0 +', ...ranges].join('\n')}\n`);
  return path;
}

describe('a source that is named with a map that lies elsewhere', () => {
  it('is named so by the lines that are printed of it, and read so by them', async () => {
    const spec = `${image}?map=${mapOf('maps', FRONT)}`;
    const document = await scan([spec], { depth: 'mos' });
    const best = document.pools[0]?.recommendation;
    const [, , , txg = '', ...specs] = best?.commandVerify ?? [];
    expect(specs).toEqual([spec]);
    const verified = await verify(specs, BigInt(txg), { depth: 'meta' });
    expect(verified.sources[0]?.labelStatuses).toEqual(['unreadable', 'unreadable', 'ok', 'ok']);
    const { plain } = best?.overlay ?? {};
    expect(plain?.slice(-1)).toEqual([spec]);
    const laid = await overlay(plain?.slice(-1) ?? [], { output: join(room, 'overlay') });
    expect([laid.refusal, laid.answer]).toEqual([null, 'loads']);
  });

  it('is named so by the lines that are printed of a bundle, on the host where the disk is', async () => {
    const spec = `${image}?map=${mapOf('maps', FRONT)}`;
    const file = join(room, 'disk.bundle');
    await writeBundle([spec], file);
    const document = await scan([file], { depth: 'mos' });
    expect(document.sources[0]?.labels.map(({ status }) => status)).toEqual(['unreadable', 'unreadable', 'ok', 'ok']);
    const best = document.pools[0]?.recommendation;
    expect(best?.commandVerify?.slice(4)).toEqual([spec]);
    const [here] = (await scan([spec], { depth: 'mos' })).pools;
    expect(best?.steps).toEqual(here?.recommendation?.steps);
    // What nobody has read is no read that failed, from the bundle either.
    const verdicts = (pool: typeof here) => pool?.candidates.map(({ txg, verdict }) => [txg, verdict]);
    expect(verdicts(document.pools[0])).toEqual(verdicts(here));
  });

  it('is named so by carve', async () => {
    const spec = `${image}?map=${mapOf('maps', FRONT)}`;
    const { vdevs, pools } = await carve([spec]);
    const part = vdevs[0]?.spec ?? '';
    expect(part.startsWith(image)).toBe(true);
    expect(part.endsWith(`?map=${join(room, 'maps', 'disk.bad')}`)).toBe(true);
    expect(pools[0]?.commands.scan).toContain(part);
    const again = await scan([part], { depth: 'labels' });
    expect(again.sources[0]?.labels.map(({ status }) => status)).toEqual(['unreadable', 'unreadable', 'ok', 'ok']);
  });

  it('can be a part of it', async () => {
    const map = mapOf('maps', FRONT);
    const labels = async (spec: string) =>
      (await scan([spec], { depth: 'labels' })).sources[0]?.labels.map(({ status }) => status);
    expect(await labels(`${image}@0+64M?map=${map}`)).toEqual(['unreadable', 'unreadable', 'ok', 'ok']);
  });

  it('has the map of its path, and not another of that name', async () => {
    const other = join(room, 'other.img');
    copyFileSync(image, other);
    const [front, back] = [mapOf('front', FRONT), mapOf('back', BACK)];
    const { sources } = await scan([`${image}?map=${front}`, `${other}?map=${back}`], { depth: 'labels' });
    expect(sources.map(({ labels }) => labels.map(({ status }) => status))).toEqual([
      ['unreadable', 'unreadable', 'ok', 'ok'],
      ['ok', 'ok', 'unreadable', 'unreadable'],
    ]);
  });
});
