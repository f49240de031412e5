import { describe, expect, it } from 'vitest';
import { type ScanOptions, scan } from '../../src/api/scan.ts';
import { verify } from '../../src/api/verify.ts';
import { readArguments } from '../../src/cli/arguments.ts';
import { DeviceMedia } from '../../src/node/deviceMedia.ts';
import { FILE_HOST } from '../../src/node/fileHost.ts';
import { handlePool } from '../../src/node/handlePool.ts';
import { pool, poolImages } from '../tools/images.ts';

// What a scan names of the recommended txg is what verify names of it.

const bestOf = async (images: readonly string[], depth: 'meta' | 'data') => {
  const { pools } = await scan(images, { depth });
  const [best] = pools;
  if (best?.recommendation == null) throw new Error('nothing is recommended');
  return best.recommendation;
};

describe('the damage of the recommended txg', () => {
  it.each(['random-rot', 'rot-heavy', 'rewritten-rot', 'zil-lying'])(
    'has the files of %s that verify names',
    async (name) => {
      const images = await poolImages(pool(name));
      const { damage, txg, commandVerify } = await bestOf(images, 'data');
      const verified = await verify(images, BigInt(txg));
      expect(damage?.files ?? []).toEqual(verified.files);
      expect(damage?.blocks ?? 0).toBe(verified.dataErrors);
      expect(commandVerify).toEqual(['zfs-uber', 'verify', '--txg', txg, ...images]);
    },
  );

  it('has them by their names where they live', async () => {
    const { damage } = await bestOf(await poolImages(pool('random-rot')), 'data');
    expect(damage?.files.map(({ dataset, path, alsoIn }) => [dataset, path, ...alsoIn])).toEqual([
      ['tank/a', '/r21'],
      ['tank/b', '/r9', 'tank/b@s15'],
    ]);
    expect(damage?.datasets).toEqual(['tank/a', 'tank/b', 'tank/b@s15']);
  });

  it('is asked for with what the scan was asked for, so that verify judges as the scan did', async () => {
    const images = await poolImages(pool('random-rot'));
    const handles = handlePool(FILE_HOST, undefined, new DeviceMedia({ mayFail: 'stop' }));
    const commandOf = async (options: ScanOptions) => {
      const { pools } = await scan(images, options);
      const ask = readArguments(pools[0]?.recommendation?.commandVerify?.slice(1) ?? []);
      return ask.what === 'run' ? { ...ask.values, sources: ask.sources } : null;
    };
    expect(await commandOf({ zfs: '2.2', pool: 'tank', handles })).toMatchObject({
      ...{ zfs: '2.2', pool: 'tank', 'device-may-fail': 'stop', depth: null, sources: images },
    });
    expect(await commandOf({ zfs: '2.3' })).toMatchObject({ zfs: null, pool: null, 'device-may-fail': 'never-twice' });
  });

  it('is not told where content was not read, and where all of it reads', async () => {
    expect(await bestOf(await poolImages(pool('random-rot')), 'meta')).not.toHaveProperty('damage');
    expect(await bestOf(await poolImages(pool('healthy-single')), 'data')).not.toHaveProperty('damage');
  });
});
