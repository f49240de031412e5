import { basename } from 'node:path';
import { describe, it } from 'vitest';
import { ZfsUberError } from '../../src/bytes/errors.ts';
import { openImages } from '../dataset/openImages.ts';
import { poolImages, pools, testPools } from '../tools/images.ts';
import { ZDB } from '../tools/zdb.ts';
import { comparePool } from './comparePool.ts';

describe.skipIf(ZDB === null)('objects of a pool equal what zdb says of them', { concurrent: true }, () => {
  it.for(pools().map((fixture) => [fixture.name, fixture] as const))('pool %s', async ([, fixture], { skip }) => {
    const { ro, plain } = fixture.truth.answers;
    const sound = Object.keys(ro)
      .map(Number)
      .filter((txg) => ro[`${txg}`]?.rc === 0 && ro[`${txg}`]?.used === txg);
    if (sound.length === 0) return skip('no txg of it can be loaded');
    const best = Math.max(...sound);
    const txg = plain?.rc === 0 && plain.used === best ? null : best;
    const compared = await comparePool(ZDB ?? '', await poolImages(fixture), fixture.truth.pool, txg);
    if (!compared) return skip('zdb cannot open it');
  });

  it.for(groupTestPools())('OpenZFS test pool %s', async ([, images], { skip }) => {
    let name: string | null = null;
    try {
      name = (await openImages(images)).config.name;
    } catch (error) {
      if (!(error instanceof ZfsUberError)) throw error;
    }
    if (name === null) return skip('its newest txg cannot be opened');
    if (!(await comparePool(ZDB ?? '', images, name, null))) return skip('zdb cannot open it');
  });
});

/** Images of one pool together: `zfs-pool-v2mirror1.img`, `…2`, `…3`. */
function groupTestPools(): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const path of testPools()) {
    const name = basename(path, '.img').replace(/(mirror|raidz2?|stripe|hotspare)\d$/, '$1');
    groups.set(name, [...(groups.get(name) ?? []), path]);
  }
  return [...groups];
}
