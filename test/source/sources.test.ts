import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/bytes/errors.ts';
import { crc32 } from '../../src/source/crc32.ts';
import { memorySource } from '../../src/source/memorySource.ts';
import { SourceError, slice } from '../../src/source/source.ts';

describe('memorySource', () => {
  it('gives copies, so that what a caller does to them stays with the caller', async () => {
    const source = memorySource(Uint8Array.of(1, 2, 3));
    (await source.read(0, 3)).fill(9);
    expect([...(await source.read(1, 2))]).toEqual([2, 3]);
  });

  it.each([
    [3, 1],
    [0, 4],
    [-1, 1],
    [0, -1],
    [Number.NaN, 1],
  ])('refuses %d+%d of 3 bytes', async (offset, length) => {
    await expect(memorySource(new Uint8Array(3)).read(offset, length)).rejects.toThrow(SourceError);
  });
});

describe('slice', () => {
  it('of a slice gives the bytes that one slice would give', async () => {
    const bytes = Uint8Array.from({ length: 200 }, (_, i) => i);
    const range = fc.tuple(fc.nat(200), fc.nat(200), fc.nat(200), fc.nat(200), fc.nat(200), fc.nat(200));
    await fc.assert(
      fc.asyncProperty(range, async ([a, b, c, d, e, f]) => {
        const outer = a % 201;
        const outerLength = b % (201 - outer);
        const inner = c % (outerLength + 1);
        const innerLength = d % (outerLength + 1 - inner);
        const at = e % (innerLength + 1);
        const length = f % (innerLength + 1 - at);
        const nested = slice(slice(memorySource(bytes), outer, outerLength), inner, innerLength);
        const direct = slice(memorySource(bytes), outer + inner, innerLength);
        const read = await nested.read(at, length);
        expect(read).toEqual(await direct.read(at, length));
        expect(read).toEqual(bytes.slice(outer + inner + at, outer + inner + at + length));
      }),
    );
  });

  it('reads nothing outside its window', async () => {
    const window = slice(memorySource(new Uint8Array(100)), 10, 20);
    await expect(window.read(19, 2)).rejects.toThrow('wanted 19+2 of 20 bytes');
    expect(() => slice(window, 10, 11)).toThrow(FormatError);
  });
});

describe('crc32', () => {
  it('gives the published check value for the nine digits', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  });
});
