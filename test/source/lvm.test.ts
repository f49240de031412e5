import { describe, expect, it } from 'vitest';
import { linearSegments } from '../../src/source/lvm.ts';
import { memorySource } from '../../src/source/memorySource.ts';
import { random, SEED } from '../fuzz/random.ts';
import { LVM_EXTENT, LVM_FIRST, lvmHead } from '../tools/lvmHead.ts';

const LENGTH = 1 << 21;

const segments = (head: Uint8Array, size = 1 << 30) =>
  linearSegments({ ...memorySource(head, 'pv'), size, read: memorySource(head, 'pv').read });

describe('the metadata of an LVM physical volume', () => {
  it('tells where the linear parts of its volumes lie', async () => {
    const head = lvmHead(LENGTH, [
      { volume: 'root', at: 0, extent: 0, count: 4 },
      { volume: 'tank', at: 0, extent: 7, count: 30 },
      { volume: 'tank', at: 30, extent: 4, count: 3 },
    ]);
    expect(await segments(head)).toEqual([
      { volume: 'root', at: 0, offset: LVM_FIRST, length: 4 * LVM_EXTENT },
      { volume: 'tank', at: 0, offset: LVM_FIRST + 7 * LVM_EXTENT, length: 30 * LVM_EXTENT },
      { volume: 'tank', at: 30 * LVM_EXTENT, offset: LVM_FIRST + 4 * LVM_EXTENT, length: 3 * LVM_EXTENT },
    ]);
  });

  it('is read where its text goes on at the beginning of its area', async () => {
    const parts = [{ volume: 'tank', at: 0, extent: 2, count: 9 }];
    expect(await segments(lvmHead(LENGTH, parts, { wrapped: true }))).toEqual(await segments(lvmHead(LENGTH, parts)));
    expect((await segments(lvmHead(LENGTH, parts, { wrapped: true }))).length).toBe(1);
  });

  it('leaves out what passes the end, and volumes of other disks', async () => {
    const parts = [
      { volume: 'a', at: 0, extent: 2 ** 40, count: 9 },
      { volume: 'b', at: 0, extent: 1, count: 2 ** 40 },
      { volume: 'c', at: 0, extent: 1, count: 1, pv: 'pv1' },
      { volume: 'd', at: 0, extent: 1, count: 1 },
    ];
    expect((await segments(lvmHead(LENGTH, parts))).map(({ volume }) => volume)).toEqual(['d']);
  });

  it('that is no text, or lies in each of its numbers, throws nothing and ends', async () => {
    const pick = random(SEED);
    const whole = lvmHead(LENGTH, [{ volume: 'tank', at: 0, extent: 7, count: 30 }]);
    for (let run = 0; run < 400; run++) {
      const head = whole.slice();
      for (let times = 1 + pick(8); times > 0; times--) {
        const at = pick(3) === 0 ? pick(2048) : 4096 + pick(2048);
        head[at] = [0, 0xff, 0x7b, 0x5b, pick(256)][pick(5)] ?? 0;
      }
      for (const { offset, length } of await segments(head)) expect(offset + length).toBeLessThanOrEqual(1 << 30);
    }
    const deep = lvmHead(LENGTH, [], { text: 'a {'.repeat(100_000) });
    expect(await segments(deep)).toEqual([]);
  });
});
