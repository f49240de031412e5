import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, ZfsUberError } from '../../src/bytes/errors.ts';
import { decodeFatZap } from '../../src/format/fatZap.ts';
import { decodeMicroZap } from '../../src/format/microZap.ts';
import { zapHash } from '../../src/format/zapHash.ts';
import { decodeZapLeaf } from '../../src/format/zapLeaf.ts';
import { normaliseName } from '../../src/format/zapName.ts';

const place = { source: 'disk0.img', offset: 0, path: ['MOS', 'object 1'] };
const MICRO = (1n << 63n) + 3n;
const HEADER = (1n << 63n) + 1n;
const LEAF = 1n << 63n;

function micro(entries: readonly [string, bigint][], littleEndian = true): Uint8Array {
  const bytes = new Uint8Array(64 * (entries.length + 2));
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, MICRO, littleEndian);
  for (const [i, [name, value]] of entries.entries()) {
    view.setBigUint64(64 * (i + 1), value, littleEndian);
    bytes.set(new TextEncoder().encode(name), 64 * (i + 1) + 14);
  }
  return bytes;
}

/** A leaf of 4 KiB with one entry: name and value in chains of array chunks. */
function leaf(name: Uint8Array, value: Uint8Array, integerSize: number, littleEndian = true): Uint8Array {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, LEAF, littleEndian);
  view.setUint32(24, 0x2ab1eaf, littleEndian);
  const at = (chunk: number) => 48 + 256 + chunk * 24;
  let next = 1;
  const chain = (content: Uint8Array): number => {
    const first = next;
    for (let done = 0; done < content.length; done += 21) {
      bytes[at(next)] = 251;
      bytes.set(content.subarray(done, done + 21), at(next) + 1);
      view.setUint16(at(next) + 22, done + 21 < content.length ? next + 1 : 0xffff, littleEndian);
      next++;
    }
    return first;
  };
  bytes.set([252, integerSize], at(0));
  view.setUint16(at(0) + 4, chain(name), littleEndian);
  view.setUint16(at(0) + 6, name.length, littleEndian);
  view.setUint16(at(0) + 8, chain(value), littleEndian);
  view.setUint16(at(0) + 10, value.length / integerSize, littleEndian);
  view.setBigUint64(at(0) + 16, 0x1230000000000000n, littleEndian);
  return bytes;
}

describe('decodeMicroZap', () => {
  it.each([true, false])('lists what is in use, little-endian writer %s', (littleEndian) => {
    const block = micro(
      [
        ['a', 1n],
        ['', 0n],
        ['a name of just as many bytes as there can be 50by', 2n ** 63n],
      ],
      littleEndian,
    );
    const { entries } = decodeMicroZap(block, littleEndian, place);
    expect(entries.map(({ name, integer }) => [name, integer])).toEqual([
      ['a', 1n],
      ['a name of just as many bytes as there can be 50by', 2n ** 63n],
    ]);
  });

  it('refuses another kind of block', () => {
    expect(() => decodeMicroZap(new Uint8Array(512), true, place)).toThrow('type of a micro ZAP');
  });
});

describe('decodeZapLeaf', () => {
  it.each([
    [1, true],
    [2, true],
    [4, false],
    [8, false],
  ])('reads integers of %i bytes over several chunks, little-endian writer %s', (size, littleEndian) => {
    const value = Uint8Array.from({ length: 64 }, (_, i) => i);
    const name = new TextEncoder().encode('org.example:a-name-longer-than-one-chunk\0');
    const [entry] = decodeZapLeaf(leaf(name, value, size, littleEndian), littleEndian, false, place);
    expect(entry?.name).toBe('org.example:a-name-longer-than-one-chunk');
    expect(entry?.integerSize).toBe(size);
    expect(entry?.integers.at(-1)).toBe([63n, 0x3e3fn, 0x3c3d3e3fn, 0x38393a3b3c3d3e3fn][Math.log2(size)]);
    expect(() => entry?.integer).toThrow(FormatError);
  });

  it('reads a name that is made of words', () => {
    const words = new Uint8Array(16).fill(1);
    const bytes = leaf(words, new Uint8Array(8), 8);
    new DataView(bytes.buffer).setUint16(48 + 256 + 6, 2, true);
    expect(decodeZapLeaf(bytes, true, true, place)[0]?.keyWords).toEqual([0x0101010101010101n, 0x0101010101010101n]);
  });

  it('ends a chain of chunks that loops, at the length that the entry names', () => {
    const bytes = leaf(new TextEncoder().encode('x\0'), new Uint8Array(63).fill(9), 1);
    const view = new DataView(bytes.buffer);
    view.setUint16(48 + 256 + 3 * 24 + 22, 2, true);
    expect(decodeZapLeaf(bytes, true, false, place)[0]?.valueBytes).toEqual(new Uint8Array(63).fill(9));
    view.setUint16(48 + 256 + 10, 0xffff, true);
    expect(() => decodeZapLeaf(bytes, true, false, place)).toThrow('value of a ZAP entry: expected at most');
  });

  it('answers any damage with a FormatError or with entries', () => {
    const name = new TextEncoder().encode('name\0');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(4095), fc.nat(255)), { minLength: 1, maxLength: 20 }), (changes) => {
        const bytes = leaf(name, new Uint8Array(40), 8);
        for (const [at, value] of changes) bytes[at] = value;
        try {
          for (const entry of decodeZapLeaf(bytes, true, false, place)) void [entry.name, entry.integers, entry.text];
        } catch (error) {
          expect(error).toBeInstanceOf(ZfsUberError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('decodeFatZap', () => {
  function header(write: (view: DataView) => void = () => undefined): Uint8Array {
    const bytes = new Uint8Array(16384);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, HEADER, true);
    view.setBigUint64(8, 0x2f52ab2abn, true);
    view.setBigUint64(32, 10n, true);
    view.setBigUint64(8192, 1n, true);
    write(view);
    return bytes;
  }

  it('takes the table from the second half of the block when it has no blocks of its own', () => {
    const zap = decodeFatZap(header(), true, place);
    expect([zap.tableBlock, zap.embeddedTable.length, zap.embeddedTable[0]]).toEqual([null, 1024, 1n]);
    expect(zap.hashMask).toBe(0xfffffff000000000n);
  });

  it.each([
    ['no magic', (view: DataView) => view.setBigUint64(8, 1n, true), 'magic'],
    ['an embedded table that is not half the block', (view: DataView) => view.setBigUint64(32, 60n, true), 'shift'],
    [
      'a table of 2^60 pointers',
      (view: DataView) => {
        view.setBigUint64(24, 2n ** 60n, true);
        view.setBigUint64(32, 60n, true);
      },
      'shift',
    ],
  ])('refuses %s', (_, write, what) => {
    expect(() => decodeFatZap(header(write), true, place)).toThrow(what);
  });

  it('believes a count of entries as little as it needs to', () => {
    expect(
      decodeFatZap(
        header((view) => view.setBigUint64(72, 2n ** 60n, true)),
        true,
        place,
      ).entryCount,
    ).toBe(2n ** 60n);
  });
});

describe('names', () => {
  it('hash as in a real pool: salt 0x5177e13 and root_dataset', () => {
    const hash = zapHash(0x5177e13n, new TextEncoder().encode('root_dataset'));
    // What the leaf of that pool's object directory holds; the lower bits are cut.
    expect(hash >> 36n).toBe(0x170a530n);
  });

  it.each([
    ['Ä', 0x2n, 'Ä'],
    ['straße', 0x2n | 0x10n, 'STRASSE'],
    ['Ae', 0x4n, 'ae'],
    ['Ä', 0x10n, 'A\u0308'],
    ['A\u0308', 0x50n, 'Ä'],
    ['ﬁ', 0x20n, 'fi'],
    ['as it is', 0n, 'as it is'],
  ])('%s with flags %s compares as %s', (name, flags, expected) => {
    expect(normaliseName(name, flags)).toBe(expected);
  });
});
