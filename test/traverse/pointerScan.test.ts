import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BLKPTR } from '../../src/format/blkptr.layout.ts';
import { POINTERS_BEFORE_2_2, POINTERS_OF_2_2, POINTERS_SINCE_2_3 } from '../../src/pool/pointerRules.ts';
import type { VdevNode } from '../../src/pool/pool.ts';
import { PointerScan, type RewrittenBirth } from '../../src/traverse/pointerScan.ts';

/** A pointer that was born in txg 5 and rewritten in txg 9. */
function rewrittenPointer(): DataView {
  const view = new DataView(new ArrayBuffer(BLKPTR.size));
  view.setBigUint64(BLKPTR.fields.props2.offset, 1n << 63n, true);
  view.setBigUint64(BLKPTR.fields.physicalBirth.offset, 9n, true);
  view.setBigUint64(BLKPTR.fields.birth.offset, 5n, true);
  return view;
}

it.each<[RewrittenBirth, number]>([
  ['logical', 5],
  ['physical', 9],
])('takes a rewritten block by its %s birth where the release does', (rewritten, birth) => {
  const scan = new PointerScan([], { rewritten });
  scan.at(rewrittenPointer(), 0, true);
  expect(scan.birth).toBe(birth);
});

const AT = BLKPTR.fields;
/** Two vdevs of 1 GiB, one that was removed, and one of which nobody knows the size. */
const TOPS = [
  { type: 'disk', asize: 2n ** 30n },
  { type: 'disk', asize: 2n ** 30n },
  { type: 'hole', asize: null },
  { type: 'missing', asize: null },
].map(
  (config, id) =>
    ({ config: { ashift: 9, id, draid: null, nparity: null, ...config }, children: [] }) as unknown as VdevNode,
);

/** Content of a file: 8 KiB in 4, lz4, fletcher4, two copies. */
function contentPointer(littleEndian: boolean): DataView {
  const view = new DataView(new ArrayBuffer(BLKPTR.size));
  for (const [vdev, offset] of [AT.dva0.offset, AT.dva1.offset].entries()) {
    view.setBigUint64(offset, (BigInt(vdev) << 32n) | 8n, littleEndian);
    view.setBigUint64(offset + 8, 4096n, littleEndian);
  }
  view.setBigUint64(
    AT.props.offset,
    (1n << 63n) | (19n << 48n) | (7n << 40n) | (15n << 32n) | (7n << 16n) | 15n,
    littleEndian,
  );
  view.setBigUint64(AT.birth.offset, 5n, littleEndian);
  return view;
}

/** A value of many sizes for one of the words that the rules look at. */
const change = fc.record({
  word: fc.constantFrom(0, 8, 16, 24, 32, 40, AT.props.offset, AT.birth.offset),
  bit: fc.integer({ min: 0, max: 63 }),
});

it('calls no pointer plain that is not valid, or points to anything but content', () => {
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 3 }),
      fc.boolean(),
      fc.constantFrom(POINTERS_SINCE_2_3, POINTERS_OF_2_2, POINTERS_BEFORE_2_2),
      (changes, littleEndian, strictness) => {
        const scan = new PointerScan(TOPS, { strictness });
        scan.at(contentPointer(littleEndian), 0, littleEndian);
        const view = contentPointer(littleEndian);
        for (const { word, bit } of changes) {
          view.setBigUint64(word, view.getBigUint64(word, littleEndian) ^ (1n << BigInt(bit)), littleEndian);
        }
        const plain = scan.isPlain(view, 0, littleEndian);
        scan.at(view, 0, littleEndian);
        expect(!plain || (scan.valid && !scan.metadata && !scan.parent && !scan.embedded && !scan.hole)).toBe(true);
        if (changes.length === 0) expect(plain).toBe(true);
      },
    ),
    { numRuns: 3000 },
  );
});

it('looks at a pointer of another kind in full', () => {
  const scan = new PointerScan(TOPS);
  const view = contentPointer(true);
  expect(scan.isPlain(view, 0, true)).toBe(false);
  scan.at(view, 0, true);
  expect(scan.isPlain(view, 0, true)).toBe(true);
  view.setUint8(AT.props.offset + 6, 20);
  expect(scan.isPlain(view, 0, true)).toBe(false);
});
