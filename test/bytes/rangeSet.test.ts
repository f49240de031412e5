import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeSet } from '../../src/bytes/rangeSet.ts';

describe('RangeSet', () => {
  const step = fc.record({ add: fc.boolean(), start: fc.nat(200), length: fc.integer({ min: 1, max: 60 }) });

  it('holds what a plain set of numbers holds, in ranges that do not touch', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const ranges = new RangeSet();
        const plain = new Set<number>();
        for (const { add, start, length } of steps) {
          const numbers = Array.from({ length }, (_, i) => start + i);
          const contradicting = numbers.filter((n) => plain.has(n) === add).length;
          for (const n of numbers) add ? plain.add(n) : plain.delete(n);
          const said = add ? ranges.add(start, start + length) : ranges.remove(start, start + length);
          expect(said).toBe(contradicting);
        }
        const all = [...ranges.ranges()];
        expect(all.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i))).toEqual(
          [...plain].sort((a, b) => a - b),
        );
        expect(ranges.total).toBe(plain.size);
        for (const [i, { start }] of all.entries()) expect(start).toBeGreaterThan(all[i - 1]?.end ?? -1);
      }),
    );
  });
});
