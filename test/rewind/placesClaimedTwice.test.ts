import { afterAll, describe, expect, it } from 'vitest';
import { asGuid, asTxg } from '../../src/bytes/units.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import type { DeviceSurvey } from '../../src/pool/survey.ts';
import type { Evidence } from '../../src/rewind/findings/finding.ts';
import { placesClaimedTwice } from '../../src/rewind/findings/labels.ts';

import { pool, poolImages } from '../tools/images.ts';
import { openPool } from '../traverse/openedPool.ts';
import { said } from './said.ts';

const opening = poolImages(pool('lying-mirror-one')).then((paths) => openPool(paths));
afterAll(async () => (await opening).close());

/** As its labels were before the device became one of a mirror. */
const asSingleDisk = (device: DeviceSurvey): DeviceSurvey => ({
  ...device,
  labels: device.labels.map((label) => {
    const { config } = label;
    if (config?.vdevTree == null || config.guid === null) return label;
    const [leaf = config.vdevTree] = config.vdevTree.children;
    const vdevTree = { ...leaf, id: 0, guid: config.guid };
    return { ...label, config: { ...config, topGuid: asGuid(config.guid), vdevTree, txg: asTxg(3n) } };
  }),
});

async function foundIn(change: (devices: readonly DeviceSurvey[]) => readonly DeviceSurvey[]) {
  const { devices } = (await opening).pool;
  const [assembled] = assemblePools(change(devices)).pools;
  return placesClaimedTwice({ pool: assembled } as unknown as Evidence);
}

describe('labels of two ages that put different vdevs at one place', () => {
  it('are told, with what an import may open instead', async () => {
    const [found, ...more] = await foundIn(([first, ...rest]) => (first ? [asSingleDisk(first), ...rest] : []));
    expect(more).toEqual([]);
    expect(found).toMatchObject({
      code: 'place-claimed-twice',
      values: { place: 0, followed: { vdev: 'mirror' }, older: { vdev: 'file', written: 3n } },
    });
    expect(said(found)).toMatch(
      /d1\.img says that it is a mirror .*d0\.img says that it is a file \(label of txg 3\)/s,
    );
  });

  it('are not told of a mirror whose labels agree', async () => {
    expect(await foundIn((devices) => devices)).toEqual([]);
  });
});
