import { describe, expect, it } from 'vitest';
import { BlockCache, CacheRoom } from '../../src/dataset/blockCache.ts';
import { Blkptr } from '../../src/format/blkptr.ts';
import { ForgedReader, type Pointer, putPointer } from './forgedBlocks.ts';

const pointer = (of: Pointer): Blkptr => {
  const bytes = new Uint8Array(128);
  putPointer(bytes, 0, of);
  return new Blkptr(bytes, true, { source: 'forged', offset: 0, path: [] });
};

/** Of metadata, which is kept. */
const OBJSET = 11;
const small = (at: number) => pointer({ at, level: 0, size: 4096, type: OBJSET });
const large = (at: number) => pointer({ at, level: 0, size: 131072, type: OBJSET });

describe('blocks that are kept', () => {
  it('are, of the small ones, those read before many large ones', async () => {
    const reader = new ForgedReader();
    const cache = new BlockCache(reader, new CacheRoom(1024 * 1024));
    for (let at = 0; at < 16; at++) await cache.read(small(at));
    for (let at = 100; at < 200; at++) await cache.read(large(at));
    const before = reader.reads;
    for (let at = 0; at < 16; at++) await cache.read(small(at));
    expect(reader.reads).toBe(before);
    expect(cache.peek(large(199))).not.toBeNull();
    expect(cache.peek(large(100))).toBeNull();
  });

  it('are no more than several caches have room for together, and go in the order in which they were used', async () => {
    const room = new CacheRoom(1024 * 1024);
    const [one, other] = [new BlockCache(new ForgedReader(), room), new BlockCache(new ForgedReader(), room)];
    for (let at = 0; at < 3; at++) await one.read(large(at));
    for (let at = 0; at < 100; at++) {
      await other.read(large(1000 + at));
      await one.read(large(0));
    }
    expect(one.peek(large(0))).not.toBeNull();
    expect(one.peek(large(1))).toBeNull();
    let bytes = 0;
    for (let at = 0; at < 3; at++) bytes += one.peek(large(at))?.length ?? 0;
    for (let at = 0; at < 100; at++) bytes += other.peek(large(1000 + at))?.length ?? 0;
    expect(bytes).toBeGreaterThan(500 * 1024);
    expect(bytes).toBeLessThanOrEqual(640 * 1024);
  });

  it('are taken from another cache and not kept twice', async () => {
    const room = new CacheRoom(1024 * 1024);
    const [reader, unused] = [new ForgedReader(), new ForgedReader()];
    const one = new BlockCache(reader, room);
    const other = new BlockCache(unused, room, (bp) => one.use(bp));
    for (let at = 0; at < 4; at++) await one.read(large(at));
    for (let at = 0; at < 4; at++) await other.read(large(at));
    expect(unused.reads).toBe(0);
    expect(other.peekRead(large(3))).toBe(one.peekRead(large(3)));
    for (let at = 4; at < 8; at++) await one.read(large(at));
    for (let at = 4; at < 8; at++) expect(one.peek(large(at))).not.toBeNull();
  });

  it('are those of a space map that were fetched before they are asked for, and no others', async () => {
    const SPACE_MAP = 8;
    const reader = new ForgedReader();
    const cache = new BlockCache(reader);
    const block = (at: number) => pointer({ at, level: 0, size: 131072, type: SPACE_MAP });
    await cache.read(block(1));
    expect(cache.peek(block(1))).toBeNull();
    const bytes = new Uint8Array(131072).fill(1, 0, 130);
    reader.blocks.set(2, bytes);
    await cache.fetch(block(2));
    const before = reader.reads;
    expect(cache.peek(block(2))).toEqual(bytes.subarray(0, 256));
    expect((await cache.unpadded.read(block(2))).bytes).toEqual(bytes.subarray(0, 256));
    expect((await cache.read(block(2))).bytes).toEqual(bytes);
    expect(reader.reads).toBe(before);
  });

  it('are no more than there is room for, of small and large ones together', async () => {
    const cache = new BlockCache(new ForgedReader(), new CacheRoom(1024 * 1024));
    let bytes = 0;
    for (let at = 0; at < 1000; at++) await cache.read(small(at));
    for (let at = 1000; at < 1100; at++) await cache.read(large(at));
    for (let at = 0; at < 1100; at++) bytes += cache.peek(at < 1000 ? small(at) : large(at))?.length ?? 0;
    expect(bytes).toBeGreaterThan(700 * 1024);
    expect(bytes).toBeLessThanOrEqual(1024 * 1024);
  });

  it('are, of indirect blocks, as long as their last pointer needs, and whole for who asks for the block', async () => {
    const reader = new ForgedReader();
    reader.indirect(1, [null, { at: 9, level: 0, size: 512 }]);
    const cache = new BlockCache(reader);
    for (const [at, length] of [
      [1, 2 * 128],
      [2, 128],
    ] as const) {
      const block = pointer({ at, level: 1, size: 4096 });
      const { bytes } = await reader.read(block);
      expect((await cache.read(block)).bytes).toEqual(bytes);
      expect(cache.peek(block)).toEqual(bytes.subarray(0, length));
      expect((await cache.unpadded.read(block)).bytes).toEqual(bytes.subarray(0, length));
      expect((await cache.read(block)).bytes).toEqual(bytes);
    }
  });
});
