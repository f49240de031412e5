import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OUTCOME } from '../../src/block/engine.ts';
import { pureEngine } from '../../src/block/pureEngine.ts';
import { usedLength } from '../../src/block/usedLength.ts';
import { BLKPTR } from '../../src/format/blkptr.layout.ts';
import { addonPaths } from '../../src/node/addon.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { POINTERS_BEFORE_2_2, POINTERS_OF_2_2, POINTERS_SINCE_2_3 } from '../../src/pool/pointerRules.ts';
import type { VdevNode } from '../../src/pool/pool.ts';
import { isBlank } from '../../src/traverse/children.ts';
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

function changed(view: DataView, changes: readonly { word: number; bit: number }[], littleEndian: boolean): DataView {
  for (const { word, bit } of changes) {
    view.setBigUint64(word, view.getBigUint64(word, littleEndian) ^ (1n << BigInt(bit)), littleEndian);
  }
  return view;
}

it('calls no pointer plain that is not valid, or points to anything but content', () => {
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 3 }),
      fc.boolean(),
      fc.constantFrom(POINTERS_SINCE_2_3, POINTERS_OF_2_2, POINTERS_BEFORE_2_2),
      (changes, littleEndian, strictness) => {
        const scan = new PointerScan(TOPS, { strictness });
        scan.at(contentPointer(littleEndian), 0, littleEndian);
        const view = changed(contentPointer(littleEndian), changes, littleEndian);
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

it('knows what one beside it has learned, where the vdevs are as large', () => {
  const scan = new PointerScan(TOPS);
  scan.at(contentPointer(true), 0, true);
  expect(new PointerScan(TOPS, {}, scan).isPlain(contentPointer(true), 0, true)).toBe(true);
  expect(new PointerScan(TOPS).isPlain(contentPointer(true), 0, true)).toBe(false);
  expect(new PointerScan(TOPS.slice(0, 3), {}, scan).isPlain(contentPointer(true), 0, true)).toBe(false);
});

it('keeps eight kinds of content in mind, and the last one always', () => {
  const scan = new PointerScan(TOPS);
  const ofType = (lsize: number): DataView => {
    const view = contentPointer(true);
    view.setUint8(AT.props.offset + 6, [19, 1, 3, 44][lsize & 3] ?? 19);
    view.setUint8(AT.props.offset + 4, 2 + (lsize >> 2));
    return view;
  };
  for (let kind = 0; kind < 40; kind++) {
    scan.at(ofType(kind), 0, true);
    if (scan.valid && !scan.metadata) expect(scan.isPlain(ofType(kind), 0, true)).toBe(true);
    expect(scan.plain.props.length).toBeLessThanOrEqual(8);
  }
  expect(scan.plain.props).toHaveLength(8);
});

it.skipIf(addonPaths().length === 0)(
  'has the addon call an indirect block plain where each pointer is, or is blank',
  async () => {
    const engine = chooseEngine({ forced: 'native' });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 3 }),
        fc.integer({ min: 0, max: 3 }),
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom(2, 4),
        async (changes, at, blank, littleEndian, pointers) => {
          const scan = new PointerScan(TOPS);
          scan.at(contentPointer(littleEndian), 0, littleEndian);
          const stored = new Uint8Array(4 * BLKPTR.size);
          for (let i = 0; i < 4; i++) {
            const view = blank && i > 1 ? new DataView(new ArrayBuffer(BLKPTR.size)) : contentPointer(littleEndian);
            if (i === at) changed(view, changes, littleEndian);
            stored.set(new Uint8Array(view.buffer), i * BLKPTR.size);
          }
          const room = pointers * BLKPTR.size;
          const block = {
            ...({ offset: 0, length: stored.length, algorithm: 'fletcher4', littleEndian } as const),
            expected: pureEngine.checksum('fletcher4', stored, littleEndian),
            content: { compression: 'off', offset: 0, length: room, size: stored.length, pointers: true },
          } as const;
          const content = new Uint8Array(room);
          const [outcome = 0] = await engine.openBlocks([block], stored, content, null, scan.plain);
          const view = new DataView(stored.buffer);
          const plain = [0, 1, 2, 3].every(
            (i) => scan.isPlain(view, i * BLKPTR.size, littleEndian) || isBlank(view, i * BLKPTR.size),
          );
          const used = usedLength(stored);
          const unpacked = used > room ? OUTCOME.sound : OUTCOME.unpacked + used;
          expect(outcome).toBe(plain && used <= room ? OUTCOME.plain : unpacked);
          if (outcome >= OUTCOME.unpacked) expect(content).toEqual(stored.subarray(0, room));
        },
      ),
      { numRuns: 3000 },
    );
  },
);
