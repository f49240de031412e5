import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFileSource } from '../../src/node/fileSource.ts';
import { readWithout, redundantTops, soundBlocks } from '../tools/losses.ts';
import { openSources } from '../tools/openSources.ts';
import { ZDB } from '../tools/zdb.ts';
import { compareBlocks, runZtest, ZTEST, ZTEST_POOLS, ztestImages } from '../tools/ztest.ts';
import { comparePool } from './comparePool.ts';

const SECONDS = 3;

describe.skipIf(ZTEST === null || ZDB === null)('pools that ztest makes at random', { concurrent: true }, () => {
  it.for(['raidz2', 'draid2'])(
    '%s: all blocks and objects are as zdb has them, and any device may go',
    async (kind, { skip }) => {
      const dir = mkdtempSync(join(tmpdir(), `zfs-uber-ztest-${kind}-`));
      try {
        await runZtest(ZTEST ?? '', dir, ZTEST_POOLS[kind] ?? [], SECONDS);
        const images = ztestImages(dir);
        const compared = await compareBlocks(ZDB ?? '', images, 'ztest');
        if (compared === null) return skip('zdb does not get to the end');
        expect(compared.onlyZdb).toEqual([]);
        expect(compared.onlyHere).toEqual([]);
        expect(new Set(compared.failed.keys())).toEqual(new Set(compared.zdbFailed));
        // Of encrypted datasets zdb's own check of its cache fails: -AAA goes on.
        expect(await comparePool(ZDB ?? '', images, 'ztest', null, ['-AAA'])).toBe(true);
        await expectEachDeviceToSpare(images);
      } finally {
        rmSync(dir, { recursive: true });
      }
    },
  );
});

/** Each device may go, or tell lies, and is then the only one that is named. */
async function expectEachDeviceToSpare(images: readonly string[]): Promise<void> {
  const sources = await Promise.all(images.map((path) => openFileSource(path)));
  try {
    const opened = await openSources(sources, { name: 'ztest' });
    for (const { top, leaves } of redundantTops(opened.root)) {
      const blocks = await soundBlocks(opened, top, 60);
      for (const leaf of leaves) {
        expect((await readWithout(opened, blocks, [leaf], 'missing')).lost).toEqual([]);
        const { lost, wrong } = await readWithout(opened, blocks, [leaf], 'garbled');
        expect(lost).toEqual([]);
        // A device on which none of these blocks has data is not read.
        expect(wrong.size).toBeLessThan(2);
      }
    }
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}
