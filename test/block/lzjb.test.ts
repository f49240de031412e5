import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lzjb } from '../../src/block/lzjb.ts';
import { FormatError } from '../../src/bytes/errors.ts';
import { block, record } from './content.ts';
import { toLzjb } from './greedy.ts';

const place = { source: 'disk0.img', offset: 0x400000, path: [] };
const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

/** A record as real ZFS stored it. */
const STORED = block(
  '6c0100fc01684202681efc1d00b603fc446c42046c1ffc1e05fc436d6c42066c1ffc1e07fc436c4208db6c1ffc1e09fc436c' +
    '420a6c1ffc1eb60bfc436c420c6c1ffc1e0dfc436d6c420e6c1ffc1e0ffc436c4210db6c1ffc1e11fc436c42126c1ffc1eb6' +
    '13fc436c42146c1ffc1e15fc436d6c42166c1ffc1e17fc436c4218db6c1ffc1e19fc436c421a6c1ffc1eb61bfc436c421c6c' +
    '1ffc1e1dfc436d6c421e6c1ffc1e1ffc436c4220db6c1ffc1e21fc436c42226c1ffc1eb623fc436c42246c1ffc1e25fc436d' +
    '6c42266c1ffc1e27fc436c4228db6c1ffc1e29fc436c422a6c1ffc1eb62bfc436c422c6c1ffc1e2dfc436d6c422e6c1ffc1e' +
    '2ffc436c4230db6c1ffc1e31fc436c42326c1ffc1eb633fc436c42346c1ffc1e35fc436d6c42366c1ffc1e37fc436c4238db' +
    '6c1ffc1e39fc436c423a6c1ffc1eb63bfc436c423c6c1ffc1e3dfc436d6c423e6c1ffc1e3ffc436c4240db6c1ffc1e41fc43' +
    '6c42426c1ffc1eb643fc436c42446c1ffc1e45fc436d6c42466c1ffc1e47fc436c4248db6c1ffc1e49fc436c424a6c1ffc1e' +
    'b64bfc436c424c6c1ffc1e4dfc436d6c424e6c1ffc1e4ffc436c4250db6c1ffc1e51fc436c42526c1ffc1e3653fc436c4254' +
    '6c1ffc1e55',
  512,
);

describe('lzjb', () => {
  it('gives the content of a block that ZFS wrote', () => {
    expect(lzjb(STORED, 8192, place)).toEqual(record('gaps', 0));
  });

  it('does not look at the padding after the stream', () => {
    expect(lzjb(hex('00' + '41424344' + 'ffffffff'), 4, place)).toEqual(hex('41424344'));
  });

  it('repeats what a match writes when the match is longer than its distance', () => {
    expect(lzjb(hex('02' + '41' + '1001'), 8, place)).toEqual(hex('4141414141414141'));
  });

  it('cuts a last match that passes the end', () => {
    expect(lzjb(hex('02' + '41' + '1001'), 3, place)).toEqual(hex('414141'));
  });

  it('undoes what a compressor by the definition makes of any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1, 65, 255), { minLength: 1, maxLength: 700 }), (content) => {
        const bytes = Uint8Array.from(content);
        expect(lzjb(toLzjb(bytes), bytes.length, place)).toEqual(bytes);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it.each([
    ['distance 0', '02410000', 'expected 1 to 1, found 0'],
    ['a distance before the output', '02410002', 'expected 1 to 1, found 2'],
    ['an end within the literals', '0041', 'expected 8 bytes of output, found 1 when its 2 bytes end'],
    ['an end within a match', '024100', 'found 1 when its 3 bytes end'],
    ['an end before the flags', '', 'found 0 when its 0 bytes end'],
  ])('refuses %s', (_, stream, message) => {
    expect(() => lzjb(hex(stream), 8, place)).toThrow(message);
    expect(() => lzjb(hex(stream), 8, place)).toThrow(FormatError);
  });
});
