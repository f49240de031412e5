import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CACHE } from '../../bin/images.js';
import { UsageError, ZfsUberError } from '../../src/bytes/errors.ts';
import { NoSuchTxgError, type OpenedPool, openPool, openPools, unpackBlock, Zap } from '../../src/index.ts';
import { pool, poolImages } from '../tools/images.ts';

/** Datasets were made in it all the time. */
const growing = () => poolImages(pool('torn-sector'));
const demo = () => poolImages(pool('demo'));
const ROOT = join(import.meta.dirname, '..', '..');

/** A pool that was written to after a txg has overwritten what the oldest ones need. */
async function oldestThatOpens(opened: OpenedPool): Promise<bigint> {
  for (const txg of [...opened.txgs].reverse()) {
    try {
      return (await opened.at(txg)).txg;
    } catch (error) {
      if (!(error instanceof ZfsUberError)) throw error;
    }
  }
  throw new Error('no txg opens');
}

describe('openPool', () => {
  let opened: OpenedPool;
  beforeAll(async () => {
    opened = await openPool(await demo());
  });
  afterAll(() => opened.close());

  it('lists the txgs of the rings once each, newest first, and opens the newest unless told otherwise', async () => {
    const txgs = opened.txgs;
    expect(txgs.length).toBeGreaterThan(5);
    expect(txgs).toEqual([...new Set(txgs)].sort((a, b) => (a > b ? -1 : 1)));
    const passed: bigint[] = [];
    const view = await opened.at(null, { onPassedOver: (txg) => passed.push(txg) });
    expect(view.txg).toBe(txgs.find((txg) => !passed.includes(txg)));
  });

  it('refuses a txg that no ring holds and names the nearest', async () => {
    const [newest = 0n] = opened.txgs;
    const asked = opened.at(newest + 1n);
    await expect(asked).rejects.toBeInstanceOf(NoSuchTxgError);
    await expect(asked).rejects.toBeInstanceOf(UsageError);
    await expect(asked).rejects.toMatchObject({ txg: newest + 1n, nearest: expect.arrayContaining([newest]) });
    const error = await asked.catch((caught: NoSuchTxgError) => caught);
    expect(error).toHaveProperty('nearest.0', newest);
  });

  it('looks at any txg, not only the newest: each view has the datasets that were there then', async () => {
    const grown = await openPool(await growing());
    const names = async (txg: bigint): Promise<string[]> => {
      const found: string[] = [];
      const view = await grown.at(txg);
      for await (const { name, phys } of view.datasets()) {
        expect(phys.creationTxg).toBeLessThanOrEqual(txg);
        found.push(name);
      }
      return found;
    };
    const { txg } = await grown.at();
    const oldest = await oldestThatOpens(grown);
    expect(oldest).toBeLessThan(txg);
    expect((await names(txg)).length).toBeGreaterThan((await names(oldest)).length);
    await grown.close();
  });

  it('reads objects, blocks and history of a view', async () => {
    const view = await opened.at();
    const mos = await view.objset(0n);
    const directory = await Zap.open(await mos.object(1n));
    expect(await directory.integer('config')).toBeGreaterThan(0n);
    expect(view.config.name).toBe(opened.name);
    expect((await view.readBlock(view.uberblock.rootbp)).bytes.length).toBe(view.uberblock.rootbp.lsize);
    const texts: string[] = [];
    for await (const { text } of view.history()) texts.push(text);
    expect(texts[0]).toMatch(/^create/);
  });

  it('gives the bytes at an address, which unpack to what the verified read gives', async () => {
    const view = await opened.at();
    const directory = await view.mos.object(1n);
    const bp = await directory.blockPointer(0n);
    if (bp === null) throw new Error('the directory is a hole');
    const verified = await view.readBlock(bp);
    for (const { vdev, offset } of bp.dvas) {
      const place = { vdev: [vdev], offset: offset * 512n, size: bp.psize };
      const { bytes, txg } = await opened.readRaw(place, view.txg);
      expect(txg).toBe(view.txg);
      expect((await unpackBlock(bytes, 'lz4', bp.lsize)).bytes).toEqual(verified.bytes);
      expect((await unpackBlock(bytes, 'lz4', null)).bytes).toEqual(verified.bytes);
      // One leg of the mirror has the same.
      expect((await opened.readRaw({ ...place, vdev: [vdev, 1] }, view.txg)).bytes).toEqual(bytes);
    }
  });

  it('refuses addresses that are none', async () => {
    const at = (about: object) => opened.readRaw({ vdev: [0], offset: 0n, size: 512, ...about });
    await expect(at({ vdev: [7] })).rejects.toThrow('no vdev 7; there are 0 to 0');
    await expect(at({ vdev: [0, 0, 0] })).rejects.toThrow('no vdev 0; it has none below');
    await expect(at({ size: 513 })).rejects.toThrow(UsageError);
    await expect(at({ size: 2 ** 25 })).rejects.toThrow(UsageError);
    await expect(at({ offset: 1n })).rejects.toThrow(UsageError);
    await expect(at({ offset: 2n ** 60n })).rejects.toThrow(UsageError);
    await expect(at({ offset: 2n ** 50n })).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('several pools', () => {
  it('are told apart by guid, or by name where that is enough', async () => {
    const opened = await openPools([...(await demo()), ...(await poolImages(pool('four-tops')))]);
    try {
      const [one, two] = opened.pools;
      if (one === undefined || two === undefined) throw new Error('two pools are there');
      expect(opened.pool(two.guid.toString())).toBe(two);
      expect(() => opened.pool()).toThrow(UsageError);
      expect(() => opened.pool()).toThrow(`${one.guid}`);
      expect(() => opened.pool('nowhere')).toThrow('no pool nowhere; there are');
      expect(one.name === two.name || opened.pool(one.name) === one).toBe(true);
    } finally {
      await opened.close();
    }
  });

  it('are none where there is no label, and the sources say why', async () => {
    const opened = await openPools(['/does/not/exist']);
    expect(opened.pools).toEqual([]);
    expect(opened.sources).toMatchObject([{ opened: { error: { code: 'ENOENT' } }, survey: null }]);
    await expect(openPool(['/does/not/exist'])).rejects.toThrow('no pool was found');
  });
});

it('reads every file block of a pool with every checksum, salted ones with the salt of its MOS', async () => {
  const opened = await openPool(await poolImages(pool('every-checksum')));
  try {
    const view = await opened.at();
    let blocks = 0;
    const checksums = new Set<number>();
    for await (const dataset of view.datasets()) {
      if (dataset.phys.bp.hole || (await view.properties.encryption(dataset)) !== 'off') continue;
      const objset = await view.objset(dataset);
      for await (const object of objset.objects()) {
        for await (const { bp } of object.blocks()) {
          blocks++;
          if (!bp.embedded) checksums.add(bp.checksum);
        }
      }
    }
    expect(blocks).toBeGreaterThan(20);
    // sha512, skein, edonr and blake3 among them.
    expect([...checksums]).toEqual(expect.arrayContaining([11, 12, 13, 14]));
  } finally {
    await opened.close();
  }
});

describe('the example in docs', () => {
  it('lists the datasets of two txgs and what is in one of them only', async () => {
    const outfile = join(CACHE, 'examples', 'datasets-at-two-txgs.mjs');
    await build({
      entryPoints: [join(ROOT, 'docs', 'examples', 'datasets-at-two-txgs.ts')],
      alias: { 'zfs-uber': join(ROOT, 'src', 'index.ts') },
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      // Of the sources that are bundled in.
      define: { 'import.meta.dirname': JSON.stringify(join(ROOT, 'src', 'node')) },
      outfile,
      logLevel: 'silent',
    });
    const images = await growing();
    const opened = await openPool(images);
    const { txg } = await opened.at();
    const oldest = await oldestThatOpens(opened);
    await opened.close();
    const { stdout, stderr, status } = spawnSync(process.execPath, [outfile, `${oldest}`, `${txg}`, ...images], {
      encoding: 'utf8',
    });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toContain(`txg ${oldest} and txg ${txg}`);
    expect(lines.some((line) => /: not there, \d+ bytes"$/.test(line))).toBe(true);
    expect(lines.some((line) => /: \d+ bytes, \d+ bytes"$/.test(line))).toBe(true);
  });
});
