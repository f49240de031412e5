import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/source/memorySource.ts';
import { overlaid } from '../../src/source/overlaid.ts';
import { SourceError } from '../../src/source/source.ts';

const SIZE = 200;
const patch = fc
  .record({ offset: fc.nat(SIZE - 1), bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }) })
  .map(({ offset, bytes }) => ({ offset, bytes: bytes.subarray(0, SIZE - offset) }));

describe('a source with bytes laid over it', () => {
  it('reads as a copy does into which they were written in turn, and changes nothing below', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(patch, { maxLength: 6 }), fc.nat(SIZE), fc.nat(SIZE), async (patches, a, b) => {
        const below = Uint8Array.from({ length: SIZE }, (_, i) => i);
        const copy = below.slice();
        for (const { offset, bytes } of patches) copy.set(bytes, offset);
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const read = await overlaid(memorySource(below), patches).read(from, to - from);
        expect([...read]).toEqual([...copy.subarray(from, to)]);
        expect(below[7]).toBe(7);
      }),
    );
  });

  it('asks nothing of the source for what is laid over it', async () => {
    const broken = {
      ...memorySource(new Uint8Array(SIZE)),
      read: async (offset: number) => {
        throw new SourceError('EIO', 'read error', { source: 'broken', offset, path: [] });
      },
    };
    const source = overlaid(broken, [
      { offset: 10, bytes: Uint8Array.of(1, 2) },
      { offset: 12, bytes: Uint8Array.of(3, 4) },
    ]);
    expect([...(await source.read(10, 4))]).toEqual([1, 2, 3, 4]);
    await expect(source.read(9, 4)).rejects.toThrow(SourceError);
  });
});
