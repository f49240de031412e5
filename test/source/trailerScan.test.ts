import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findTrailers, scanRange } from '../../src/source/trailerScan.ts';
import { testDisk } from './testDisk.ts';

const MIB = 1024 * 1024;
const LITTLE = [0x11, 0x7a, 0x0c, 0xb1, 0x7a, 0xda, 0x10, 0x02];
const BIG = [...LITTLE].reverse();

/** The plain way: every position, compared. */
function everyPlace(bytes: Uint8Array, from: number, to: number): number[] {
  const stands = (magic: readonly number[], at: number) => magic.every((byte, i) => bytes[at + i] === byte);
  const places: number[] = [];
  for (let at = from; at + 8 <= to; at++) if (stands(LITTLE, at) || stands(BIG, at)) places.push(at);
  return places;
}

describe('findTrailers', () => {
  it('finds every magic in either byte order at any alignment, and nothing else', () => {
    const piece = fc.oneof(
      fc.constantFrom(LITTLE, BIG),
      fc.array(fc.constantFrom(...LITTLE), { maxLength: 12 }),
      fc.nat(1100).map((length) => new Array<number>(length).fill(0)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.nat(9), fc.nat(9), (pieces, head, tail) => {
        // Far enough apart that none is left out for being too many.
        const spaced = pieces.flatMap((bytes) => [...bytes, ...new Array<number>(512).fill(0)]);
        const bytes = Uint8Array.from(spaced);
        const [from, to] = [Math.min(head, bytes.length), Math.max(head, bytes.length - tail)];
        expect(findTrailers(bytes, from, to)).toEqual(everyPlace(bytes, from, to));
      }),
    );
  });

  it('gives no more than one in 512 bytes of what is full of them', () => {
    const bytes = new Uint8Array(MIB);
    for (let at = 0; at < bytes.length; at += 8) bytes.set(LITTLE, at);
    expect(findTrailers(bytes, 0, bytes.length)).toHaveLength(MIB / 512);
  });
});

describe('scanRange', () => {
  it('shows each byte once as fresh, each with at least 112 KiB of what stood before it, bad sectors as zeros', async () => {
    const disk = testDisk(9 * MIB + 777);
    const magic = 4 * MIB - 3;
    disk.put(magic, Uint8Array.from(LITTLE));
    disk.breakAt(MIB, 512);
    const fresh: (readonly [from: number, to: number])[] = [];
    const met: number[] = [];
    const visit = async ({ bytes, offset, fresh: at }: Parameters<Parameters<typeof scanRange>[4]>[0]) => {
      fresh.push([offset + at, offset + bytes.length]);
      expect(offset === 1000 || at >= 112 * 1024).toBe(true);
      for (const each of findTrailers(bytes, Math.max(0, at - 7), bytes.length)) met.push(offset + each);
    };
    await scanRange(disk, 1000, disk.size, (offset) => offset, visit);
    expect(fresh[0]?.[0]).toBe(1000);
    expect(fresh.at(-1)?.[1]).toBe(disk.size);
    for (const [i, [from]] of fresh.entries()) if (i > 0) expect(from).toBe(fresh[i - 1]?.[1]);
    expect(met).toEqual([magic]);
  });

  it('does not read what is to be skipped', async () => {
    const disk = testDisk(40 * MIB);
    const skip = (offset: number) => (offset >= 4 * MIB && offset < 36 * MIB ? 36 * MIB : offset);
    await scanRange(disk, 0, disk.size, skip, async () => undefined);
    expect(disk.reads.reduce((sum, [, length]) => sum + length, 0)).toBe(8 * MIB);
  });
});
