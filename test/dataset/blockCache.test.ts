import { describe, expect, it } from 'vitest';
import { BlockCache } from '../../src/dataset/blockCache.ts';
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
const large = (at: number) => pointer({ at, level: 1, size: 131072 });

describe('blocks that are kept', () => {
  it('are, of the small ones, those read before many large ones', async () => {
    const reader = new ForgedReader();
    const cache = new BlockCache(reader, 1024 * 1024);
    for (let at = 0; at < 16; at++) await cache.read(small(at));
    for (let at = 100; at < 200; at++) await cache.read(large(at));
    const before = reader.reads;
    for (let at = 0; at < 16; at++) await cache.read(small(at));
    expect(reader.reads).toBe(before);
    expect(cache.peek(large(199))).not.toBeNull();
    expect(cache.peek(large(100))).toBeNull();
  });

  it('are no more than there is room for, of small and large ones together', async () => {
    const cache = new BlockCache(new ForgedReader(), 1024 * 1024);
    let bytes = 0;
    for (let at = 0; at < 1000; at++) await cache.read(small(at));
    for (let at = 1000; at < 1100; at++) await cache.read(large(at));
    for (let at = 0; at < 1100; at++) bytes += cache.peek(at < 1000 ? small(at) : large(at))?.length ?? 0;
    expect(bytes).toBeGreaterThan(700 * 1024);
    expect(bytes).toBeLessThanOrEqual(1024 * 1024);
  });
});
