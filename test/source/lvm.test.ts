import { describe, expect, it } from 'vitest';
import { linearSegments, physicalVolume } from '../../src/source/lvm.ts';
import { joinedVolume } from '../../src/source/lvmVolume.ts';
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

describe('a logical volume in several parts', () => {
  const disk = (fill: number, size = 4096) => memorySource(new Uint8Array(size).fill(fill), `disk ${fill}`);
  const on = (name: string, offset: number) => ({ disk: name, offset });

  it('is read from the disks that its parts lie on, in their order in the volume', async () => {
    const parts = [
      { at: 512, length: 1024, on: on('b', 1024) },
      { at: 0, length: 512, on: on('a', 2048) },
    ];
    const disks = new Map([
      ['a', disk(1)],
      ['b', disk(2)],
    ]);
    const volume = joinedVolume('tank', { name: 'tank', parts }, disks);
    expect(volume?.size).toBe(1536);
    expect(await volume?.read(500, 24)).toEqual(new Uint8Array([...Array(12).fill(1), ...Array(12).fill(2)]));
  });

  it('was never read where its disk is missing or ends, in gaps, and where it is in no one piece', async () => {
    const parts = [
      { at: 0, length: 512, on: on('a', 0) },
      { at: 512, length: 512, on: on('gone', 0) },
      { at: 2048, length: 512, on: null },
      { at: 2560, length: 2 ** 50, on: on('a', 3584) },
      { at: 2560 + 2 ** 50, length: 512, on: on('a', 2 ** 52) },
    ];
    const volume = joinedVolume('tank', { name: 'tank', parts }, new Map([['a', disk(1)]]));
    expect(await volume?.runs?.(0, volume.size)).toEqual([
      { kind: 'data', offset: 0, length: 512 },
      { kind: 'unread', offset: 512, length: 2048 },
      { kind: 'data', offset: 2560, length: 512 },
      { kind: 'unread', offset: 3072, length: 2 ** 50 },
    ]);
    await expect(volume?.read(1000, 24)).rejects.toMatchObject({ code: 'never-read' });
  });

  it('is none where parts overlap', () => {
    const parts = [
      { at: 0, length: 1024, on: on('a', 0) },
      { at: 512, length: 1024, on: on('a', 2048) },
    ];
    expect(joinedVolume('tank', { name: 'tank', parts }, new Map([['a', disk(1)]]))).toBeNull();
    expect(joinedVolume('tank', { name: 'tank', parts: [] }, new Map())).toBeNull();
  });

  it('has no part whose numbers are no bytes of anything, and of all volumes 4096 at most', async () => {
    const parts = [
      { volume: 'tank', at: 0, extent: 2 ** 53, count: 3 },
      { volume: 'tank', at: 2 ** 52, extent: 0, count: 2 ** 40 },
      { volume: 'tank', at: 0, extent: 0, count: 0 },
      ...Array.from({ length: 6000 }, (_, at) => ({ volume: `many${at % 7}`, at, extent: at, count: 1 })),
    ];
    const found = await physicalVolume(memorySource(lvmHead(LENGTH, parts), 'pv'));
    expect(found?.volumes[0]?.parts.map((part) => part.on)).toEqual([null]);
    expect(found?.volumes.flatMap((volume) => volume.parts).length).toBe(4096);
  });
});
