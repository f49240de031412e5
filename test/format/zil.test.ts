import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/bytes/errors.ts';
import { decodeZilChain, logRecordPointers, logRecords, logRecordTypeName } from '../../src/format/zil.ts';

const place = { source: 'disk0.img', offset: 0, path: ['tank', 'intent log'] };

function block(position: 'start' | 'end', used: bigint): Uint8Array {
  const bytes = new Uint8Array(4096);
  new DataView(bytes.buffer).setBigUint64((position === 'start' ? 0 : 4096 - 184) + 136, used, true);
  return bytes;
}

function record(type: bigint, length: bigint, size = Number(length)): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of [type, length, 80n, 5n].entries()) view.setBigUint64(i * 8, word, true);
  return bytes;
}

describe('decodeZilChain', () => {
  it.each([
    ['start', 184n, 0],
    ['start', 4096n, 3912],
    ['end', 0n, 0],
    ['end', 3912n, 3912],
  ] as const)('chain at the %s, %s bytes in use: %i of records', (position, used, size) => {
    expect(decodeZilChain(block(position, used), position, true, place).records).toHaveLength(size);
  });

  it.each([
    ['start', 183n],
    ['start', 4097n],
    ['end', 3913n],
    ['end', 2n ** 64n - 1n],
  ] as const)('refuses a block with the chain at the %s that claims %s bytes', (position, used) => {
    expect(() => decodeZilChain(block(position, used), position, true, place)).toThrow('used bytes of a log block');
  });

  it('refuses a block without room for a chain', () => {
    expect(() => decodeZilChain(new Uint8Array(183), 'end', true, place)).toThrow(FormatError);
  });
});

describe('logRecords', () => {
  it('gives type, case and txg of each', () => {
    const bytes = new Uint8Array([...record((1n << 63n) | 5n, 40n), ...record(9n, 192n)]);
    const records = [...logRecords(bytes, true, place)];
    expect(
      records.map(({ type, caseInsensitive, txg, bytes: all }) => [type, caseInsensitive, txg, all.length]),
    ).toEqual([
      [5, true, 80n, 40],
      [9, false, 80n, 192],
    ]);
    expect(records.map(({ type }) => logRecordTypeName(type))).toEqual(['remove', 'write']);
  });

  it.each([0n, 31n, 41n, 2n ** 63n])('stops at a record of %s bytes', (length) => {
    const given: unknown[] = [];
    expect(() => {
      for (const each of logRecords(record(1n, length, 40), true, place)) given.push(each);
    }).toThrow('length of a log record');
    expect(given).toEqual([]);
  });

  it('names the block of a write, none of one that holds its content, and no more of a clone than it has room for', () => {
    const write = record(9n, 192n);
    const [inline] = logRecords(write, true, place);
    expect(inline && logRecordPointers(inline, true)).toEqual([]);
    write[64] = 1;
    const [outside] = logRecords(write, true, place);
    expect(outside && logRecordPointers(outside, true)).toHaveLength(1);
    const clone = record(24n, 72n + 128n);
    const view = new DataView(clone.buffer);
    view.setBigUint64(64, 2n ** 40n, true);
    const [cloned] = logRecords(clone, true, place);
    expect(() => cloned && logRecordPointers(cloned, true)).toThrow('block pointers of a clone record');
  });
});
