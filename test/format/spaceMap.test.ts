import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeSpaceMapHeader,
  eachSpaceMapEntry,
  type SpaceMapPosition,
  spaceMapEntries,
} from '../../src/format/spaceMap.ts';

const place = { source: 'disk0.img', offset: 0, path: ['MOS', 'object 9'] };

function words(...values: bigint[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setBigUint64(i * 8, value, true);
  return bytes;
}

const decode = (bytes: Uint8Array, position: SpaceMapPosition = { txg: null }) => [
  ...spaceMapEntries(bytes, true, position, place),
];

describe('spaceMapEntries', () => {
  it('reads entries of one word, with the txg of the debug word before them', () => {
    const debug = (2n << 62n) | (1n << 50n) | 77n;
    expect(decode(words((5n << 16n) | 3n, debug, (6n << 16n) | (1n << 15n)))).toEqual([
      { kind: 'alloc', offset: 5n, run: 4n, vdev: null, txg: null },
      { kind: 'free', offset: 6n, run: 1n, vdev: null, txg: 77n },
    ]);
  });

  it('reads entries of two words with every bit of vdev, run and offset', () => {
    const first = (3n << 62n) | (((1n << 36n) - 1n) << 24n) | 0xffffffn;
    expect(decode(words(first, (1n << 63n) | ((1n << 63n) - 1n)))).toEqual([
      { kind: 'free', offset: (1n << 63n) - 1n, run: 1n << 36n, vdev: 0xffffff, txg: null },
    ]);
  });

  it('takes padding for nothing, and keeps the txg over the end of a block', () => {
    const position = { txg: null };
    expect(decode(words((2n << 62n) | 9n, 2n << 62n), position)).toEqual([]);
    expect(decode(words(0n), position)[0]?.txg).toBe(9n);
  });

  it('refuses an entry that is cut in two', () => {
    expect(() => decode(words(3n << 62n))).toThrow('space map entry: expected a second word');
  });
});

describe('eachSpaceMapEntry', () => {
  const each = (bytes: Uint8Array, littleEndian: boolean): unknown[] => {
    const found: unknown[] = [];
    eachSpaceMapEntry(
      bytes,
      littleEndian,
      place,
      (kind, offset, run, vdev) => found.push({ kind, offset, run, vdev }) > 0,
    );
    return found;
  };
  const answer = (make: () => unknown): unknown => {
    try {
      return make();
    } catch (error) {
      return String(error);
    }
  };

  it('gives the entries that spaceMapEntries gives, in either byte order', () => {
    const entry = fc.tuple(fc.bigInt({ min: 0n, max: 3n }), fc.bigInt({ min: 0n, max: (1n << 62n) - 1n }));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), fc.boolean(), (parts, littleEndian) => {
        const bytes = words(...parts.map(([prefix, rest]) => (prefix << 62n) | rest));
        const whole = answer(() =>
          [...spaceMapEntries(bytes, littleEndian, { txg: null }, place)].map(({ kind, offset, run, vdev }) => ({
            ...{ kind, offset: Number(offset), run: Number(run), vdev: vdev ?? -1 },
          })),
        );
        const exact = (entries: unknown): unknown => JSON.stringify(entries);
        expect(exact(answer(() => each(bytes, littleEndian)))).toBe(exact(whole));
      }),
    );
  });

  it('ends where it is told to', () => {
    let met = 0;
    const all = eachSpaceMapEntry(words(1n << 16n, 2n << 16n), true, place, () => ++met < 1);
    expect([met, all]).toEqual([1, false]);
  });
});

it('reads the header of every version, and a count below zero', () => {
  const old = words(1n, 48n, 2n ** 64n - 512n);
  expect(decodeSpaceMapHeader(old, true, place)).toEqual({ length: 48n, allocated: -512n, histogram: null });
  const wide = new Uint8Array(320);
  wide.set(old);
  wide[64 + 31 * 8] = 5;
  expect(decodeSpaceMapHeader(wide, true, place).histogram?.at(-1)).toBe(5n);
  expect(() => decodeSpaceMapHeader(old.subarray(0, 23), true, place)).toThrow('space map header');
});
