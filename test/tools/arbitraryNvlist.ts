import fc from 'fast-check';
import type { NvList, NvPair, NvType, NvValue } from '../../src/format/nvlist.ts';

const signed = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const unsigned = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const text = fc.string({ maxLength: 12, unit: 'grapheme' }).filter((each) => !/[\0\ufffd\ufeff]/.test(each));
const many = <T>(element: fc.Arbitrary<T>) => fc.array(element, { maxLength: 5 });

const FLAT: { readonly [K in NvType]?: fc.Arbitrary<NvValue> } = {
  boolean: fc.constant(true),
  byte: unsigned(8),
  int8: signed(8),
  uint8: unsigned(8),
  int16: signed(16),
  uint16: unsigned(16),
  int32: signed(32),
  uint32: unsigned(32),
  int64,
  uint64,
  hrtime: int64,
  boolean_value: fc.boolean(),
  string: text,
  byte_array: fc.uint8Array({ maxLength: 9 }),
  boolean_array: many(fc.boolean()),
  int8_array: many(signed(8)),
  uint8_array: many(unsigned(8)),
  int16_array: many(signed(16)),
  uint16_array: many(unsigned(16)),
  int32_array: many(signed(32)),
  uint32_array: many(unsigned(32)),
  int64_array: many(int64),
  uint64_array: many(uint64),
  string_array: many(text),
};

/** Lists of all types but double, which no kernel module takes, nested. Names and texts have no NUL, which would end them, and nothing that decodes to something else. */
export const { list: arbitraryNvlist } = fc.letrec<{ list: NvList; pair: NvPair }>((tie) => ({
  list: fc.record({ pairs: fc.array(tie('pair'), { maxLength: 6 }) }),
  pair: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    ...Object.entries(FLAT).map(([type, value]) =>
      fc.record({ name: text, type: fc.constant(type as NvType), value: value ?? fc.constant(true) }),
    ),
    fc.record({ name: text, type: fc.constant('nvlist' as const), value: tie('list') }),
    fc.record({ name: text, type: fc.constant('nvlist_array' as const), value: many(tie('list')) }),
  ),
}));
