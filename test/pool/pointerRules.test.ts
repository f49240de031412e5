import { describe, expect, it } from 'vitest';
import { PointerFields } from '../../src/pool/pointerFields.ts';
import {
  POINTERS_OF_2_2,
  POINTERS_SINCE_2_3,
  PointerRules,
  type PointerStrictness,
} from '../../src/pool/pointerRules.ts';
import type { VdevNode } from '../../src/pool/pool.ts';
import { inner, root } from './madePool.ts';

const ASIZE = 2 ** 30;
const END = ASIZE / 512;
const more = { asize: BigInt(ASIZE), ashift: 12 };

/** A disk, a removed vdev's place, one that is missing, a raidz2, a dRAID, and a disk whose size no label tells. */
const { children: TOPS } = root(
  inner('disk', [], more),
  inner('hole', []),
  inner('missing', []),
  inner('raidz', [], { ...more, nparity: 2 }),
  inner('draid', [], { ...more, nparity: 1, draid: { ndata: 4, nspares: 1, ngroups: 1, nchildren: null } }),
  inner('disk', []),
);

type Words = Readonly<Record<number, bigint>>;

const props = (fields: Partial<Record<'lsize' | 'psize' | 'compression' | 'checksum' | 'type' | 'level', number>>) => {
  const { lsize = 8, psize = 8, compression = 2, checksum = 7, type = 19, level = 0 } = fields;
  const kinds = (BigInt(compression) << 32n) | (BigInt(checksum) << 40n) | (BigInt(type) << 48n);
  return BigInt(lsize - 1) | (BigInt(psize - 1) << 16n) | kinds | (BigInt(level) << 56n) | (1n << 63n);
};

const embedded = ({ lsize = 100, psize = 50, kind = 0, type = 19 }) =>
  BigInt(lsize - 1) | (BigInt(psize - 1) << 25n) | (1n << 39n) | (BigInt(kind) << 40n) | (BigInt(type) << 48n);

const dva = (vdev: number, offset: number | bigint, sectors = 8, gang = false) =>
  [(BigInt(vdev) << 32n) | BigInt(sectors), BigInt(offset) | (gang ? 1n << 63n : 0n)] as const;

function refusal(words: Words, strictness?: PointerStrictness, littleEndian = true): string | null {
  const view = new DataView(new ArrayBuffer(256));
  for (const [word, value] of Object.entries(words)) view.setBigUint64(128 + Number(word) * 8, value, littleEndian);
  const fields = new PointerFields();
  fields.at(view, 128, littleEndian);
  return new PointerRules(TOPS satisfies readonly VdevNode[], strictness).refusal(fields)?.what ?? null;
}

/** A block with one address. */
function block(fields: Parameters<typeof props>[0] = {}, [word0, word1] = dva(0, 0), words: Words = {}): Words {
  return { 0: word0, 1: word1, 6: props(fields), 10: 5n, ...words };
}

describe('block pointers that OpenZFS follows', () => {
  it.each<[string, Words]>([
    ['a hole that says nothing', {}],
    ['a hole with any checksum and physical size', { 6: props({ checksum: 200, psize: 65536 }), 10: 7n }],
    ['an ordinary one', block()],
    ['the last type', block({ type: 53 })],
    ['a type made of bits', block({ type: 0x80 | 0x40 | 0x20 | 9 })],
    ['compressions that are settings', block({ compression: 0 })],
    ['the last compression', block({ compression: 16 })],
    ['checksums that are settings', block({ checksum: 0 })],
    ['the checksum of labels', block({ checksum: 3 })],
    ['the last checksum', block({ checksum: 14 })],
    ['16 MiB', block({ lsize: 32768, psize: 32768 })],
    ['the end of a vdev', block({}, dva(0, END - 8))],
    ['any place of a vdev that is missing', block({}, dva(2, 2n ** 50n))],
    ['any place of a vdev whose size is not known', block({}, dva(5, 2n ** 40n))],
    ['bits of the offset that are lost', block({}, dva(0, 2n ** 62n))],
    ['an end that 64 bits do not hold', block({}, dva(0, 2n ** 55n - 1n))],
    ['a gang header in the last sector', block({}, dva(0, END - 8, 4096, true))],
    ['a gang header with parity', block({}, dva(3, END - 24, 4096, true))],
    ['a gang header of a group', block({}, dva(4, END - 40, 4096, true))],
    ['an address without size in between', block({}, dva(0, 0), { 2: 5n << 32n, 4: 8n })],
    ['a third place that is salt', block({ level: 0 }, dva(0, 0), { 4: 1n, 5: 5n, 6: props({}) | (1n << 61n) })],
    ['all that an embedded one holds', { 6: embedded({ psize: 112 }) }],
    ['one that is redacted, whatever its size', { 6: embedded({ kind: 2, lsize: 2 ** 25 }) }],
  ])('%s', (_, words) => {
    expect(refusal(words)).toBeNull();
    expect(refusal(words, undefined, false)).toBeNull();
  });
});

describe('block pointers that OpenZFS refuses', () => {
  it.each<[string, Words, string]>([
    ['a type that there is not', block({ type: 54 }), 'object type'],
    ['a type of a byte order that there is not', block({ type: 0x80 | 10 }), 'object type'],
    ['a type that there is not, of a hole', { 6: props({ type: 60 }) }, 'object type'],
    ['a compression that there is not', block({ compression: 17 }), 'compression'],
    ['more than 16 MiB', block({ lsize: 32769 }), 'logical size'],
    ['more than 16 MiB of a hole', { 6: props({ lsize: 32769 }) }, 'logical size'],
    ['more than 16 MiB as stored', block({ psize: 32769 }), 'physical size'],
    ['a checksum that there is not', block({ checksum: 15 }), 'checksum'],
    ['no first address', block({}, [0n, 8n]), 'first address'],
    ['a first address without size', block({}, dva(0, 8, 0), { 2: 8n, 3: 16n }), 'first address'],
    ['a vdev that there is not', block({}, dva(6, 0)), 'vdev of an address'],
    ['a vdev that was removed', block({}, dva(1, 0)), 'vdev of an address'],
    ['an end beyond its vdev', block({}, dva(0, END - 7)), 'end of a block'],
    ['a second end beyond its vdev', block({}, dva(0, 0), { 2: 8n, 3: BigInt(END) }), 'end of a block'],
    ['an address in between beyond its vdev', block({}, dva(0, 0), { 2: 6n << 32n, 4: 8n }), 'vdev of an address'],
    ['an end beyond its vdev, the highest bit that counts', block({}, dva(0, 2n ** 54n)), 'end of a block'],
    ['a gang header beyond the last sector', block({}, dva(0, END - 7, 1, true)), 'end of a block'],
    ['a gang header whose parity does not fit', block({}, dva(3, END - 23, 1, true)), 'end of a block'],
    ['a gang header whose group does not fit', block({}, dva(4, END - 39, 1, true)), 'end of a block'],
    ['a kind of embedded block that there is not', { 6: embedded({ kind: 3 }) }, 'kind of embedded block'],
    ['more than an embedded one holds', { 6: embedded({ psize: 113 }) }, 'size of embedded block'],
    ['more than 16 MiB in an embedded one', { 6: embedded({ lsize: 2 ** 24 + 1 }) }, 'logical size'],
  ])('%s', (_, words, what) => {
    expect(refusal(words)).toContain(what);
    expect(refusal(words, undefined, false)).toContain(what);
  });
});

describe('how strict a release is', () => {
  const old = POINTERS_OF_2_2;

  it.each<[string, Words, PointerStrictness, string | null]>([
    ['without blake3', block({ checksum: 14 }), { ...POINTERS_SINCE_2_3, checksums: 14 }, 'checksum'],
    ['checksum settings', block({ checksum: 1 }), { ...POINTERS_SINCE_2_3, settings: true }, 'checksum'],
    ['compression settings', block({ compression: 1 }), { ...POINTERS_SINCE_2_3, settings: true }, 'compression'],
    ['real kinds', block({ checksum: 2, compression: 2 }), { ...POINTERS_SINCE_2_3, settings: true }, null],
    ['no address', block({}, [0n, 8n]), old, null],
    ['too much embedded', { 6: embedded({ psize: 113 }) }, old, null],
    ['the checksum of a hole', { 6: props({ checksum: 15 }) }, old, 'checksum'],
    ['the physical size of a hole', { 6: props({ psize: 32769 }) }, old, 'physical size'],
    ['an ordinary hole', {}, old, null],
  ])('shows in %s', (_, words, strictness, what) => {
    const found = refusal(words, strictness);
    if (what === null) expect(found).toBeNull();
    else expect(found).toContain(what);
  });
});
