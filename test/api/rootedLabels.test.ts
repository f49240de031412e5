import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { carve } from '../../src/api/carve.ts';
import { UsageError } from '../../src/bytes/errors.ts';
import type { CarvedRootEntry } from '../../src/document/carveDocument.ts';
import { overlay, scan, verify, writeBundle } from '../../src/index.ts';
import { PLAIN_STYLE } from '../../src/text/page.ts';
import { scanText } from '../../src/text/scanText.ts';
import { withoutConfigs, withoutLabels } from '../pool/carve/madeDisk.ts';
import { pool, poolImages } from '../tools/images.ts';
import { schemaTroubles } from '../tools/schemaTroubles.ts';

let room = '';
beforeAll(() => {
  room = mkdtempSync(join(tmpdir(), 'zfs-uber-rooted-'));
});
afterAll(() => rmSync(room, { recursive: true, force: true }));

/** The devices of a pool, each changed, in files. */
async function disksOf(name: string, change: (bytes: Uint8Array) => Uint8Array): Promise<string[]> {
  const paths: string[] = [];
  for (const [index, image] of (await poolImages(pool(name))).entries()) {
    const path = join(room, `${name}-${index}.img`);
    writeFileSync(path, change(new Uint8Array(readFileSync(image))));
    paths.push(path);
  }
  return paths;
}

const specOf = ({ commands }: CarvedRootEntry): string => commands.scan.at(-1) ?? '';

describe('a root without any uberblock', () => {
  let path = '';
  let roots: readonly CarvedRootEntry[] = [];
  beforeAll(async () => {
    [path = ''] = await disksOf('healthy-single', withoutLabels);
    ({ roots } = await carve([path]));
  });
  const newest = (): CarvedRootEntry => {
    const [first] = roots;
    if (first === undefined) throw new Error('no root');
    return first;
  };

  it('is given labels, with which the pool is judged as it was with its own', async () => {
    const own = await scan(await poolImages(pool('healthy-single')));
    const made = await scan([specOf(newest())]);
    expect(schemaTroubles(made)).toEqual([]);
    const [had, has] = [own.pools[0], made.pools[0]];
    expect([has?.name, has?.guid]).toEqual([had?.name, had?.guid]);
    const of = (txg: string) => had?.candidates.find((each) => each.txg === txg);
    expect(has?.candidates.map(({ txg, verdict }) => [txg, verdict])).toEqual([
      [newest().txg, of(newest().txg)?.verdict],
    ]);
    expect(has?.findings.map(({ code }) => code)).not.toContain('guid-sum-mismatch');
  });

  it('is offered no import as it is, but an overlay', async () => {
    const { pools } = await scan([specOf(newest())], { depth: 'mos' });
    const [has] = pools;
    expect(has?.recommendation?.steps).toEqual([]);
    const found = has?.findings.find(({ code }) => code === 'labels-from-root');
    expect(found?.steps?.map(({ lines }) => lines)).toEqual([
      [`zfs-uber overlay -o /var/tmp/zu-overlay '${path}@0?root=${newest().offsetBytes}'`],
    ]);
  });

  it('is told without a time, and without a word of txgs that nothing tells of', async () => {
    const document = await scan([specOf(newest())], { depth: 'mos' });
    const about = { rows: null, unicode: true, style: PLAIN_STYLE, now: 1_800_000_000 };
    const choice = { all: true, newestFirst: false, quiet: false, pool: null, show: [] };
    const text = scanText({ width: 100, ...about }, document, choice);
    expect(text).not.toMatch(/1970-|no txg is lost|the newest txg \(/);
    expect(text).toContain('last written at a time that nothing tells');
    expect(text).toContain('made of a root that was carved');
  });

  it('is verified by the command that is printed', async () => {
    const { pools } = await scan([specOf(newest())], { depth: 'mos' });
    const [, , , txg, ...specs] = pools[0]?.recommendation?.commandVerify ?? [];
    const verified = await verify(specs, BigInt(txg ?? 0), { depth: 'meta' });
    expect(verified.verdict).toBe('importable');
    expect(specs).toEqual([`${path}@0?root=${newest().offsetBytes}`]);
  });

  it('is made importable by an overlay that holds the labels, and whose undo is what stood there', async () => {
    const output = join(room, 'overlay');
    const laid = await overlay([specOf(newest())], { as: 'copy', output });
    expect([laid.refusal, laid.answer]).toEqual([null, 'loads']);
    const undo = readFileSync(join(output, laid.devices[0]?.undo ?? ''));
    expect(undo.some((byte) => byte !== 0)).toBe(false);
    const copy = await scan([join(output, laid.devices[0]?.file ?? '')]);
    expect(copy.sources[0]?.labels.map(({ status }) => status)).toEqual(Array(4).fill('ok'));
    expect(copy.pools[0]?.candidates.map(({ txg, verdict }) => [txg, verdict])).toEqual([[newest().txg, 'importable']]);
    expect(
      readFileSync(path)
        .subarray(0, 1024)
        .some((byte) => byte !== 0),
    ).toBe(false);
  });

  it('has a command for each older one of the vdev', () => {
    expect(roots.length).toBeGreaterThan(4);
    expect(new Set(roots.map(specOf)).size).toBe(roots.length);
  });

  it('elsewhere than it is said to be is an error of that source', async () => {
    for (const at of [1024, 5 << 20, Number(newest().offsetBytes) + 512]) {
      const { sources, pools } = await scan([`${path}@0?root=${at}`], { depth: 'labels' });
      expect([sources[0]?.error?.code, pools]).toEqual(['format-value', []]);
    }
    const late = await scan([`${path}@4096?root=${newest().offsetBytes}`], { depth: 'labels' });
    expect(late.sources[0]?.error?.message).toContain('the vdev begins elsewhere');
    const outside = await scan([`${path}@1M?root=4096`], { depth: 'labels' });
    expect(outside.sources[0]?.error?.message).toContain('does not lie in that part');
  });

  it('is not put into a bundle, which is of what is on a device', async () => {
    const file = join(room, 'none.zub');
    await expect(writeBundle([specOf(newest())], file)).rejects.toThrow(UsageError);
  });
});

describe('roots of several devices', () => {
  it('get one uberblock where they are copies of one', async () => {
    const disks = await disksOf('removed-vdev', withoutLabels);
    const { roots } = await carve(disks);
    const of = (source: number) => roots.find((each) => each.source === source && each.commands.scan.length > 0);
    const specs = disks.flatMap((_, source) => {
      const root = of(source);
      return root === undefined ? [] : [specOf(root)];
    });
    expect(specs.length).toBe(2);
    const { pools, sources } = await scan(specs, { depth: 'mos' });
    const [first, second] = sources.map(({ uberblocks }) => uberblocks[0]?.rootBlockPointer.dvas);
    expect(first?.map(({ vdev }) => vdev)).toEqual([0, 1]);
    expect(second).toEqual(first);
    expect(pools.map(({ candidates }) => candidates.length)).toEqual([1]);
  });

  it('are different legs of a mirror', async () => {
    const disks = await disksOf('lying-mirror-both', withoutLabels);
    const { roots } = await carve(disks);
    const specs = disks.flatMap((_, source) => specOf(roots.find((each) => each.source === source) ?? newestOf(roots)));
    const { sources } = await scan(specs, { depth: 'labels' });
    const guids = sources.map(({ labels }) => labels[0]?.vdevGuid);
    expect(new Set(guids).size).toBe(2);
  });
});

const newestOf = (roots: readonly CarvedRootEntry[]): CarvedRootEntry => {
  const [first] = roots;
  if (first === undefined) throw new Error('no root');
  return first;
};

describe('a vdev that lost its configs and kept its rings', () => {
  it('is given configs, and keeps its uberblocks with their times', async () => {
    const [path = ''] = await disksOf('healthy-single', withoutConfigs);
    const own = await scan(await poolImages(pool('healthy-single')), { depth: 'labels' });
    const [vdev] = (await carve([path])).vdevs;
    const spec = vdev?.commands.scan.at(-1) ?? '';
    const made = await scan([spec], { depth: 'labels' });
    const told = ({ pools }: typeof own) => pools[0]?.candidates.map(({ txg, timestamp }) => [txg, timestamp]);
    expect(told(made)).toEqual(told(own));
  });
});
