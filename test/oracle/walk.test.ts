import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ZfsUberError } from '../../src/bytes/errors.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { poolImages, pools, testPools } from '../tools/images.ts';
import { openSources } from '../tools/openSources.ts';
import { ZDB } from '../tools/zdb.ts';
import { type BlockComparison, compareBlocks } from '../tools/ztest.ts';

function expectSame(compared: BlockComparison): void {
  expect(compared.onlyZdb).toEqual([]);
  expect(compared.onlyHere).toEqual([]);
  expect(new Set(compared.failed.keys())).toEqual(new Set(compared.zdbFailed));
  expect(compared.same).toBeGreaterThan(20);
}

describe.skipIf(ZDB === null)(
  'every block pointer that zdb lists is met here, and reads where it reads there',
  { concurrent: true },
  () => {
    it.for(pools().map((fixture) => [fixture.name, fixture] as const))('pool %s', async ([, fixture], { skip }) => {
      const { ro } = fixture.truth.answers;
      const sound = Object.keys(ro)
        .map(Number)
        .filter((txg) => ro[`${txg}`]?.rc === 0 && ro[`${txg}`]?.used === txg);
      if (sound.length === 0) return skip('no txg of it can be loaded');
      const images = await poolImages(fixture);
      const compared = await compareBlocks(ZDB ?? '', images, fixture.truth.pool, Math.max(...sound));
      if (compared === null) return skip('zdb does not get to the end');
      expectSame(compared);
    });

    it.for(groupTestPools())('OpenZFS test pool %s', async ([, images], { skip }) => {
      const name = await nameOf(images);
      if (name === null) return skip('its newest txg cannot be opened');
      const compared = await compareBlocks(ZDB ?? '', images, name);
      if (compared === null) return skip('zdb does not get to the end');
      expectSame(compared);
    });
  },
);

async function nameOf(images: readonly string[]): Promise<string | null> {
  const sources = await Promise.all(images.map((path) => openFileSource(path)));
  try {
    return (await openSources(sources)).view.config.name;
  } catch (error) {
    if (error instanceof ZfsUberError) return null;
    throw error;
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}

/** Images of one pool together: `zfs-pool-v2mirror1.img`, `…2`, `…3`. */
function groupTestPools(): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const path of testPools()) {
    const name = basename(path, '.img').replace(/(mirror|raidz2?|stripe|hotspare)\d$/, '$1');
    groups.set(name, [...(groups.get(name) ?? []), path]);
  }
  return [...groups];
}
