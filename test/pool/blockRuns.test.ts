import { describe, expect, it } from 'vitest';
import type { StoredBlock } from '../../src/block/engine.ts';
import { runsOf } from '../../src/pool/blockRuns.ts';

/** Blocks side by side. */
const blocks = (count: number, size: number, algorithm: StoredBlock['algorithm']) =>
  Array.from({ length: count }, (_, index) => ({ index, legs: [], top: 0, offset: index * size, size, algorithm }));
const lengths = (...given: Parameters<typeof blocks>): number[] => runsOf(blocks(...given), 0).map((run) => run.length);

const MIB = 2 ** 20;

describe('runsOf', () => {
  it('reads a mebibyte at a time', () => {
    expect(lengths(20, MIB / 8, 'fletcher4')).toEqual([8, 8, 4]);
    expect(lengths(3, MIB, 'fletcher4')).toEqual([1, 1, 1]);
    expect(lengths(20, MIB / 8, 'skein')).toEqual([8, 8, 4]);
  });

  it('reads four large blocks at once where they are summed side by side', () => {
    expect(lengths(9, MIB, 'skein')).toEqual([4, 4, 1]);
    expect(lengths(9, MIB / 2, 'edonr')).toEqual([4, 4, 1]);
    expect(lengths(3, 16 * MIB, 'skein')).toEqual([1, 1, 1]);
  });
});
