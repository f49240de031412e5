import { describe, expect, it } from 'vitest';
import { alignedSize, labelOffset, slotSizeOf } from '../../src/format/label.ts';
import { decodeLabelConfig } from '../../src/format/labelConfig.ts';
import type { NvList, NvPair } from '../../src/format/nvlist.ts';
import { decodeVdevConfig } from '../../src/format/vdevConfig.ts';
import { pair, u64 } from '../tools/nvlistEncode.ts';

const list = (...pairs: NvPair[]): NvList => ({ pairs });
const tree = (...pairs: NvPair[]) => pair('vdev_tree', 'nvlist', list(pair('type', 'string', 'file'), ...pairs));

describe('places of labels', () => {
  it('are two in front and two at the end of the size rounded down to 256 KiB', () => {
    const aligned = alignedSize(64 * 1024 * 1024 + 262143);
    expect([0, 1, 2, 3].map((index) => labelOffset(aligned, index))).toEqual([0, 262144, 66584576, 66846720]);
  });

  it.each([
    [null, null],
    [0, null],
    [8, null],
    [9, 1024],
    [10, 1024],
    [11, 2048],
    [12, 4096],
    [13, 8192],
    [16, 8192],
    [17, null],
    [255, null],
    [2 ** 53, null],
  ])('ashift %s makes slots of %s bytes', (ashift, slotSize) => {
    expect(slotSizeOf(ashift)).toBe(slotSize);
  });
});

describe('the role of a device', () => {
  it.each([
    ['member', list(u64('state', 0), u64('txg', 4))],
    ['log', list(u64('state', 0), u64('txg', 4), u64('is_log', 1))],
    ['log', list(u64('state', 0), u64('txg', 4), tree(u64('is_log', 1)))],
    ['member', list(u64('state', 1), u64('txg', 4), tree(u64('is_log', 0)))],
    ['spare', list(u64('state', 3), u64('guid', 7))],
    ['cache', list(u64('state', 4), u64('guid', 7), u64('ashift', 12))],
    ['split', list(u64('state', 0), u64('txg', 4), u64('split_guid', 9))],
    ['uninitialised', list(u64('state', 0), u64('txg', 0), u64('create_txg', 9))],
    ['uninitialised', list(u64('state', 0))],
  ] as const)('is %s', (role, nvlist) => {
    expect(decodeLabelConfig(nvlist).role).toBe(role);
  });

  it('is told by the state as far as states are written to disk', () => {
    const states = [0, 1, 2, 3, 4, 5, 2 ** 40].map((state) => decodeLabelConfig(list(u64('state', state))).state);
    expect(states).toEqual(['active', 'exported', 'destroyed', 'spare', 'l2cache', 'unknown', 'unknown']);
  });
});

describe('a config nvlist', () => {
  it('is typed, with the vdev tree below it', () => {
    const leaf = list(pair('type', 'string', 'disk'), u64('guid', 3), u64('whole_disk', 1), u64('DTL', 77));
    const config = decodeLabelConfig(
      list(
        pair('name', 'string', 'tank'),
        u64('pool_guid', 2n ** 64n - 1n),
        u64('vdev_children', 3),
        pair('hole_array', 'uint64_array', [1n]),
        pair('features_for_read', 'nvlist', list(pair('com.delphix:hole_birth', 'boolean', true))),
        tree(
          u64('ashift', 12),
          u64('nparity', 2),
          pair('raidz_expanding', 'boolean', true),
          pair('raidz_expand_txgs', 'uint64_array', [72n, 90n]),
          pair('children', 'nvlist_array', [leaf]),
        ),
      ),
    );
    expect(config).toMatchObject({
      name: 'tank',
      poolGuid: 2n ** 64n - 1n,
      vdevChildren: 3,
      holeArray: [1],
      featuresForRead: ['com.delphix:hole_birth'],
      vdevTree: {
        ashift: 12,
        nparity: 2,
        raidzExpanding: true,
        raidzExpandTxgs: [72n, 90n],
        children: [{ type: 'disk', guid: 3n, wholeDisk: true, dtl: 77n, offline: false, children: [] }],
      },
    });
  });

  it('with keys of another type than theirs gives null for them', () => {
    const config = decodeLabelConfig(
      list(
        pair('name', 'uint64', 5n),
        pair('txg', 'string', '4'),
        pair('vdev_tree', 'string', 'x'),
        pair('state', 'int64', 1n),
      ),
    );
    expect(config).toMatchObject({ name: null, txg: null, vdevTree: null, state: 'unknown', featuresForRead: null });
  });

  it('keeps dRAID and indirect vdevs apart from plain ones', () => {
    expect(decodeVdevConfig(list()).draid).toBeNull();
    const draid = [u64('draid_ndata', 4), u64('draid_nspares', 1), u64('draid_ngroups', 8)];
    expect(decodeVdevConfig(list(...draid)).draid).toEqual({ ndata: 4, nspares: 1, ngroups: 8, nchildren: null });
    const indirect = [u64('com.delphix:indirect_object', 60), u64('com.delphix:indirect_births', 61)];
    expect(decodeVdevConfig(list(...indirect)).indirect).toEqual({ object: 60n, births: 61n, previous: null });
  });

  it('cuts a tree that no pool has instead of following it', () => {
    let nvlist = list(pair('type', 'string', 'disk'));
    for (let i = 0; i < 90; i++)
      nvlist = list(pair('type', 'string', 'mirror'), pair('children', 'nvlist_array', [nvlist]));
    let depth = 0;
    for (let vdev = decodeVdevConfig(nvlist); vdev.children[0] !== undefined; vdev = vdev.children[0]) depth++;
    expect(depth).toBe(63);
    const legs = Array.from({ length: 20_000 }, () => list());
    expect(decodeVdevConfig(list(pair('children', 'nvlist_array', legs))).children).toHaveLength(16_384);
  });

  it('caps what is only a number in name', () => {
    expect(decodeVdevConfig(list(u64('ashift', 2n ** 64n - 1n))).ashift).toBe(2 ** 53);
  });
});
