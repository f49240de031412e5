import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { compressBlock, compressBound } from 'lz4js';
import { describe, expect, it } from 'vitest';
import { ZstdCodec } from 'zstd-codec';
import { decompress, prepareCodec } from '../../src/block/decompress.ts';
import { pool, poolImages } from '../tools/images.ts';

// Encoders of other people, of which our decoders know nothing: what these write ours must read.

const place = { source: 'disk0.img', offset: 0, path: [] };
const ROOT = join(import.meta.dirname, '..', '..');

/** Behind the length that ZFS puts in front of a block. */
function withLength(block: Uint8Array, header = 4): Uint8Array {
  const bytes = new Uint8Array(header + block.length);
  new DataView(bytes.buffer).setUint32(0, block.length);
  bytes.set(block, header);
  return bytes;
}

/** Null where the encoder gives up, as ZFS then stores the content as it is. */
function lz4Of(content: Uint8Array): Uint8Array | null {
  const into = new Uint8Array(compressBound(content.length));
  const length = compressBlock(content, into, 0, content.length, new Uint32Array(1 << 16));
  return length === 0 ? null : withLength(into.subarray(0, length));
}

const simple = await new Promise<InstanceType<Parameters<Parameters<typeof ZstdCodec.run>[0]>[0]['Simple']>>(
  (resolve) => {
    ZstdCodec.run(({ Simple }) => resolve(new Simple()));
  },
);
await prepareCodec('zstd');

/** Of a level by its number in libzstd: below 0 those that ZFS calls fast. Source: include/sys/zio_compress.h, enum zio_zstd_levels */
function zstdOf(content: Uint8Array, level: number, stored: number): Uint8Array {
  const frame = simple.compress(content, level);
  if (frame === null) throw new Error(`no frame at level ${level}`);
  // ZFS leaves the magic away, and has the version of libzstd and its own number of the level in front.
  const bytes = withLength(frame.subarray(4), 8);
  bytes.set([stored, 0, 0x28, 0xa5], 4);
  return bytes;
}

const unpacked = (content: Uint8Array, level: number, stored: number): Uint8Array =>
  decompress('zstd', zstdOf(content, level, stored), content.length, place);

/** What ZFS calls `zstd-fast-N`, by its number in a block. */
const FAST = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 500, 1000];
const LEVELS = [
  ...Array.from({ length: 19 }, (_, at) => ({ name: `zstd-${at + 1}`, level: at + 1, stored: at + 1 })),
  ...FAST.map((fast, at) => ({ name: `zstd-fast-${fast}`, level: -fast, stored: 103 + at })),
];

const SIZE = 32768;

/** Blocks of real content: metadata and data of a pool, text, code. */
async function realBlocks(): Promise<Uint8Array[]> {
  const [image = ''] = await poolImages(pool('torn-sector'));
  const disk = readFileSync(image);
  const parts = [0, 0x4000, 0x400000, 0x800000, 0x1000000].map((at) => disk.subarray(at, at + SIZE));
  const texts = ['package-lock.json', 'src/words/reasons.ts', 'docs/findings.md'].map((name) =>
    readFileSync(join(ROOT, name)).subarray(0, SIZE),
  );
  return [...parts, ...texts].map((bytes) => Uint8Array.from(bytes));
}

/** Noise, runs, and what repeats at a distance. */
const contents = fc
  .array(
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc
        .tuple(fc.nat(255), fc.integer({ min: 1, max: 5000 }))
        .map(([byte, length]) => new Uint8Array(length).fill(byte)),
      fc.uint8Array({ minLength: 1, maxLength: 20 }).map((part) =>
        Uint8Array.from(
          Array(40)
            .fill([...part])
            .flat(),
        ),
      ),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

const REAL = await realBlocks();

describe('lz4 of lz4js', () => {
  const readsBack = (content: Uint8Array): boolean => {
    const block = lz4Of(content);
    if (block === null) return false;
    expect(Buffer.compare(decompress('lz4', block, content.length, place), content)).toBe(0);
    return true;
  };

  it('is read back, whatever it holds', () => {
    let read = 0;
    const property = fc.property(contents, (content) => {
      if (readsBack(content)) read++;
    });
    fc.assert(property, { numRuns: 300 });
    expect(read).toBeGreaterThan(150);
  });

  it('is read back of real content', () => {
    expect(REAL.filter(readsBack).length).toBeGreaterThan(4);
  });
});

describe('zstd of zstd-codec', () => {
  it.each(LEVELS)('is read back at $name', ({ level, stored }) => {
    for (const content of REAL.slice(level > 15 ? 4 : 0)) {
      expect(Buffer.compare(unpacked(content, level, stored), content)).toBe(0);
    }
  });

  it('is read back, whatever it holds', () => {
    fc.assert(
      fc.property(contents, fc.constantFrom(...LEVELS), (content, { level, stored }) => {
        expect(Buffer.compare(unpacked(content, level, stored), content)).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});
