import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asGuid, asTxg } from '../../src/bytes/units.ts';
import type { LabelConfig } from '../../src/format/labelConfig.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { type Assembly, assemblePools } from '../../src/pool/assemblePools.ts';
import type { Pool, VdevNode } from '../../src/pool/pool.ts';
import type { DeviceSurvey } from '../../src/pool/survey.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import { vdevHealth } from '../../src/pool/vdevHealth.ts';
import { poolImages, pools, testPools } from '../tools/images.ts';
import { device, mirrorPool, vdev } from './surveys.ts';

/** A tree in one line: type, id, and the device of each leaf. */
function draw({ config, device: at, children }: VdevNode): string {
  const below = children.length === 0 ? '' : `(${children.map(draw).join(' ')})`;
  return `${config.type}${config.id ?? ''}${at === null ? '' : `=${at.source.name}`}${below}`;
}

function only(assembly: Assembly): Pool {
  const [pool] = assembly.pools;
  if (pool === undefined || assembly.pools.length !== 1) throw new Error(`${assembly.pools.length} pools`);
  return pool;
}

/** Everything that an assembly says, by names. */
const tell = ({ pools, loose }: Assembly) => ({
  loose: loose.map(({ source }) => source.name),
  pools: pools.map((pool) => ({
    ...pool,
    devices: pool.devices.map(({ source }) => source.name),
    outside: pool.outside.map((each) => `${each.device.source.name} ${each.reason}`),
    root: pool.root === null ? null : draw(pool.root),
  })),
});

const outside = (pool: Pool) => pool.outside.map((each) => `${each.device.source.name} ${each.reason}`);

function withTxgZero(label: DeviceSurvey['labels'][number]): DeviceSurvey['labels'][number] {
  const { config } = label;
  return config === null ? label : { ...label, config: { ...config, txg: asTxg(0n), role: 'uninitialised' } };
}

describe('assemblePools', () => {
  it('puts two legs of a mirror into one tree and adds up every guid of it with the pool guid', () => {
    const pool = only(assemblePools(mirrorPool([5n, 6n])));
    expect(pool.root && draw(pool.root)).toBe('root0(mirror0(file0=d11 file0=d12))');
    expect(pool).toMatchObject({ guid: 1n, name: 'tank', missing: [], guidSum: { found: 34n, expected: 34n } });
  });

  it('names the leaf that no device is', () => {
    const [first] = mirrorPool([5n]);
    const pool = only(assemblePools(first === undefined ? [] : [first]));
    expect(pool.missing).toEqual([{ guid: 12n, type: 'file', path: '/v/12', role: 'normal' }]);
    expect(pool.root && vdevHealth(pool.root)).toBe('degraded');
  });

  it('keeps the place of removed and of missing top-level vdevs, so that each stands at the index of its id', () => {
    const more = { vdevChildren: 4, holeArray: [1] };
    const pool = only(assemblePools([device({ name: 'd2', tree: vdev(5n, { id: 2 }), more })]));
    expect(pool.root && draw(pool.root)).toBe('root0(missing0 hole1 file2=d2 missing3)');
    expect(pool.missing.map(({ type }) => type)).toEqual(['missing', 'missing']);
  });

  it('takes number and holes from the newest label, because older ones were not rewritten', () => {
    const old = device({ name: 'old', tree: vdev(5n, { id: 0 }), txg: 4n, more: { vdevChildren: 1 } });
    const young = device({
      name: 'young',
      tree: vdev(6n, { id: 2 }),
      txg: 9n,
      more: { vdevChildren: 3, holeArray: [1] },
    });
    expect(tell(assemblePools([old, young])).pools[0]?.root).toBe('root0(file0=old hole1 file2=young)');
  });

  it('lets the newer of two top-level vdevs have the place that both claim, and keeps the other device beside the tree', () => {
    const stale = device({ name: 'stale', tree: vdev(5n), txg: 4n });
    const live = device({ name: 'live', tree: vdev(6n), txg: 9n });
    const pool = only(assemblePools([stale, live]));
    expect(pool.root && draw(pool.root)).toBe('root0(file0=live)');
    expect(outside(pool)).toEqual(['stale former-member']);
  });

  it('does not build a tree from the label of a detached disk, which has txg 0', () => {
    const gone = device({ name: 'gone', tree: vdev(5n), txg: 0n, more: { role: 'uninitialised' } });
    const pool = only(assemblePools([gone]));
    expect(pool).toMatchObject({ root: null, configTxg: null });
    expect(outside(pool)).toEqual(['gone former-member']);
  });

  it('gives no place to a device whose labels have txg 0, also where the tree of another has it', () => {
    const [first, second] = mirrorPool([5n, 6n]);
    if (first === undefined || second === undefined) throw new Error('no mirror');
    const zero = { ...second, labels: second.labels.map(withTxgZero) };
    const pool = only(assemblePools([first, zero]));
    expect(pool.root && draw(pool.root)).toBe('root0(mirror0(file0=d11 file0))');
    expect(pool.missing.map(({ guid }) => guid)).toEqual([12n]);
    expect(outside(pool)).toEqual(['d12 former-member']);
  });

  it.each([
    { state: 'l2cache', role: 'cache', reason: 'cache' },
    { state: 'spare', role: 'spare', reason: 'spare' },
    { state: 'unknown', role: 'member', reason: 'former-member' },
  ] as const)('gives no place to a device whose labels have the tree of a member and the state $state', (edited) => {
    const { state, role, reason } = edited;
    const pool = only(assemblePools([device({ name: 'd', tree: vdev(5n), txg: 9n, more: { state, role } })]));
    expect(pool.root).toBeNull();
    expect(outside(pool)).toEqual([`d ${reason}`]);
  });

  it.each([
    { state: 'l2cache', role: 'cache', found: 'd12' },
    { state: 'spare', role: 'spare', found: 'd12' },
    { state: 'unknown', role: 'member', found: '' },
  ] as const)(
    'finds a leaf of state $state by its guid where a label of another device has it in its tree',
    (edited) => {
      const { state, role, found } = edited;
      const [first, second] = mirrorPool([5n, 6n]);
      if (first === undefined || second === undefined) throw new Error('no mirror');
      const changed = (config: LabelConfig): LabelConfig => ({ ...config, state, role });
      const labels = second.labels.map((label) => ({ ...label, config: label.config && changed(label.config) }));
      const other = { ...second, config: second.config && changed(second.config), labels };
      const pool = only(assemblePools([first, other]));
      expect(pool.root && draw(pool.root)).toBe(`root0(mirror0(file0=d11 file0${found === '' ? '' : `=${found}`}))`);
    },
  );

  it('takes the newer of two devices that say they are the same leaf', () => {
    const copy = device({ name: 'a-copy', tree: vdev(5n), uberblocks: [{ txg: 5n }] });
    const real = device({ name: 'real', tree: vdev(5n), uberblocks: [{ txg: 5n }, { txg: 6n }] });
    const pool = only(assemblePools([copy, real]));
    expect(pool.root && draw(pool.root)).toBe('root0(file0=real)');
    expect(outside(pool)).toEqual(['a-copy duplicate']);
  });

  it('follows a label that decodes although its checksum fails, where there is no better one', () => {
    const bad = device({ name: 'bad', tree: vdev(5n), statuses: ['bad-checksum', 'empty', 'empty', 'empty'] });
    expect(tell(assemblePools([bad])).pools[0]?.root).toBe('root0(file0=bad)');
  });

  it('gives a disk to the pool of its first sound label, also when a label of another pool at its end is newer', () => {
    const now = device({ name: 'd', tree: vdev(5n), txg: 7n });
    const before = device({ name: 'd', tree: vdev(6n), txg: 900n, pool: 2n, poolName: 'old' });
    const both = { ...now, config: before.config, labels: [...now.labels.slice(0, 2), ...before.labels.slice(2)] };
    expect(only(assemblePools([both]))).toMatchObject({ name: 'tank', guid: 1n, configTxg: 7n });
  });

  describe('for a device without labels', () => {
    const ring = (name: string, ...txgs: bigint[]) =>
      device({ name, uberblocks: txgs.map((txg) => ({ txg, guidSum: 34n })) });

    it('finds the pool by one shared uberblock', () => {
      const { pools, loose } = assemblePools([...mirrorPool([5n, 6n]), ring('bare', 6n, 7n)]);
      expect(pools.map(outside)).toEqual([['bare labels-lost']]);
      expect(loose).toEqual([]);
    });

    it('finds the pool by the guid sum when no uberblock is shared', () => {
      expect(assemblePools([...mirrorPool([5n]), ring('bare', 9n)]).pools.map(outside)).toEqual([['bare labels-lost']]);
    });

    it('does not guess between two pools that have the same guid sum', () => {
      const other = device({ name: 'other', pool: 2n, tree: vdev(6n), uberblocks: [{ txg: 8n, guidSum: 34n }] });
      const { pools } = assemblePools([...mirrorPool([5n]), other, ring('bare', 9n)]);
      expect(pools.map(({ guid, devices }) => [guid, devices.length])).toEqual([
        [1n, 2],
        [2n, 1],
        [0n, 1],
      ]);
    });

    it('makes one nameless pool of devices that share uberblocks with each other only, through a third if need be', () => {
      const { pools } = assemblePools([ring('a', 1n, 2n), ring('b', 3n, 4n), ring('c', 2n, 3n)]);
      expect(pools).toHaveLength(1);
      expect(pools[0]).toMatchObject({ guid: 0n, name: null, root: null, guidSum: { found: 0n, expected: 34n } });
    });

    it('is loose when its ring is empty too', () => {
      expect(assemblePools([ring('blank')])).toMatchObject({ pools: [], loose: [{ source: { name: 'blank' } }] });
    });
  });

  it('knows the pool of a spare by the uberblock that labelling it copied, and leaves one that has none alone', () => {
    const more = { role: 'spare' as const, poolGuid: null, txg: null, guid: asGuid(77n), vdevTree: null };
    const spare = device({ name: 'spare', more, uberblocks: [{ txg: 0n, guidSum: 34n, state: 'template' }] });
    const other = device({ name: 'other', more });
    const { pools, loose } = assemblePools([...mirrorPool([5n]), spare, other]);
    expect(pools.map(outside)).toEqual([['spare spare']]);
    expect(loose.map(({ source }) => source.name)).toEqual(['other']);
  });

  it('does not believe a label that claims 2^53 top-level vdevs, nor an id that far', () => {
    const wild = device({ name: 'wild', tree: vdev(5n), txg: 9n, more: { vdevChildren: 2 ** 53 } });
    const far = device({ name: 'far', tree: vdev(6n, { id: 2 ** 53 }), txg: 8n });
    const pool = only(assemblePools([wild, far]));
    expect(pool.root && draw(pool.root)).toBe('root0(file0=wild)');
    expect(outside(pool)).toEqual(['far former-member']);
  });

  it('ends with a tree when a label nests vdevs without end', () => {
    let tree = vdev(5n);
    for (let depth = 0; depth < 60; depth++) tree = vdev(BigInt(100 + depth), { type: 'mirror', children: [tree] });
    const pool = only(assemblePools([device({ name: 'deep', guid: 5n, tree })]));
    expect(pool.root && vdevHealth(pool.root)).toBe('missing');
  });

  it('says the same for every order of the devices', () => {
    const raidz = vdev(20n, { type: 'raidz', nparity: 1, id: 1, children: [vdev(21n), vdev(22n), vdev(23n)] });
    const spareMore = { role: 'spare' as const, poolGuid: null, txg: null, guid: asGuid(77n), vdevTree: null };
    const devices: DeviceSurvey[] = [
      ...mirrorPool([5n, 6n]),
      device({
        name: 'r1',
        guid: 21n,
        tree: raidz,
        txg: 8n,
        more: { vdevChildren: 3 },
        uberblocks: [{ txg: 6n, guidSum: 34n }],
      }),
      device({
        name: 'r2',
        guid: 22n,
        tree: raidz,
        txg: 8n,
        more: { vdevChildren: 4 },
        uberblocks: [{ txg: 8n, guidSum: 99n }],
      }),
      device({ name: 'stale', tree: vdev(30n, { id: 1 }), txg: 6n }),
      device({ name: 'gone', tree: vdev(31n), txg: 0n }),
      device({ name: 'twin-a', guid: 12n, tree: vdev(10n, { type: 'mirror', children: [vdev(11n), vdev(12n)] }) }),
      device({ name: 'bare', uberblocks: [{ txg: 8n, guidSum: 99n }] }),
      device({ name: 'lone', uberblocks: [{ txg: 3n, guidSum: 5n }] }),
      device({ name: 'spare', more: spareMore, uberblocks: [{ txg: 0n, guidSum: 34n, state: 'template' }] }),
      device({ name: 'blank' }),
      device({ name: 'other', pool: 2n, poolName: 'other', tree: vdev(40n), uberblocks: [{ txg: 8n }] }),
    ];
    const told = tell(assemblePools(devices));
    expect(told.pools.map(({ devices: names }) => names.length)).toEqual([1, 9, 1]);
    fc.assert(
      fc.property(fc.shuffledSubarray(devices, { minLength: devices.length }), (shuffled) => {
        expect(tell(assemblePools(shuffled))).toEqual(told);
      }),
    );
  });
});

describe('assemblePools on pools that real ZFS wrote', () => {
  const engine = chooseEngine();

  async function assemble(paths: readonly string[]): Promise<Assembly> {
    const sources = await Promise.all(paths.map((path) => openFileSource(path)));
    try {
      return assemblePools(await Promise.all(sources.map((source) => surveyDevice(source, engine))));
    } finally {
      await Promise.all(sources.map((source) => source.close()));
    }
  }

  it.each(pools().map((fixture) => [fixture.name, fixture] as const))(
    '%s: one pool, whose guids add up unless a top-level vdev is missing, or no label says the tree',
    async (_, fixture) => {
      const assembly = await assemble(await poolImages(fixture));
      const { root, guidSum, devices } = only(assembly);
      const whole = root?.children.every(({ config }) => config.type !== 'missing') ?? false;
      expect([devices.length, assembly.loose.length]).toEqual([fixture.images.length, 0]);
      expect(guidSum.found === guidSum.expected).toBe(whole);
    },
  );

  it.skipIf(testPools().length === 0)('tells the pools of versions 1 to 15 apart in one heap of files', async () => {
    const { pools: found, loose } = await assemble(testPools());
    expect(loose).toEqual([]);
    expect(found.filter(({ guidSum }) => guidSum.found !== guidSum.expected)).toEqual([]);
    expect(found.filter(({ missing }) => missing.length > 0)).toEqual([]);
    const named = new Map(found.map((pool) => [pool.name, pool]));
    const drawn = (name: string) => (named.get(name)?.root?.children ?? []).map(({ config }) => config.type);
    expect(drawn('pool-v3hotspare')).toEqual(['spare']);
    expect(named.get('pool-v3hotspare')?.outside.map(({ reason }) => reason)).toEqual(['spare']);
    expect(drawn('pool-v2stripe')).toEqual(['file', 'file', 'file']);
    expect(named.get('pool-v3raidz2')?.root?.children[0]?.children).toHaveLength(3);
  });
});
