import { afterEach, describe, expect, it } from 'vitest';
import type { Mos } from '../../src/dataset/mos.ts';
import type { DmuObject } from '../../src/dataset/object.ts';
import { nvlistOf } from '../../src/format/nvlistFields.ts';
import { decodeVdevConfig, type VdevConfig } from '../../src/format/vdevConfig.ts';
import type { Prediction } from '../../src/load/predict.ts';
import { reasonWords } from '../../src/words/reasons.ts';
import { pool } from '../tools/images.ts';
import { DamagedPool } from './damagedPool.ts';
import { rootDirectoryChildren } from './rootDirectory.ts';

/** A txg that the kernel imports. */
const TXG = 94n;

let opened: DamagedPool | null = null;
afterEach(async () => {
  await opened?.close();
  opened = null;
});

async function judgeWithout(find: (mos: Mos) => Promise<DmuObject>, name = 'torn-sector', txg = TXG) {
  opened = await DamagedPool.open(pool(name));
  await opened.damageContent(txg, find);
  return (await opened.judge(txg)).prediction;
}

const named = (key: string) => async (mos: Mos) => mos.object((await mos.directory.integer(key)) ?? 0n);

async function topVdev(mos: Mos): Promise<VdevConfig> {
  const tree = nvlistOf(await mos.config(), 'vdev_tree');
  const [top] = tree === null ? [] : decodeVdevConfig(tree).children;
  if (top === undefined) throw new Error('the config has no vdev');
  return top;
}

const topZapObject = (key: string) => async (mos: Mos) => {
  const zap = await mos.zap((await topVdev(mos)).zapTop ?? 0n);
  return mos.object((await zap.integer(key)) ?? 0n);
};

const saidOf = ({ reasons }: Prediction) => reasons.map((reason) => reasonWords(reason))[0];

describe('the step that fails, by what is lost', () => {
  it('is none in a sound pool', async () => {
    opened = await DamagedPool.open(pool('torn-sector'));
    const { prediction } = await opened.judge(TXG);
    expect(prediction).toMatchObject({ verdict: 'unverified', failsAt: null, hazards: [] });
  });

  it.each<[string, string, RegExp, (mos: Mos) => Promise<DmuObject>]>([
    ['the config', 'spa_ld_trusted_config', /\(config object\): no copy of block 0:/, named('config')],
    ['features', 'spa_ld_check_features', /the list features_for_read: no copy/, named('features_for_read')],
    ['the map of the root directory', 'spa_ld_load_special_directories', /the directory \$MOS/, rootDirectoryChildren],
    [
      'the unflushed txgs',
      'spa_ld_log_spacemaps',
      /the unflushed txgs of/,
      topZapObject('com.delphix:ms_unflushed_phys_txgs'),
    ],
  ])('%s: %s', async (_, failsAt, message, find) => {
    const prediction = await judgeWithout(find);
    expect(prediction).toMatchObject({ verdict: 'damaged', failsAt, hazards: [] });
    expect(saidOf(prediction)).toMatch(message);
    expect(saidOf(prediction)).toContain('torn-sector');
  });

  it('is that of the vdevs for the metaslabs', async () => {
    const metaslabs = async (mos: Mos) => mos.object((await topVdev(mos)).metaslabArray ?? 0n);
    const prediction = await judgeWithout(metaslabs, 'version-28', 65n);
    expect(prediction).toMatchObject({ verdict: 'damaged', failsAt: 'vdev_load' });
    expect(saidOf(prediction)).toMatch(/\(metaslabs\) of \/v\/d0: no copy/);
  });

  it('is one of a read-write import alone for the data of a space map log', async () => {
    const prediction = await judgeWithout(async (mos) => {
      const logs = await mos.zapNamed('com.delphix:log_spacemap_zap');
      const [first] = [...((await logs?.all()) ?? new Map()).values()];
      return mos.object(first?.integer ?? 0n);
    });
    expect(prediction).toMatchObject({ verdict: 'unverified', failsAt: 'spa_ld_log_spacemaps' });
    expect(saidOf(prediction)).toMatch(/\(space map log\) of txg \d+: no copy/);
  });

  it('is the traversal for metadata that no step before it asks for', async () => {
    opened = await DamagedPool.open(pool('torn-sector'));
    await opened.damageContent(TXG, named('history'));
    expect((await opened.judge(TXG, 'mos')).prediction.failsAt).toBeNull();
    const { prediction, counts } = await opened.judge(TXG, 'meta');
    expect(prediction).toMatchObject({ verdict: 'damaged', failsAt: 'spa_load_verify' });
    expect(saidOf(prediction)).toMatch(
      /^cannot read content block 0 of object \d+ of the pool's root metadata \(MOS\): no copy of block 0:/,
    );
    expect(counts?.metadataErrors).toBeGreaterThan(0);
  });
});
