import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gzip } from '../../src/block/gzip.ts';
import { FormatError } from '../../src/bytes/errors.ts';
import { record } from './content.ts';

const place = { source: 'disk0.img', offset: 0x400000, path: [] };
const padded = (stream: Uint8Array, fill: number) => Uint8Array.of(...stream, ...new Uint8Array(200).fill(fill));

/** A record as real ZFS stored it with gzip-6, without its padding. */
const STORED = Uint8Array.from(
  Buffer.from(
    '789cb5cd593602000040d14a48910652864a42a64229114d426408ed7f2badc1c77ddfef9c1b0ce0421a58d04058038b1a58' +
      'd2c0b206221a58d1405403310dac6a604d03710dac6b20a181a406521a486b6043039b1ac868604b03590de434b0ad811d0d' +
      'ec6a604f03790d143450d4c0be064a1a38d0405903871a38d2c0b1062a1a38d1c0a906ce3470ae810b0d543550d3c0a506ae' +
      '3470ad81ba061a1ab8d14053032d0ddc6aa0ad813b0ddc6ba0a381070d3c6aa0ab819e06fa1a186860a881270d8c34f0ac81' +
      '170dbc6a60ac81370dbc6b60a2810f0d7c6ae04b03df1a986ae04703bf1af8d3c0ec1fef1c167e0e48',
    'hex',
  ),
);

describe('gzip', () => {
  it('gives the content of a block that ZFS wrote', () => {
    expect(gzip(STORED, 8192, place)).toEqual(record('gaps', 0));
  });

  it.each([0, 1, 0x78, 0xff])('does not look at the padding after the stream, even of bytes %i', (fill) => {
    expect(gzip(padded(STORED, fill), 8192, place)).toEqual(record('gaps', 0));
  });

  it('undoes what zlib makes of any bytes at any level', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 3000 }),
        fc.integer({ min: 0, max: 9 }),
        (content, level) => {
          const stream = deflateSync(content, { level });
          expect(gzip(padded(stream, 0), content.length, place)).toEqual(Uint8Array.from(content));
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  it('refuses a stream that gives more or fewer bytes than the block has', () => {
    expect(() => gzip(STORED, 8191, place)).toThrow('expected 8191 bytes of output, found more than 8191 bytes');
    expect(() => gzip(STORED, 8193, place)).toThrow('expected 8193 bytes of output, found 8192');
  });

  it('writes no more than the block has when a small stream stands for very much', () => {
    const bomb = deflateSync(new Uint8Array(64 * 1024 * 1024), { level: 9 });
    expect(() => gzip(bomb, 512, place)).toThrow(FormatError);
  });

  it('refuses a stream whose own checksum is wrong', () => {
    const bytes = Uint8Array.from(STORED);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    expect(() => gzip(bytes, 8192, place)).toThrow(FormatError);
  });

  it('refuses the gzip header, a cut stream and an empty one', () => {
    expect(() => gzip(gzipSync(new Uint8Array(10)), 10, place)).toThrow(FormatError);
    expect(() => gzip(STORED.subarray(0, 100), 8192, place)).toThrow(FormatError);
    expect(() => gzip(new Uint8Array(0), 8192, place)).toThrow(FormatError);
  });
});
