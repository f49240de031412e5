import { describe, expect, it } from 'vitest';
import { asGuid, asTxg } from '../../src/bytes/units.ts';
import type { VdevConfig } from '../../src/format/vdevConfig.ts';
import { matchMosTree } from '../../src/load/mosTree.ts';
import { validatedLabel } from '../../src/load/validatedLabel.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import type { DeviceSurvey } from '../../src/pool/survey.ts';
import { leavesOf } from '../../src/pool/vdevHealth.ts';
import { type DeviceSpec, device, vdev } from '../pool/surveys.ts';

const POOL = 1n;

const root = (children: VdevConfig[], pool = POOL): VdevConfig => vdev(pool, { type: 'root', path: null, children });

/** Which device each leaf of the config gets, by name, and why not. */
function match(config: VdevConfig, devices: readonly DeviceSurvey[], given = devices) {
  const [pool] = assemblePools(devices).pools;
  if (pool?.root == null) throw new Error('no pool');
  const { root: matched, refused, former } = matchMosTree(config, pool.root, given);
  const leaves = [...leavesOf(matched)].map((leaf) => [leaf.config.guid, leaf.device?.source.name ?? null]);
  return {
    leaves: Object.fromEntries(leaves),
    refused: [...refused.values()],
    former: former.map(({ guid }) => guid),
  };
}

const mirror = (...legs: bigint[]): VdevConfig =>
  vdev(10n, { type: 'mirror', path: null, children: legs.map((leg) => vdev(leg)) });
const leg = (guid: bigint, more: Partial<DeviceSpec> = {}) =>
  device({ name: `d${guid}`, guid, tree: mirror(11n, 12n), uberblocks: [{ txg: 5n }], ...more });

describe('the devices of the tree that the MOS has', () => {
  it('are those whose labels name its leaves', () => {
    expect(match(root([mirror(11n, 12n)]), [leg(11n), leg(12n)]).leaves).toEqual({ 11: 'd11', 12: 'd12' });
  });

  it('are none for a leaf that the labels have no more, unless it lies where the MOS noted it', () => {
    const old = device({ name: '/v/13', guid: 13n, tree: mirror(11n, 13n), txg: 0n, uberblocks: [{ txg: 4n }] });
    const moved = device({ name: 'elsewhere', guid: 13n, tree: mirror(11n, 13n), txg: 0n });
    const before = root([mirror(11n, 13n)]);
    expect(match(before, [leg(11n), leg(12n), old]).leaves).toEqual({ 11: 'd11', 13: '/v/13' });
    expect(match(before, [leg(11n), leg(12n), moved]).leaves).toEqual({ 11: 'd11', 13: null });
  });

  it('are taken to be where the MOS noted them for disks that left the pool, and said to be so', () => {
    const disk = (guid: bigint) => vdev(guid, { type: 'disk' });
    const disks = (...guids: bigint[]) => vdev(10n, { type: 'mirror', path: null, children: guids.map(disk) });
    const devices = [11n, 12n].map((guid) => leg(guid, { tree: disks(11n, 12n) }));
    const old = device({ name: 'd13', guid: 13n, tree: disks(11n, 13n), txg: 0n, uberblocks: [{ txg: 4n }] });
    const before = root([disks(11n, 13n)]);
    expect(match(before, [...devices, old]).leaves).toEqual({ 11: 'd11', 13: 'd13' });
    expect(match(before, [...devices, old]).former).toEqual([13n]);
  });

  describe('that was a mirror of two disks before one left and the other took over its guid', () => {
    const disk = (guid: bigint, more: Partial<VdevConfig> = {}) =>
      vdev(guid, { type: 'disk', path: '/dev/sda', ...more });
    const before = root([
      vdev(10n, { type: 'mirror', path: null, children: [disk(11n), disk(12n, { path: '/dev/sdb' })] }),
    ]);
    const alone = (more: Partial<VdevConfig>) =>
      device({ name: 'd10', guid: 10n, tree: disk(10n, more), uberblocks: [{ txg: 5n }] });

    it('are found by the guid that the leaf had before a split', () => {
      const { leaves, former } = match(before, [alone({ path: '/dev/sdz', origGuid: asGuid(11n) })]);
      expect(leaves).toEqual({ 11: 'd10', 12: null });
      expect(former).toEqual([11n]);
    });

    it('are found by the path of the label, which fits as the one of the whole top-level vdev', () => {
      expect(match(before, [alone({})]).leaves).toEqual({ 11: 'd10', 12: null });
      expect(match(before, [alone({ path: '/dev/sdb' })]).leaves).toEqual({ 11: null, 12: 'd10' });
    });

    it('are not found at any other path', () => {
      expect(match(before, [alone({ path: '/dev/sdz' })]).leaves).toEqual({ 11: null, 12: null });
      expect(match(before, [alone({ path: null })]).leaves).toEqual({ 11: null, 12: null });
    });

    it('are not what has come to that path since and belongs to no such vdev', () => {
      const other = device({ name: 'd20', guid: 20n, tree: disk(20n), uberblocks: [{ txg: 5n }] });
      const { leaves, refused } = match(before, [other]);
      expect(leaves).toEqual({ 11: null, 12: null });
      expect(refused).toEqual([]);
    });
  });

  it('fit a leaf that took over the guid of its mirror by a label from before that', () => {
    const file = vdev(10n, { path: '/v/11' });
    const now = device({ name: '/v/11', guid: 11n, tree: mirror(11n, 12n), uberblocks: [{ txg: 5n }] });
    expect(match(root([file]), [now]).leaves).toEqual({ 10: '/v/11' });
  });

  it('stay out when their labels name another pool: after a change of its guid', () => {
    const { leaves, refused } = match(root([mirror(11n, 12n)], 77n), [leg(11n), leg(12n)]);
    expect(leaves).toEqual({ 11: null, 12: null });
    expect(refused).toEqual([
      { code: 'other-pool', label: 1n, pool: 77n },
      { code: 'other-pool', label: 1n, pool: 77n },
    ]);
  });

  it('stay out when they were split off into another pool', () => {
    const split = leg(12n, { more: { splitGuid: asGuid(POOL) } });
    expect(match(root([mirror(11n, 12n)]), [leg(11n), split])).toEqual({
      leaves: { 11: 'd11', 12: null },
      former: [],
      refused: [{ code: 'split-off' }],
    });
  });

  it('stay out when the MOS says that they were offline', () => {
    const config = vdev(10n, { type: 'mirror', children: [vdev(11n), vdev(12n, { offline: true })] });
    expect(match(root([config]), [leg(11n), leg(12n)]).leaves).toEqual({ 11: 'd11', 12: null });
  });

  it('stay out when they are not given to the import', () => {
    const devices = [leg(11n), leg(12n)];
    expect(match(root([mirror(11n, 12n)]), devices, devices.slice(0, 1)).leaves).toEqual({ 11: 'd11', 12: null });
  });

  it('stay out when they are shorter than the vdev was', () => {
    const large = { ...mirror(11n, 12n), asize: 128n * 1024n * 1024n };
    const { leaves, refused } = match(root([large]), [leg(11n), leg(12n, { sizeMib: 160 })]);
    expect(leaves).toEqual({ 11: null, 12: 'd12' });
    expect(refused).toMatchObject([{ code: 'too-short' }]);
  });
});

describe('the label that decides', () => {
  const labels = (...txgs: (bigint | null)[]): DeviceSurvey => {
    const made = leg(11n);
    return {
      ...made,
      labels: made.labels.map((label, i) => {
        const txg = txgs[i] ?? null;
        const status = txg === null ? 'bad-checksum' : 'ok';
        return { ...label, status, config: label.config && { ...label.config, txg: txg === null ? null : asTxg(txg) } };
      }),
    };
  };

  it('is the newest whose checksum holds', () => {
    expect(validatedLabel(labels(5n, 9n, 7n, null))?.txg).toBe(9n);
  });

  it('is one that was never synced where that comes first', () => {
    expect(validatedLabel(labels(0n, 9n, 7n, 7n))?.txg).toBe(0n);
    expect(validatedLabel(labels(9n, 0n, 7n, 7n))?.txg).toBe(9n);
  });

  it('is the newest that is no newer than the limit', () => {
    expect(validatedLabel(labels(5n, 9n, 7n, null), 8n)?.txg).toBe(7n);
    expect(validatedLabel(labels(9n, 9n, null, null), 8n)).toBeNull();
    expect(validatedLabel(labels(9n, 0n, 7n, 7n), 8n)?.txg).toBe(0n);
  });

  it('is none where no checksum holds', () => {
    expect(validatedLabel(labels(null, null, null, null))).toBeNull();
  });
});
