import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { MARK, markAt, markSectors } from '../../../src/block/sectorMarks.ts';
import { carveDisk } from '../../../src/dataset/carveDisk.ts';
import { chooseEngine } from '../../../src/node/engine.ts';
import { objsetAt } from '../../../src/pool/carve/metObjset.ts';
import { random, SEED } from '../../fuzz/random.ts';
import { HALF, imageOf, madeDisk, withoutLabels } from './madeDisk.ts';

const engine = chooseEngine({ forced: 'node' });

/** A real meta-object set as it is. */
let objset: Uint8Array;
let small: Uint8Array;

beforeAll(async () => {
  const image = await imageOf('healthy-single');
  small = await imageOf('lying-ashift9');
  const { roots } = await carveDisk(madeDisk(image.length, [{ at: 0, bytes: image }]), { engine });
  const at = roots[0]?.objset.at ?? 0;
  objset = image.slice(at, at + 4096);
});

/** lzjb by the plainest way: a match of the last byte where there is one, else a byte as it is. */
function lzjb(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const flags = out.push(0) - 1;
    for (let bit = 0; bit < 8 && at < bytes.length; bit++) {
      let length = 0;
      while (at > 0 && length < 66 && at + length < bytes.length && bytes[at + length] === bytes[at - 1]) length++;
      if (length >= 3) {
        out[flags] = (out[flags] ?? 0) | (1 << bit);
        out.push(((length - 3) << 2) & 0xff, 1);
        at += length;
      } else out.push(bytes[at++] ?? 0);
    }
  }
  return Uint8Array.from(out);
}

/** lz4 by the plainest way, as ZFS stores it. */
function lz4(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  const more = (length: number): void => {
    for (let left = length - 15; left >= 0; left -= 255) out.push(Math.min(left, 255));
  };
  let from = 0;
  const sequence = (to: number, match: number): void => {
    const literals = to - from;
    out.push((Math.min(literals, 15) << 4) | (match === 0 ? 0 : Math.min(match - 4, 15)));
    more(literals);
    out.push(...bytes.subarray(from, to));
    if (match === 0) return;
    out.push(1, 0);
    more(match - 4);
    from = to + match;
  };
  for (let at = 1; at < bytes.length - 12; ) {
    let length = 0;
    while (at + length < bytes.length - 12 && bytes[at + length] === bytes[at - 1]) length++;
    if (length >= 8) {
      sequence(at, length);
      at += length;
    } else at++;
  }
  sequence(bytes.length, 0);
  const stored = Uint8Array.from([0, 0, 0, 0, ...out]);
  new DataView(stored.buffer).setUint32(0, out.length);
  return stored;
}

describe('an object set', () => {
  it.each([
    ['off', (bytes: Uint8Array) => bytes],
    ['lz4', lz4],
    ['lzjb', lzjb],
  ] as const)('stored as %s is found at any sector, and is what it was', (kind, store) => {
    const stored = store(objset);
    expect(stored.length).toBeLessThanOrEqual(4096);
    const plain = objsetAt(objset, 0, 0, 'disk');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), fc.boolean(), (sector, noise) => {
        const bytes = new Uint8Array(64 * 1024 + 4096);
        if (noise) bytes.fill(0xa5);
        bytes.set(stored, sector * 512);
        const marked = [...markSectors(bytes)].map(markAt).filter(({ kind }) => kind === MARK.objset);
        const found = marked.map(({ at }) => at).filter((at) => objsetAt(bytes, at, 0, 'disk') !== null);
        expect(found).toEqual([sector * 512]);
        const { type, txg, objects, lsize, compression } = objsetAt(bytes, sector * 512, 0, 'disk') ?? {};
        expect({ type, txg, objects, lsize, compression }).toEqual({
          ...{ type: 'meta', txg: plain?.txg, objects: plain?.objects },
          ...{ lsize: 4096, compression: kind },
        });
      }),
      { numRuns: 30 },
    );
  });

  it('of which a field is none is not taken for one', () => {
    // Type of the set, levels, kind and level of a pointer, its checksum.
    for (const [at, value] of [
      [704, 9],
      [2, 40],
      [3, 0],
      [64 + 48 + 6, 19],
      [64 + 48 + 7, 0x85],
      [64 + 48 + 5, 1],
    ] as const) {
      const changed = objset.slice();
      changed[at] = value;
      expect([at, objsetAt(changed, 0, 0, 'disk')]).toEqual([at, null]);
    }
  });

  it('is met at nearly no sector of noise', () => {
    const pick = random(SEED);
    const bytes = Uint8Array.from({ length: 4 * 1024 * 1024 }, () => pick(256));
    const marks = [...markSectors(bytes)].map(markAt);
    for (const { at } of marks) expect(objsetAt(bytes, at, 0, 'noise')).toBe(null);
    expect(marks.length).toBeLessThan(8);
  });
});

describe('a disk with changed bytes', () => {
  it('is carved without a throw, and says of nothing that it is sound what is not', async () => {
    const pick = random(SEED);
    const wiped = withoutLabels(small);
    for (let run = 0; run < 12; run++) {
      const bytes = (run % 2 === 0 ? small : wiped).slice();
      for (let times = 0; times < 4000; times++) {
        const at = pick(bytes.length >> 9) * 512 + (pick(2) === 0 ? pick(16) : pick(512));
        bytes[at] = pick(4) === 0 ? 0xff : pick(256);
      }
      // Where nothing is but zeros, sectors of elsewhere.
      for (let times = 0; times < 200; times++) {
        // None of a label: that would prove another place.
        const from = HALF + pick((bytes.length - 4 * HALF) >> 9) * 512;
        bytes.copyWithin(pick(bytes.length >> 9) * 512, from, from + 512 * (1 + pick(8)));
      }
      const { vdevs, roots } = await carveDisk(madeDisk(bytes.length, [{ at: 0, bytes }]), { engine });
      for (const { start } of vdevs) expect(start).toBe(0);
      for (const { proven } of roots) expect(proven?.base ?? 0).toBe(0);
    }
  });
});
