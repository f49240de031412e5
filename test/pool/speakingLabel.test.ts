import { describe, expect, it } from 'vitest';
import { speakingLabel } from '../../src/pool/speakingLabel.ts';
import { device, vdev } from './surveys.ts';

const disk = (path: string, guid: bigint, txg = 9n, comment = path) => ({
  path,
  device: device({ name: path, tree: vdev(guid), txg, more: { comment } }),
});
const speaks = (...given: ReturnType<typeof disk>[]) => speakingLabel(given)?.comment ?? null;

describe('speakingLabel', () => {
  it('is that of the root of the tree of paths where each device is a top-level vdev', () => {
    const disks = ['/1', '/2', '/3', '/4', '/5', '/6', '/7'].map((path, i) => disk(path, BigInt(10 + i)));
    const roots = disks.map((_, i) => speaks(...disks.slice(0, i + 1)));
    expect(roots).toEqual(['/1', '/1', '/2', '/2', '/2', '/4', '/4']);
  });

  it('depends on the order in which the paths are given, as the tree does', () => {
    expect(speaks(disk('/1', 10n), disk('/2', 11n))).toBe('/1');
    expect(speaks(disk('/2', 11n), disk('/1', 10n))).toBe('/2');
    expect(speaks(disk('/3', 12n), disk('/1', 10n), disk('/2', 11n))).toBe('/2');
    expect(speaks(disk('/1', 10n), disk('/3', 12n), disk('/2', 11n))).toBe('/2');
  });

  it('is the newest of the top-level vdev that is come to last', () => {
    const legs = [disk('/1', 10n, 4n), disk('/2', 11n, 9n), disk('/3', 10n, 8n)];
    // First 1, then 3, which is a leg of the same vdev, then 2.
    expect(speaks(...legs)).toBe('/2');
    expect(speaks(disk('/1', 10n, 4n), disk('/2', 10n, 8n), disk('/3', 10n, 6n))).toBe('/2');
  });

  it('is none of a device that no label of a member is on', () => {
    const spare = { path: '/2', device: device({ name: '/2', tree: vdev(7n), more: { role: 'spare' } }) };
    expect(speaks(spare)).toBeNull();
    expect(speakingLabel([])).toBeNull();
    expect(speaks(disk('/1', 10n), spare, disk('/3', 11n))).toBe('/3');
  });
});
