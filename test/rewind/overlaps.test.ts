import { describe, expect, it } from 'vitest';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import type { DeviceSurvey } from '../../src/pool/survey.ts';
import type { ImportPlace } from '../../src/rewind/importPlace.ts';
import { overlapsOf } from '../../src/rewind/overlaps.ts';
import { scanPools } from '../../src/rewind/scanPools.ts';
import { device, vdev } from '../pool/surveys.ts';
import { said } from './said.ts';

const MIB = 1024 * 1024;
const whole = (timestamp: bigint) =>
  device({
    name: 'disk',
    pool: 1n,
    poolName: 'old',
    tree: vdev(5n),
    uberblocks: [{ txg: 9n, guidSum: 6n, timestamp }],
  });
const partition = (timestamp: bigint) =>
  device({ name: 'p1', pool: 2n, poolName: 'new', tree: vdev(7n), uberblocks: [{ txg: 5n, guidSum: 9n, timestamp }] });
const placeOf =
  (start: number, path = '/disk') =>
  ({ source }: DeviceSurvey): ImportPlace =>
    source.name === 'disk'
      ? { path: '/disk', kind: 'file', part: null, image: null, name: 'd0' }
      : { path, kind: 'file', part: { start, size: 64 * MIB }, image: null, name: 'd1' };
const options = { depth: 'labels', placeOf: placeOf(MIB) } as const;

describe('two pools on one disk', () => {
  it('are told to the earlier one: which is in the same bytes, where, and until when it was written', async () => {
    const { judgements } = await scanPools([whole(100n), partition(200n)], () => null, options);
    const told = judgements.map(({ pool, findings }) => [
      pool.name,
      said(findings.find(({ code }) => code === 'overwritten-by-pool')),
    ]);
    expect(told).toEqual([
      ['new', ''],
      ['old', expect.stringMatching(/pool new \(guid 2\) lies in its bytes 1048576 to 68157439 .* until 1970-01-01/)],
    ]);
  });

  it('are nothing to each other on different disks, and where the other is the earlier one', () => {
    const pools = (...devices: DeviceSurvey[]) => assemblePools(devices).pools;
    const [later, earlier] = pools(whole(100n), partition(200n));
    if (later === undefined || earlier === undefined) throw new Error('no pools');
    expect(overlapsOf(earlier, [later, earlier], placeOf(MIB))).toHaveLength(1);
    expect(overlapsOf(later, [later, earlier], placeOf(MIB))).toEqual([]);
    expect(overlapsOf(earlier, [later, earlier], placeOf(MIB, '/other'))).toEqual([]);
  });
});
