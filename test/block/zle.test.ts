import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zle } from '../../src/block/zle.ts';
import { FormatError } from '../../src/bytes/errors.ts';
import { record } from './content.ts';
import { toZle } from './greedy.ts';

const place = { source: 'disk0.img', offset: 0x400000, path: [] };
const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

/** A record as real ZFS stored it, without its padding. */
const STORED = hex(
  '00019f00029f00039f00049f00059f00069f00079f00089f00099f000a9f000b9f000c9f000d9f000e9f000f9f00109f0011' +
    '9f00129f00139f00149f00159f00169f00179f00189f00199f001a9f001b9f001c9f001d9f001e9f001f9f00209f00219f00' +
    '229f00239f00249f00259f00269f00279f00289f00299f002a9f002b9f002c9f002d9f002e9f002f9f00309f00319f00329f' +
    '00339f00349f00359f00369f00379f00389f00399f003a9f003b9f003c9f003d9f003e9f003f9f00409f00419f00429f0043' +
    '9f00449f00459f00469f00479f00489f00499f004a9f004b9f004c9f004d9f004e9f004f9f00509f00519f00529f00539f00' +
    '549f00556a',
);

describe('zle', () => {
  it('gives the content of a block that ZFS wrote', () => {
    expect(zle(STORED, 8192, place)).toEqual(record('gaps', 0));
  });

  it('does not look at the padding after the stream', () => {
    expect(zle(hex('01' + '4142' + '40' + '0000'), 3, place)).toEqual(hex('414200'));
  });

  it('gives 192 zeros for the highest length byte', () => {
    expect(zle(hex('ff'), 192, place)).toEqual(new Uint8Array(192));
  });

  it('undoes what a compressor by the definition makes of any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 0, 0, 1, 64, 255), { minLength: 1, maxLength: 1000 }), (content) => {
        const bytes = Uint8Array.from(content);
        expect(zle(toZle(bytes), bytes.length, place)).toEqual(bytes);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it.each([
    ['zeros past the output', '48', 'found a run that ends at 9'],
    ['literals past the output', `08${'00'.repeat(9)}`, 'found a run that ends at 9'],
    ['literals past the input', '0341', 'found literals past its 2 bytes'],
    ['an end before the output is full', '0141420141', 'found literals past its 5 bytes'],
    ['no input', '', 'found 0 bytes of output when its 0 bytes end'],
  ])('refuses %s', (_, stream, message) => {
    expect(() => zle(hex(stream), 8, place)).toThrow(message);
    expect(() => zle(hex(stream), 8, place)).toThrow(FormatError);
  });
});
