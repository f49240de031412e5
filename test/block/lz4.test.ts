import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lz4 } from '../../src/block/lz4.ts';
import { FormatError } from '../../src/bytes/errors.ts';
import { block, record } from './content.ts';
import { toLz4 } from './greedy.ts';

const place = { source: 'disk0.img', offset: 0x400000, path: [] };
const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

/** A record as real ZFS stored it. */
const STORED = block(
  '000001b12f010001004c1f0260004c2f000361004d1f0461004d1f0561004d1f0661004d1f0761004d1f0861004d1f096100' +
    '4d1f0a61004d1f0b61004d1f0c61004d1f0d61004d1f0e61004d1f0f61004d1f1061004d1f1161004d1f1261004d1f136100' +
    '4d1f1461004d1f1561004d1f1661004d1f1761004d1f1861004d1f1961004d1f1a61004d1f1b61004d1f1c61004d1f1d6100' +
    '4d1f1e61004d1f1f61004d1f2061004d1f2161004d1f2261004d1f2361004d1f2461004d1f2561004d1f2661004d1f276100' +
    '4d1f2861004d1f2961004d1f2a61004d1f2b61004d1f2c61004d1f2d61004d1f2e61004d1f2f61004d1f3061004d1f316100' +
    '4d1f3261004d1f3361004d1f3461004d1f3561004d1f3661004d1f3761004d1f3861004d1f3961004d1f3a61004d1f3b6100' +
    '4d1f3c61004d1f3d61004d1f3e61004d1f3f61004d1f4061004d1f4161004d1f4261004d1f4361004d1f4461004d1f456100' +
    '4d1f4661004d1f4761004d1f4861004d1f4961004d1f4a61004d1f4b61004d1f4c61004d1f4d61004d1f4e61004d1f4f6100' +
    '4d1f5061004d1f5161004d1f5261004d1f5361004d1f5461004d1f5561001350',
  512,
);

/** A block behind its length, then padding that is no part of it. */
const stored = (sequences: string) =>
  hex(`${(sequences.length / 2).toString(16).padStart(8, '0')}${sequences}00ff00ff`);

describe('lz4', () => {
  it('gives the content of a block that ZFS wrote', () => {
    expect(lz4(STORED, 8192, place)).toEqual(record('gaps', 0));
  });

  it('does not look at the padding after the stored length', () => {
    expect(lz4(stored('40' + '41424344'), 4, place)).toEqual(hex('41424344'));
  });

  it.each([1, 2, 3, 31, 32, 33, 63])('repeats what a match writes, distance %i', (distance) => {
    const start = Uint8Array.from({ length: distance }, (_, i) => i + 1);
    const expected = Uint8Array.from({ length: distance + 100 + 5 }, (_, i) =>
      i < distance + 100 ? (i % distance) + 1 : 9,
    );
    const literals = distance < 15 ? hex(((distance << 4) | 15).toString(16)) : Uint8Array.of(0xff, distance - 15);
    const sequences = Uint8Array.of(...literals, ...start, distance, 0, 100 - 4 - 15, 0x50, 9, 9, 9, 9, 9);
    const bytes = Uint8Array.of(0, 0, 0, sequences.length, ...sequences);
    expect(lz4(bytes, expected.length, place)).toEqual(expected);
  });

  it('undoes what a compressor by the definition makes of any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1, 65, 255), { minLength: 1, maxLength: 700 }), (content) => {
        const bytes = Uint8Array.from(content);
        expect(lz4(toLz4(bytes), bytes.length, place)).toEqual(bytes);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it.each([
    ['a block shorter than its length field', hex('000000'), 'lz4 length field: expected 4 bytes, found 3'],
    ['a length past the block', hex('0000000340'), 'lz4 length field: expected at most 1 bytes, found 3'],
    ['a length of 2^32 - 1', hex('ffffffff4041'), 'expected at most 2 bytes, found 4294967295'],
    ['an empty block', stored(''), 'its end after a match'],
    ['distance 0', stored('10' + '41' + '0000' + '40' + '41424344'), 'lz4 distance: expected 1 to 1, found 0'],
    ['a distance before the output', stored('10' + '41' + '0200'), 'lz4 distance: expected 1 to 1, found 2'],
    ['an end within the distance', stored('10' + '41' + '01'), 'lz4 distance: expected 2 bytes, found 1'],
    ['literals past the input', stored('40' + '4142'), 'lz4 literals: expected at most 2 bytes, found 4'],
    ['literals past the output', stored(`90${'41'.repeat(9)}`), 'lz4 literals: expected at most 8 bytes, found 9'],
    ['a match past the output', stored('14' + '41' + '0100'), 'lz4 match: expected an end at or before 3, found 9'],
    ['a match that ends the output', stored('13' + '41' + '0100' + '00'), 'expected an end at or before 3, found 8'],
    ['fewer bytes than wanted', stored('40' + '41424344'), 'lz4 block: expected 8 bytes of output, found 4'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => lz4(bytes, 8, place)).toThrow(message);
    expect(() => lz4(bytes, 8, place)).toThrow(FormatError);
  });

  it.each([
    ['literal', stored('f0ffff'), 'lz4 literal length: expected an end within 3 bytes, found none'],
    ['match', stored('1f410100ff'), 'lz4 match length: expected an end within 5 bytes, found none'],
  ])('refuses a %s length without end', (_, bytes, message) => {
    expect(() => lz4(bytes, 100_000, place)).toThrow(message);
  });

  it('refuses an end after a match', () => {
    expect(() => lz4(stored('10410100'), 100, place)).toThrow('its end after a match');
  });

  it('stops adding up a length that fits in no output', () => {
    const bytes = new Uint8Array(4 + 1024 * 1024).fill(0xff);
    bytes.set([0, 0x10, 0, 0]);
    expect(() => lz4(bytes, 1000, place)).toThrow('lz4 literals: expected at most 1000 bytes, found 1035');
  });
});
