import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObjectRanges } from '../../src/locate/objectRanges.ts';

const range = fc
  .tuple(fc.bigInt(0n, 60n), fc.bigInt(0n, 20n))
  .map(([first, length]) => ({ first, last: first + length }));

describe('ranges of objects', () => {
  it('find one that holds the object wherever one does, however they overlap', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 12 }), fc.bigInt(0n, 90n), (ranges, id) => {
        const holds = ({ first, last }: (typeof ranges)[number]) => first <= id && id <= last;
        const found = new ObjectRanges(ranges).find(id);
        expect(found !== null).toBe(ranges.some(holds));
        if (found !== null) expect(holds(found)).toBe(true);
      }),
    );
  });

  it('count one within another as the other', () => {
    const [outer, inner] = [
      { first: 32n, last: 95n },
      { first: 64n, last: 95n },
    ];
    expect(new ObjectRanges([inner, outer]).find(64n)).toBe(outer);
  });
});
