import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectCandidates } from '../../src/load/candidates.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import type { Pool } from '../../src/pool/pool.ts';
import type { DeviceSurvey } from '../../src/pool/survey.ts';
import { type DeviceSpec, device, mirrorPool, vdev } from '../pool/surveys.ts';

const TREE = vdev(10n, { type: 'mirror', path: null, children: [vdev(11n), vdev(12n)] });
const leg = (guid: bigint, more: Partial<DeviceSpec>) => device({ name: `d${guid}`, guid, tree: TREE, ...more });

function poolOf(...devices: DeviceSurvey[]): Pool {
  const [pool] = assemblePools(devices).pools;
  if (pool === undefined) throw new Error('no pool');
  return pool;
}

const tell = (pool: Pool) =>
  collectCandidates(pool).map(({ txg, copies, heartbeats, taken, seen }) => {
    const legs = [...new Set(copies.map(({ device: { source } }) => source.name))].join('+');
    return `${txg} ${copies.length}x ${legs}${heartbeats.length > 0 ? ` beats ${heartbeats.length}` : ''}${taken ? ' taken' : ''}${seen ? '' : ' unseen'}`;
  });

describe('collectCandidates', () => {
  it('counts the copies of one uberblock over all labels of all devices, newest txg first', () => {
    expect(tell(poolOf(...mirrorPool([5n, 7n])))).toEqual(['7 8x d11+d12 taken', '5 8x d11+d12 taken']);
  });

  it('unites rings of which each holds only some txgs', () => {
    const [a, b] = [
      leg(11n, { uberblocks: [{ txg: 5n }, { txg: 6n }] }),
      leg(12n, { uberblocks: [{ txg: 6n }, { txg: 9n }] }),
    ];
    expect(tell(poolOf(a, b))).toEqual(['9 4x d12 taken', '6 8x d11+d12 taken', '5 4x d11 taken']);
  });

  it('folds heartbeats into the sync that they repeat', () => {
    const uberblocks = [
      { txg: 5n, timestamp: 100n, sequence: 0 },
      { txg: 5n, timestamp: 107n, sequence: 3 },
      { txg: 5n, timestamp: 105n, sequence: 2 },
    ];
    const pool = poolOf(leg(11n, { uberblocks }));
    expect(tell(pool)).toEqual(['5 4x d11 beats 8 taken']);
    const [candidate] = collectCandidates(pool);
    expect(candidate?.uberblock.timestamp).toBe(100n);
    expect(candidate?.heartbeats[0]?.uberblock.timestamp).toBe(107n);
  });

  it('keeps a heartbeat whose sync is lost, once however often it beat', () => {
    const uberblocks = [
      { txg: 5n, timestamp: 106n, sequence: 2 },
      { txg: 5n, timestamp: 107n, sequence: 3 },
    ];
    const pool = poolOf(leg(11n, { uberblocks }));
    expect(tell(pool)).toEqual(['5 8x d11 taken']);
    expect(collectCandidates(pool)[0]?.uberblock.timestamp).toBe(107n);
  });

  it('keeps both tellings of a txg after a split brain, and takes the later one as OpenZFS does', () => {
    const a = leg(11n, { uberblocks: [{ txg: 5n }, { txg: 6n, root: 1n, timestamp: 200n }] });
    const b = leg(12n, { uberblocks: [{ txg: 5n }, { txg: 6n, root: 2n, timestamp: 300n }] });
    expect(tell(poolOf(a, b))).toEqual(['6 4x d12 taken', '6 4x d11', '5 8x d11+d12 taken']);
  });

  it('does not take what only a device outside the tree carries', () => {
    const former = device({ name: 'former', tree: vdev(9n), txg: 0n, uberblocks: [{ txg: 8n }] });
    const live = leg(11n, { uberblocks: [{ txg: 7n }] });
    expect(tell(poolOf(live, former))).toEqual(['8 4x former unseen', '7 4x d11 taken']);
  });

  it('does not take what only a leaf carries of which every label fails, because OpenZFS does not open it', () => {
    const bad = leg(11n, { uberblocks: [{ txg: 8n }], statuses: ['bad-checksum', 'empty', 'empty', 'empty'] });
    expect(tell(poolOf(bad, leg(12n, { uberblocks: [{ txg: 7n }] })))).toEqual(['8 4x d11 unseen', '7 4x d12 taken']);
  });

  it('does not take what only a leaf carries that the newest label calls offline', () => {
    const legs = [vdev(11n), vdev(12n, { offline: true })];
    const tree = vdev(10n, { type: 'mirror', path: null, children: legs });
    const online = leg(11n, { tree, txg: 6n, uberblocks: [{ txg: 7n }] });
    const stale = leg(12n, { txg: 5n, uberblocks: [{ txg: 6n }] });
    expect(tell(poolOf(stale, online))).toEqual(['7 4x d11 taken', '6 4x d12 unseen']);
  });

  it('leaves out slots that fail their checksum, templates and those of other pools', () => {
    const uberblocks = [
      { txg: 9n, state: 'checksum' as const },
      { txg: 8n, state: 'torn' as const },
      { txg: 7n, state: 'foreign' as const },
      { txg: 0n, state: 'template' as const },
      { txg: 5n },
    ];
    expect(tell(poolOf(leg(11n, { uberblocks })))).toEqual(['5 4x d11 taken']);
  });

  it('gives the same keys in the same order for every order of the devices', () => {
    const devices = [
      leg(11n, { uberblocks: [{ txg: 5n }, { txg: 6n, root: 1n }, { txg: 7n, timestamp: 3n, sequence: 0 }] }),
      leg(12n, { uberblocks: [{ txg: 5n }, { txg: 6n, root: 2n }, { txg: 7n, timestamp: 9n, sequence: 4 }] }),
      device({ name: 'former', tree: vdev(9n), txg: 0n, uberblocks: [{ txg: 8n }, { txg: 6n, root: 3n }] }),
    ];
    const keys = (order: readonly DeviceSurvey[]) => collectCandidates(poolOf(...order)).map(({ key }) => key);
    fc.assert(
      fc.property(fc.shuffledSubarray(devices, { minLength: devices.length }), (order) => {
        expect(keys(order)).toEqual(keys(devices));
      }),
    );
  });
});
