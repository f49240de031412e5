import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LimitError } from '../../src/bytes/errors.ts';
import { memorySource } from '../../src/source/memorySource.ts';
import { patchedRanges } from '../../src/source/patchedRanges.ts';
import { CLUSTER, qcow2Overlay } from '../../src/source/qcow2Overlay.ts';
import { backingOf, flattenQcow2 } from '../tools/flattenQcow2.ts';

const backing = { name: new TextEncoder().encode('/dev/disk/by-id/ata-X'), format: 'raw' } as const;

describe('a qcow2 overlay', () => {
  it('gives a guest the patched bytes, also where the size is no whole number of clusters', async () => {
    const sizes = fc.integer({ min: 1, max: 40 }).map((sectors) => 9 * CLUSTER + sectors * 512);
    const patches = fc.array(
      fc.record({ at: fc.double({ min: 0, max: 0.999, noNaN: true }), length: fc.integer({ min: 1, max: 70_000 }) }),
      {
        maxLength: 5,
      },
    );
    await fc.assert(
      fc.asyncProperty(sizes, patches, async (size, places) => {
        const below = Uint8Array.from({ length: size }, (_, i) => (i * 7) & 0xff);
        const laid = places.map(({ at, length }) => {
          const offset = Math.floor(at * size);
          return { offset, bytes: new Uint8Array(Math.min(length, size - offset)).fill(0xee) };
        });
        const whole = below.slice();
        for (const { offset, bytes } of laid) whole.set(bytes, offset);
        const file = qcow2Overlay(size, backing, await patchedRanges(memorySource(below), laid, CLUSTER));
        expect(Buffer.compare(flattenQcow2(file, below), whole)).toBe(0);
      }),
      { numRuns: 25 },
    );
  });

  it('names what lies below it, and that it is raw', () => {
    const file = qcow2Overlay(1024 * 1024, backing, []);
    expect(backingOf(file)).toEqual({ name: '/dev/disk/by-id/ata-X', format: 'raw' });
  });

  it('reaches the last cluster of a large disk in a small file', () => {
    const size = 8 * 2 ** 40;
    const file = qcow2Overlay(size, backing, [{ offset: size - CLUSTER, bytes: new Uint8Array(CLUSTER).fill(1) }]);
    expect(file.length).toBeLessThan(1024 * 1024);
  });

  it('refuses a name that no qcow2 file holds', () => {
    const long = { name: new Uint8Array(1024).fill(97), format: 'raw' } as const;
    expect(() => qcow2Overlay(CLUSTER, long, [])).toThrow(LimitError);
  });
});
