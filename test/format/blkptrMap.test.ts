import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Blkptr } from '../../src/format/blkptr.ts';
import { BlkptrMap } from '../../src/format/blkptrMap.ts';

const PLACE = { source: 'test', offset: 0, path: [] };
const pointer = (bytes: Uint8Array, littleEndian = true) => new Blkptr(bytes, littleEndian, PLACE);
const POINTER = fc.uint8Array({ minLength: 128, maxLength: 128 });

describe('BlkptrMap', () => {
  it('tells pointers apart by every single byte and by their byte order', () => {
    fc.assert(
      fc.property(POINTER, fc.nat(127), fc.integer({ min: 1, max: 255 }), (bytes, at, flip) => {
        const map = new BlkptrMap<string>();
        map.set(pointer(bytes), 'first');
        const other = bytes.slice();
        other[at] = (other[at] ?? 0) ^ flip;
        expect(map.get(pointer(other))).toBeUndefined();
        expect(map.get(pointer(bytes, false))).toBeUndefined();
        expect(map.get(pointer(bytes.slice()))).toBe('first');
      }),
    );
  });

  it('keeps what it was given when the block that the pointer stood in changes', () => {
    const bytes = Uint8Array.from({ length: 128 }, (_, i) => i);
    const map = new BlkptrMap<number>();
    map.set(pointer(bytes), 1);
    const before = bytes.slice();
    bytes.fill(0);
    expect(map.get(pointer(before))).toBe(1);
    expect(map.get(pointer(bytes))).toBeUndefined();
  });

  it('gives the oldest first, and counts what was used as young', () => {
    const [a, b, c] = [1, 2, 3].map((byte) => pointer(new Uint8Array(128).fill(byte)));
    if (a === undefined || b === undefined || c === undefined) throw new Error('three were made');
    const map = new BlkptrMap<string>();
    for (const [bp, name] of [
      [a, 'a'],
      [b, 'b'],
      [c, 'c'],
    ] as const)
      expect(map.set(bp, name)).toBeUndefined();
    expect(map.use(a)).toBe('a');
    expect(map.set(b, 'B')).toBe('b');
    expect(map.size).toBe(3);
    expect([map.shift(), map.shift(), map.shift(), map.shift()]).toEqual(['c', 'a', 'B', undefined]);
    map.set(a, 'again');
    map.delete(b);
    map.delete(a);
    expect(map.size).toBe(0);
  });
});
