import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mappedTable } from '../../../src/document/shell/mappedTable.ts';
import { memorySource } from '../../../src/source/memorySource.ts';
import { patchedRanges } from '../../../src/source/patchedRanges.ts';

const SECTOR = 512;

/** What a device-mapper device of that table shows. */
function shown(table: string, origin: Uint8Array, patch: Uint8Array): Uint8Array {
  const lines = table.trimEnd().split('\n');
  const parts = lines.map((line) => {
    const [start, length, target, device, offset] = line.split(' ');
    if (target !== 'linear') throw new Error(`target ${target}`);
    return {
      start: Number(start),
      length: Number(length),
      of: device === 'ORIGIN' ? origin : patch,
      offset: Number(offset),
    };
  });
  let end = 0;
  const bytes: number[] = [];
  for (const { start, length, of, offset } of parts) {
    if (start !== end) throw new Error(`a gap before sector ${start}`);
    end += length;
    bytes.push(...of.subarray(offset * SECTOR, (offset + length) * SECTOR));
  }
  return Uint8Array.from(bytes);
}

describe('the table of a mapping', () => {
  it('shows the vdev with the ranges of the patch file over its own, wherever it begins in its origin', async () => {
    const patches = fc.array(fc.record({ at: fc.nat(39_000), length: fc.integer({ min: 1, max: 6000 }) }), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(patches, fc.integer({ min: 0, max: 3 }), async (places, before) => {
        const size = 40_960;
        const start = before * SECTOR;
        const origin = Uint8Array.from({ length: start + size }, (_, i) => (i * 5) & 0xff);
        const vdev = origin.subarray(start);
        const laid = places.map(({ at, length }) => ({
          offset: at,
          bytes: new Uint8Array(Math.min(length, size - at)).fill(0xee),
        }));
        const whole = vdev.slice();
        for (const { offset, bytes } of laid) whole.set(bytes, offset);
        const ranges = await patchedRanges(memorySource(vdev), laid, 4096);
        const patch = Buffer.concat(ranges.map(({ bytes }) => bytes));
        expect(Buffer.compare(shown(mappedTable(start, size, ranges), origin, patch), whole)).toBe(0);
      }),
    );
  });
});
