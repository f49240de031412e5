import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/bytes/errors.ts';
import { parseNetworkSuffix, parseSlice } from '../../src/node/sourceSpec.ts';

describe('parseSlice', () => {
  it.each([
    ['a.img@0', 'a.img', 0, null],
    ['a.img@1048576+64', 'a.img', 1048576, 64],
    ['a.img@0x100000+0X40', 'a.img', 0x100000, 0x40],
    ['/dev/sda@1M+2G', '/dev/sda', 1 << 20, 2 ** 31],
    ['a@b@4K', 'a@b', 4096, null],
    ['a.img@3T', 'a.img', 3 * 2 ** 40, null],
    ['a.img@1M?root=5M', 'a.img', 1 << 20, null, 5 << 20],
    ['a.img@0+1G?root=0x500000', 'a.img', 0, 2 ** 30, 0x500000],
  ])('reads %s', (text, path, offset, length, root: number | null = null) => {
    expect(parseSlice(text)).toEqual({ path, offset, length, root });
  });

  it.each([
    'a.img',
    'a.img?root=5M',
    'user@host',
    '@5',
    'a.img@',
    'a.img@-1',
    'a.img@1.5',
    'a.img@1+',
    'a.img@1k',
    'a.img@0x',
  ])('takes %s for a path', (text) => {
    expect(parseSlice(text)).toBeNull();
  });

  it.each([
    'a.img@2M?root=1M',
    'a.img@0+1M?root=1M',
    'a.img@9007199254740992',
    'a.img@8192T',
    'a.img@0+99999999999999999999',
    'a.img@5+0',
  ])('refuses %s, naming the text', (text) => {
    expect(() => parseSlice(text)).toThrow(UsageError);
    expect(() => parseSlice(text)).toThrow(text);
  });
});

it('reads of an address a part with the map of the whole', () => {
  expect(parseNetworkSuffix('http://host/disk.img?sig=x@1M+2M#map=disk.map')).toEqual({
    address: 'http://host/disk.img?sig=x',
    slice: { offset: 1 << 20, length: 2 << 20, root: null },
    image: { snapshot: null, map: 'disk.map', shards: [] },
  });
});
