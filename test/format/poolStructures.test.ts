import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, ZfsUberError } from '../../src/bytes/errors.ts';
import type { Place } from '../../src/bytes/place.ts';
import { decodeBookmark } from '../../src/format/bookmark.ts';
import { decodeBpobj } from '../../src/format/bpobj.ts';
import { decodeBrtVdev } from '../../src/format/brt.ts';
import { decodeCheckpoint } from '../../src/format/checkpoint.ts';
import { decodeDdtLog } from '../../src/format/ddt.ts';
import { decodeDeadlist } from '../../src/format/deadlist.ts';
import { decodeDslDataset } from '../../src/format/dslDataset.ts';
import { decodeDslDir } from '../../src/format/dslDir.ts';
import { decodeHistoryOffsets } from '../../src/format/history.ts';
import { decodeIndirectEntry, decodeIndirectMapping } from '../../src/format/indirectMapping.ts';
import { isInherited, propertyText } from '../../src/format/properties.ts';
import { decodeRemoval, decodeScan } from '../../src/format/scan.ts';
import { decodeTxgLog } from '../../src/format/txgLog.ts';

const place = { source: 'disk0.img', offset: 0, path: ['MOS', 'object 3', 'bonus'] };

function words(values: readonly bigint[], littleEndian = true): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setBigUint64(i * 8, value, littleEndian);
  return bytes;
}

const counting = (length: number): bigint[] => Array.from({ length }, (_, i) => BigInt(i + 1));

type Decoder = (bytes: Uint8Array, littleEndian: boolean, place: Place) => unknown;

/** Decoder and the fewest bytes that it takes. */
const DECODERS: readonly [string, Decoder, number][] = [
  ['bpobj', decodeBpobj, 16],
  ['block cloning table', decodeBrtVdev, 56],
  ['dedup log', decodeDdtLog, 64],
  ['deadlist', decodeDeadlist, 24],
  ['DSL directory', decodeDslDir, 152],
  ['DSL dataset', decodeDslDataset, 280],
  ['indirect mapping', decodeIndirectMapping, 24],
  ['indirect mapping entry', decodeIndirectEntry, 24],
];

describe('structures of the pool', () => {
  it.each(DECODERS)(
    '%s: any bytes decode when there are enough, and give a FormatError when there are not',
    (_, decode, least) => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, littleEndian) => {
          if (bytes.length < least) expect(() => decode(bytes, littleEndian, place)).toThrow(FormatError);
          else expect(decode(bytes, littleEndian, place)).toBeTypeOf('object');
        }),
        { numRuns: 200 },
      );
    },
  );

  it('a bpobj has as much as its length says', () => {
    const fields = (count: number) => decodeBpobj(words(counting(count)), true, place);
    expect(fields(2)).toMatchObject({ pointers: 1n, bytes: 2n, compressed: null, subobjects: null, freed: null });
    expect(fields(4)).toMatchObject({ compressed: 3n, uncompressed: 4n, subobjects: null });
    expect(fields(6)).toMatchObject({ subobjects: 5n, subobjectCount: 6n, freed: null });
    expect(fields(7).freed).toBe(7n);
  });

  it.each([true, false])(
    'a mapping entry keeps its mark out of the source, little-endian writer %s',
    (littleEndian) => {
      const bytes = words([(1n << 63n) | 9n, (2n << 32n) | 8n, 77n], littleEndian);
      expect(decodeIndirectEntry(bytes, littleEndian, place)).toEqual({
        source: 9n,
        target: { vdev: 2, offset: 77n, asize: 4096, gang: false },
      });
    },
  );

  it.each([
    ['an end before the beginning', [100n, 1000n, 300n, 200n, 0n]],
    ['more than the ring holds', [100n, 1000n, 100n, 1001n, 0n]],
    ['a ring of nothing', [1000n, 1000n, 1000n, 1000n, 0n]],
    ['a beginning inside the creation', [100n, 1000n, 50n, 60n, 0n]],
  ])('history offsets with %s are refused', (_, values) => {
    expect(() => decodeHistoryOffsets(words(values), true, place)).toThrow('history offsets');
  });

  it('a txg time log is read from its head on, around the end', () => {
    const log = Array.from({ length: 3 + 512 }, () => 0n);
    log.splice(0, 3, 255n, 1n, 2n);
    log.splice(3 + 510, 2, 1000n, 10n);
    log.splice(3, 2, 2000n, 20n);
    expect(decodeTxgLog(log, place)).toEqual([
      { time: 1000n, txg: 10n },
      { time: 2000n, txg: 20n },
    ]);
    expect(() => decodeTxgLog([256n, ...log.slice(1)], place)).toThrow('head and length');
    expect(() => decodeTxgLog([0n, 0n, 257n, ...log.slice(3)], place)).toThrow('head and length');
    expect(() => decodeTxgLog(log.slice(1), place)).toThrow('txg time log');
  });

  it('a checkpoint of an older version is an uberblock, and one of other words none', () => {
    const stored = Array.from({ length: 22 }, () => 0n);
    stored.splice(0, 3, 0x00bab10cn, 5000n, 42n);
    expect(decodeCheckpoint(stored, place).txg).toBe(42n);
    expect(() => decodeCheckpoint(stored.slice(0, 21), place)).toThrow('22 words');
    expect(() =>
      decodeCheckpoint(
        stored.map(() => 1n),
        place,
      ),
    ).toThrow('magic');
  });

  it('scrubs, removals and bookmarks of too few words are refused', () => {
    expect(decodeScan([1n, 2n, ...counting(22)], place)).toMatchObject({ function: 'scrub', state: 'finished' });
    expect(decodeRemoval([2n, 2n ** 64n - 1n, 1n, 0n, 0n, 0n, 0n], place)).toMatchObject({
      vdev: null,
      previousIndirect: 1n,
    });
    expect(decodeBookmark([1n, 2n, 3n], place).redaction).toBeNull();
    for (const decode of [decodeScan, decodeRemoval, decodeBookmark]) {
      expect(() => decode([1n, 2n], place)).toThrow(ZfsUberError);
    }
  });

  it.each([
    ['compression', 15n, 'lz4'],
    ['compression', 16n | (19n << 7n), 'zstd-19'],
    ['compression', 16n | (103n << 7n), 'zstd-fast-1'],
    ['compression', 16n | (123n << 7n), 'zstd-fast-1000'],
    ['compression', 16n | (124n << 7n), '15888'],
    ['checksum', 14n, 'blake3'],
    ['quota', 2n ** 63n, '9223372036854775808'],
    ['org.example:note', 'as it is', 'as it is'],
    ['constructor', 1n, '1'],
  ])('property %s = %s reads %s', (name, value, text) => {
    expect(propertyText(name, value)).toBe(text);
  });

  it('knows which properties are inherited', () => {
    expect(['compression', 'org.example:note', 'quota', 'volsize'].map(isInherited)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
