import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bitField } from '../../src/bytes/bits.ts';

const RANGE = fc
  .tuple(fc.integer({ min: 0, max: 63 }), fc.integer({ min: 1, max: 53 }))
  .map(([low, width]) => [low, Math.min(width, 64 - low)] as const);

it('gives a field of any place and width of a word as a number, whatever the byte order and where the word stands', () => {
  fc.assert(
    fc.property(
      RANGE,
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.boolean(),
      ([low, width], word, littleEndian) => {
        const view = new DataView(new ArrayBuffer(24));
        view.setBigUint64(8, word, littleEndian);
        const field = bitField(low, width);
        expect(field.number(view, 8, littleEndian)).toBe(Number(field(word)));
      },
    ),
  );
});

it('loses only the last bits of a field above 2^53', () => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, 2n ** 64n - 1n, true);
  expect(bitField(0, 55).number(view, 0, true)).toBe(2 ** 55);
  expect(bitField(0, 64).number(view, 0, true)).toBe(2 ** 64);
  expect(bitField(63, 1).number(view, 0, true)).toBe(1);
  expect(bitField(32, 32).number(view, 0, true)).toBe(2 ** 32 - 1);
});

it('puts a value where it is read from', () => {
  fc.assert(
    fc.property(RANGE, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), ([low, width], value) => {
      const field = bitField(low, width);
      expect(field(field.put(value))).toBe(BigInt.asUintN(width, value));
    }),
  );
});
