import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkCache } from '../../src/source/chunkCache.ts';
import { type ByteSource, SourceError } from '../../src/source/source.ts';

const SIZE = 300_000;
const CONTENT = Uint8Array.from({ length: SIZE }, (_, i) => (i * 31 + (i >> 8)) & 0xff);

/** Counts its reads; those that touch `bad` fail. */
function counted(bad: number | null = null): ByteSource & { readonly reads: [number, number][] } {
  const reads: [number, number][] = [];
  return {
    name: 'disk',
    size: SIZE,
    reads,
    async read(offset, length) {
      reads.push([offset, length]);
      const place = { source: 'disk', offset, path: [] };
      if (offset < 0 || offset + length > SIZE) throw new SourceError('source-short', 'too short', place);
      if (bad !== null && offset <= bad && bad < offset + length) throw new SourceError('EIO', 'bad sector', place);
      return CONTENT.slice(offset, offset + length);
    },
  };
}

describe('ChunkCache', () => {
  it('gives the bytes of its source, whatever is asked for in whatever order', async () => {
    const range = fc.tuple(fc.nat(SIZE - 1), fc.integer({ min: 0, max: 80_000 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(
        fc.array(range, { maxLength: 20 }),
        fc.integer({ min: 1, max: 200_000 }),
        async (asked, room) => {
          const cached = new ChunkCache({ capacity: room }).of(counted());
          await Promise.all(
            asked.map(async ([offset, wanted, lend]) => {
              const length = Math.min(wanted, SIZE - offset);
              const into = lend ? new Uint8Array(length + 7) : undefined;
              const bytes = await cached.read(offset, length, undefined, into);
              expect(Buffer.compare(bytes, CONTENT.subarray(offset, offset + length))).toBe(0);
            }),
          );
        },
      ),
    );
  });

  it('asks the source once for many small reads that lie together, also when all are asked for at once', async () => {
    const source = counted();
    const cached = new ChunkCache().of(source);
    await Promise.all([0, 4096, 8192, 40_000].map((offset) => cached.read(offset, 4096)));
    await cached.read(50_000, 512);
    expect(source.reads).toHaveLength(1);
  });

  it('keeps sources apart', async () => {
    const cache = new ChunkCache();
    const [one, other] = [
      counted(),
      { ...counted(), read: async (_: number, length: number) => new Uint8Array(length) },
    ];
    expect(await cache.of(one).read(512, 512)).toEqual(CONTENT.slice(512, 1024));
    expect(await cache.of(other).read(512, 512)).toEqual(new Uint8Array(512));
  });

  it('loses no more than the bad sector where a device has one, and says so as the device does', async () => {
    const source = counted(5000);
    const cached = new ChunkCache().of(source);
    expect(await cached.read(0, 4096)).toEqual(CONTENT.slice(0, 4096));
    expect(await cached.read(8192, 4096)).toEqual(CONTENT.slice(8192, 12_288));
    await expect(cached.read(4608, 512)).rejects.toMatchObject({ code: 'EIO' });
    await expect(cached.read(SIZE - 100, 512)).rejects.toMatchObject({ code: 'source-short' });
    // What failed as a whole is not asked for as a whole again.
    expect(source.reads.filter(([, length]) => length === 65_536)).toHaveLength(1);
  });

  it('gives memory that the caller may write to', async () => {
    const cached = new ChunkCache().of(counted());
    (await cached.read(0, 512)).fill(0);
    expect(await cached.read(0, 512)).toEqual(CONTENT.slice(0, 512));
  });

  it('forgets what was used longest ago', async () => {
    const source = counted();
    const cached = new ChunkCache({ capacity: 2 * 65_536 }).of(source);
    for (const offset of [0, 65_536, 0, 131_072, 0, 65_536]) await cached.read(offset, 512);
    expect(source.reads.map(([offset]) => offset)).toEqual([0, 65_536, 131_072, 65_536]);
  });
});
