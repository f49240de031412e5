import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, LimitError, ZfsUberError } from '../../src/bytes/errors.ts';
import type { NvList, NvPair } from '../../src/format/nvlist.ts';
import { decodeNvlist, decodeWholeNvlist } from '../../src/format/nvlistStream.ts';
import { arbitraryNvlist } from '../tools/arbitraryNvlist.ts';
import { encodeNative, encodeXdr, pair, u64 } from '../tools/nvlistEncode.ts';

const place = { source: 'disk0.img', offset: 0x4000, path: ['label 0', 'config'] };

const ENCODINGS: readonly [string, (list: NvList) => Uint8Array][] = [
  ['XDR', encodeXdr],
  ['native little-endian', (each) => encodeNative(each, true)],
  ['native big-endian', (each) => encodeNative(each, false)],
];

describe.each(ENCODINGS)('an nvlist in %s', (_, encode) => {
  it('comes back with every type, order, nesting and repeated name', () => {
    fc.assert(
      fc.property(arbitraryNvlist, (each) => {
        const bytes = encode(each);
        expect(decodeNvlist(bytes, place)).toEqual({ nvlist: each, trouble: null, length: bytes.length });
      }),
    );
  });

  it('is the same whatever stands behind the bytes that it says it was decoded from', () => {
    const bytes = fc.uint8Array({ maxLength: 64 });
    fc.assert(
      fc.property(arbitraryNvlist, bytes, (each, behind) => {
        const packed = encode(each);
        const { nvlist, length } = decodeNvlist(Uint8Array.of(...packed, ...behind), place);
        expect({ nvlist, length }).toEqual({ nvlist: each, length: packed.length });
      }),
    );
  });

  it('keeps a type that is not known as its bytes, goes on behind it, and says that OpenZFS refuses it', () => {
    const pairs: NvPair[] = [
      u64('before', 1),
      { name: 'new', type: 'unknown', value: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
      u64('after', 2),
    ];
    const { nvlist, trouble } = decodeNvlist(encode({ pairs }), place);
    expect(nvlist).toEqual({ pairs });
    expect(trouble?.message).toMatch(/new: pair type: expected one that the kernel module knows, found 99$/);
  });

  it('reads floating point, which the kernel module has not, and says that it refuses it', () => {
    const pairs = [pair('d', 'double', 1.5), u64('after', 2)];
    const { nvlist, trouble } = decodeNvlist(encode({ pairs }), place);
    expect(nvlist).toEqual({ pairs });
    expect(trouble?.message).toMatch(/d: pair type/);
    expect(() => decodeWholeNvlist(encode({ pairs }), place)).toThrow(FormatError);
  });

  it('gives the pairs before the damage, also those of the nested list it is in', () => {
    const inner = { pairs: [u64('guid', 7), pair('path', 'string', '/dev/a'), u64('lost', 9)] };
    const whole = { pairs: [u64('version', 5000), pair('vdev_tree', 'nvlist', inner), u64('end', 1)] };
    const bytes = encode(whole);
    // Cut within the last pair of the inner list.
    const cut = bytes.subarray(0, bytes.length - encode({ pairs: [u64('end', 1)] }).length);
    const { nvlist, trouble } = decodeNvlist(cut, place);
    expect(trouble).toBeInstanceOf(FormatError);
    expect(nvlist.pairs.slice(0, 2)).toEqual([
      whole.pairs[0],
      { ...whole.pairs[1], value: { pairs: expect.arrayContaining(inner.pairs.slice(0, 2)) } },
    ]);
    expect(() => decodeWholeNvlist(cut, place)).toThrow(FormatError);
  });

  it('answers every truncation with what was there', () => {
    const bytes = encode({
      pairs: [
        u64('a', 1),
        pair('b', 'string_array', ['x', 'yz']),
        pair('c', 'nvlist_array', [{ pairs: [u64('d', 2)] }]),
      ],
    });
    for (let length = 0; length < bytes.length - 4; length++) {
      expect(decodeNvlist(bytes.subarray(0, length), place).trouble).toBeInstanceOf(FormatError);
    }
  });

  it('answers any bytes in the end with pairs, an error or both', () => {
    const flip = fc.record({ at: fc.nat(), value: fc.nat(255) });
    fc.assert(
      fc.property(arbitraryNvlist, fc.array(flip, { minLength: 1, maxLength: 4 }), (each, flips) => {
        const bytes = encode(each);
        for (const { at, value } of flips) bytes[4 + (at % (bytes.length - 4))] = value;
        const { trouble } = decodeNvlist(bytes, place);
        expect(trouble === null || trouble instanceof ZfsUberError).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('stops at a nesting that ZFS itself would not follow', () => {
    let deep: NvList = { pairs: [] };
    for (let i = 0; i < 120; i++) deep = { pairs: [pair('n', 'nvlist', deep)] };
    const { trouble } = decodeNvlist(encode(deep), place);
    expect(trouble).toBeInstanceOf(LimitError);
    expect(trouble?.message).toContain('disk0.img @ ');
  });
});

describe('an XDR nvlist made to exhaust its reader', () => {
  it.each([
    ['byte_array', 10],
    ['uint64_array', 16],
    ['string_array', 17],
    ['nvlist_array', 20],
  ] as const)('that claims a %s of 2^31 - 1 elements is refused by its bounds', (type, number) => {
    const bytes = encodeXdr({ pairs: [pair('path', 'string', 'x'), pair('abcd', 'uint64_array', [1n, 2n])] });
    const view = new DataView(bytes.buffer);
    const at = bytes.length - 8 - 16 - 12;
    expect(view.getInt32(at)).toBe(16);
    view.setInt32(at, number);
    view.setInt32(at + 4, 0x7fffffff);
    view.setUint32(at + 8, 0x7fffffff);
    const { nvlist, trouble } = decodeNvlist(bytes, place);
    expect(trouble).toMatchObject({ code: 'format-bounds' });
    expect(nvlist.pairs[0]).toEqual(pair('path', 'string', 'x'));
    expect(type.endsWith('_array')).toBe(true);
  });

  it('that nests 10,000 deep ends in a LimitError', () => {
    const levels: number[] = [];
    for (let i = 0; i < 10_000; i++) {
      // One pair a level that holds the next: its size is not looked at before the nested list is read.
      levels.push(0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 64, 0, 0, 0, 1, 0x61, 0, 0, 0, 0, 0, 0, 19, 0, 0, 0, 1);
    }
    const bytes = Uint8Array.from([1, 1, 0, 0, ...levels]);
    expect(decodeNvlist(bytes, place).trouble).toBeInstanceOf(LimitError);
  });

  it('that claims a pair of an unknown type of 4 GiB is refused where it says so', () => {
    const bytes = encodeXdr({ pairs: [{ name: 'a', type: 'unknown', value: new Uint8Array(8) }] });
    new DataView(bytes.buffer).setUint32(12, 0xfffffffc);
    expect(decodeNvlist(bytes, place).trouble?.message).toContain('pair type');
    expect(decodeNvlist(bytes, place).nvlist.pairs).toEqual([]);
  });

  it('whose array claims another count than its pair is refused', () => {
    const bytes = encodeXdr({ pairs: [pair('a', 'uint32_array', [1])] });
    const own = bytes.length - 8 - 8;
    expect(new DataView(bytes.buffer).getUint32(own)).toBe(1);
    new DataView(bytes.buffer).setUint32(own, 3);
    expect(decodeNvlist(bytes, place).trouble?.message).toContain('array count: expected 1, as the pair says, found 3');
  });
});

describe('text in an nvlist', () => {
  it('that is no UTF-8 is kept a character a byte; control characters stay for the caller to escape', () => {
    const bytes = encodeXdr({ pairs: [pair('name', 'string', 'ab\x1b[2Jxx')] });
    bytes[bytes.indexOf(0x61, 30)] = 0xff;
    expect(decodeNvlist(bytes, place).nvlist.pairs).toEqual([pair('name', 'string', '\xffb\x1b[2Jxx')]);
  });
});

/** Offsets of the size of the first pair in the stream and in memory, behind header, version and flags. */
const [STREAM_SIZE, MEMORY_SIZE] = [12, 16];

describe('what OpenZFS refuses a whole list for, though it can be read', () => {
  it('is a size in memory that is not the one of the pair, of whatever type', () => {
    const other = fc.integer({ min: 1, max: 1 << 20 });
    const first = arbitraryNvlist.filter(({ pairs }) => pairs.length > 0);
    fc.assert(
      fc.property(first, other, (list, size) => {
        const bytes = encodeXdr(list);
        const view = new DataView(bytes.buffer);
        fc.pre(view.getUint32(MEMORY_SIZE) !== size);
        view.setUint32(MEMORY_SIZE, size);
        const { nvlist, trouble } = decodeNvlist(bytes, place);
        expect(nvlist).toEqual(list);
        expect(trouble?.message).toContain('size of the pair in memory');
        expect(() => decodeWholeNvlist(bytes, place)).toThrow(FormatError);
      }),
    );
  });

  it('is no size in the stream, at which it does not look', () => {
    const bytes = encodeXdr({ pairs: [u64('a', 1), u64('b', 2)] });
    new DataView(bytes.buffer).setUint32(STREAM_SIZE, 4);
    expect(decodeNvlist(bytes, place)).toMatchObject({ nvlist: { pairs: [u64('a', 1), u64('b', 2)] }, trouble: null });
  });

  it('is no version of a list in XDR', () => {
    const bytes = encodeXdr({ pairs: [u64('a', 1)] });
    bytes[7] = 1;
    expect(decodeNvlist(bytes, place).trouble).toBeNull();
  });

  it.each<readonly [what: string, made: NvPair, fromEnd: number, byte: number, message: string]>([
    ['padding that is not zero', pair('a', 'string', 'x'), 1, 7, 'padding of string: expected zeros, found 7'],
    ['a byte above 255', pair('a', 'uint8', 1), 3, 1, 'less than 256'],
    ['a short above 65535', pair('a', 'int16', 1), 4, 0xff, 'less than 65536'],
    ['a boolean that is neither', pair('a', 'boolean_value', true), 1, 2, 'boolean: expected 0 or 1, found 2'],
    ['a NUL in a text', pair('a', 'string', 'xyzw'), 2, 0, 'no NUL in it'],
  ])('is %s', (_, made, fromEnd, byte, message) => {
    const bytes = encodeXdr({ pairs: [made, u64('after', 1)] });
    const tail = encodeXdr({ pairs: [u64('after', 1)] }).length - STREAM_SIZE;
    bytes[bytes.length - tail - fromEnd] = byte;
    const { nvlist, trouble } = decodeNvlist(bytes, place);
    expect(trouble?.message).toContain(message);
    expect(nvlist.pairs[1]).toEqual(u64('after', 1));
  });

  const native = (list: NvList) => encodeNative(list, true);
  /** Offsets in the first pair of the native form. */
  const [PAIR, COUNT, VALUE] = [12, 20, 36];

  it.each<readonly [what: string, made: NvPair, at: number, value: number, message: string]>([
    [
      'a size of a pair with room to spare',
      pair('a', 'byte_array', Uint8Array.of(1)),
      COUNT,
      0,
      'pair size: expected 24, found 32',
    ],
    ['a count of what has no value', pair('abcdefg', 'boolean', true), COUNT, 1, 'pair element count: expected 0'],
    ['a boolean that is neither', pair('abcdefg', 'boolean_value', true), VALUE, 2, 'boolean: expected 0 or 1'],
    ['a version of a nested list', pair('abcdefg', 'nvlist', { pairs: [] }), VALUE, 1, 'nvlist version: expected 0'],
  ])('is %s in the native form', (_, made, at, value, message) => {
    const bytes = native({ pairs: [made, u64('after', 1)] });
    new DataView(bytes.buffer).setInt32(at, value, true);
    const { nvlist, trouble } = decodeNvlist(bytes, place);
    expect(trouble?.message).toContain(message);
    expect(nvlist.pairs[1]).toEqual(u64('after', 1));
  });

  it('is a NUL within a name in the native form', () => {
    const bytes = native({ pairs: [pair('abcdefg', 'boolean', true)] });
    bytes[PAIR + 16 + 3] = 0;
    expect(decodeNvlist(bytes, place).trouble?.message).toContain('a NUL at its end and none before');
  });
});

it('an encoding that is neither XDR nor native is named', () => {
  expect(decodeNvlist(Uint8Array.of(7, 1, 0, 0, 0, 0, 0, 0), place).trouble?.message).toBe(
    'disk0.img @ 0x4000 label 0 > config: nvlist encoding: expected 1 (XDR) or 0 (native), found 7',
  );
});
