import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitField } from '../../src/bytes/bits.ts';
import { layout, raw, read, u8, u16, u32, u64, words } from '../../src/bytes/struct.ts';

const place = { source: 'disk0.img', offset: 0x4000, path: ['label 0'] };

describe('a structure table', () => {
  const table = layout('sample', 40, { a: u8(0), b: u16(2), c: u32(4), d: u64(8), e: words(16, 2), f: raw(32, 4) });

  it('reads every field in the byte order that is asked for', () => {
    const bytes = Uint8Array.from({ length: 40 }, (_, i) => i);
    expect(read(table, bytes, true, place)).toEqual({
      a: 0,
      b: 0x0302,
      c: 0x07060504,
      d: 0x0f0e0d0c0b0a0908n,
      e: [0x1716151413121110n, 0x1f1e1d1c1b1a1918n],
      f: Uint8Array.of(32, 33, 34, 35),
    });
    expect(read(table, bytes, false, place)).toMatchObject({ b: 0x0203, c: 0x04050607, d: 0x08090a0b0c0d0e0fn });
  });

  it('reads at the start of a view into a larger buffer', () => {
    const bytes = Uint8Array.from({ length: 60 }, (_, i) => i);
    expect(read(table, bytes.subarray(13), true, place).a).toBe(13);
  });

  it('answers every shorter buffer with a FormatError that names the structure', () => {
    for (let length = 0; length < 40; length++) {
      expect(() => read(table, new Uint8Array(length), true, place)).toThrow(
        `disk0.img @ 0x4000 label 0: sample: expected 40 bytes, found ${length} bytes`,
      );
    }
  });

  it('refuses a table whose fields overlap or pass its end', () => {
    expect(() => layout('x', 16, { a: u64(0), b: u64(4) })).toThrow('overlaps');
    expect(() => layout('x', 12, { a: u64(8) })).toThrow('fields end at 16');
  });
});

describe('bitField', () => {
  it('takes any field of a word apart, up to bit 63', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), fc.integer({ min: 0, max: 63 }), (word, low) => {
        const bits = word.toString(2).padStart(64, '0');
        for (const width of [1, 64 - low]) {
          expect(bitField(low, width)(word)).toBe(BigInt(`0b${bits.slice(64 - low - width, 64 - low)}`));
        }
      }),
    );
  });
});
