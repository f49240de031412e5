import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LentMemory } from '../../src/pool/lentMemory.ts';

const MIB = 1024 * 1024;

it('lends what is long enough and nobody else has, and again what was given back', () => {
  const sizes = fc.array(fc.record({ size: fc.integer({ min: 0, max: 3 * MIB }), back: fc.nat(3) }), { maxLength: 60 });
  fc.assert(
    fc.property(sizes, (steps) => {
      const memory = new LentMemory();
      const lent: Uint8Array[] = [];
      for (const { size, back } of steps) {
        const piece = memory.lend(size);
        expect(piece.length).toBeGreaterThanOrEqual(size);
        expect(piece.length).toBeLessThanOrEqual(Math.max(size, 64 * 1024) * 8);
        expect(lent.includes(piece)).toBe(false);
        lent.push(piece);
        for (const each of lent.splice(0, back)) memory.giveBack(each);
      }
    }),
    { numRuns: 50 },
  );
});

it('makes nothing new for who borrows the same sizes again and again', () => {
  const memory = new LentMemory();
  const seen = new Set<Uint8Array>();
  for (let round = 0; round < 20; round++) {
    const lent = [40_000, 300_000, 131_072, 900_000, 40_000].map((size) => memory.lend(size));
    for (const piece of lent) seen.add(piece);
    for (const piece of lent) memory.giveBack(piece);
  }
  expect(seen.size).toBe(5);
});

it('keeps no more than 40 MiB that nobody borrows', () => {
  const memory = new LentMemory();
  const lent = Array.from({ length: 20 }, () => memory.lend(4 * MIB));
  for (const piece of lent) memory.giveBack(piece);
  const again = Array.from({ length: 20 }, () => memory.lend(4 * MIB));
  expect(again.filter((piece) => lent.includes(piece))).toHaveLength(10);
});
