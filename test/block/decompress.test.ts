import { closeSync, openSync, readSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { decompress, MAX_LSIZE, prepareCodec } from '../../src/block/decompress.ts';
import { FormatError, LimitError, UnsupportedError, ZfsUberError } from '../../src/bytes/errors.ts';
import { COMPRESSION_KINDS, type CompressionKind } from '../../src/format/compressionKinds.ts';
import { pool, poolImage } from '../tools/images.ts';
import { type ContentFile, RECORD_SIZE, record } from './content.ts';
import { toLz4, toLzjb, toZle } from './greedy.ts';

const place = { source: 'disk0.img', offset: 0x400000, path: [] };

/** Records of the image: dataset, compression, file, offset in it; byte offset of the block in the image, psize. */
const RECORDS: readonly (readonly [string, CompressionKind, ContentFile, number, number, number])[] = [
  ['off', 'off', 'text', 0, 0x409800, 8192],
  ['off', 'off', 'gaps', 0, 0x405800, 8192],
  ['on', 'lz4', 'text', 0, 0x54dc00, 2560],
  ['on', 'lz4', 'gaps', 0, 0x54d400, 512],
  ['lzjb', 'lzjb', 'text', 0, 0x557200, 2048],
  ['lzjb', 'lzjb', 'gaps', 0, 0x556a00, 512],
  ['zle', 'zle', 'text', 8192, 0x55fa00, 4608],
  ['zle', 'zle', 'gaps', 0, 0x561400, 512],
  ['lz4', 'lz4', 'text', 0, 0x569c00, 2560],
  ['lz4', 'lz4', 'gaps', 0, 0x569400, 512],
  ['gzip-1', 'gzip-1', 'text', 0, 0x573200, 1536],
  ['gzip-1', 'gzip-1', 'gaps', 0, 0x572a00, 512],
  ['gzip-2', 'gzip-2', 'text', 0, 0x57c000, 1536],
  ['gzip-2', 'gzip-2', 'gaps', 0, 0x57b800, 512],
  ['gzip-3', 'gzip-3', 'text', 0, 0x584e00, 1536],
  ['gzip-3', 'gzip-3', 'gaps', 0, 0x585c00, 512],
  ['gzip-4', 'gzip-4', 'text', 0, 0x58ea00, 1536],
  ['gzip-4', 'gzip-4', 'gaps', 0, 0x58e200, 512],
  ['gzip-5', 'gzip-5', 'text', 0, 0x597200, 1536],
  ['gzip-5', 'gzip-5', 'gaps', 0, 0x596a00, 512],
  ['gzip-6', 'gzip-6', 'text', 0, 0x5a1000, 1536],
  ['gzip-6', 'gzip-6', 'gaps', 0, 0x5a0800, 512],
  ['gzip-7', 'gzip-7', 'text', 0, 0x5a7e00, 1536],
  ['gzip-7', 'gzip-7', 'gaps', 0, 0x5a8c00, 512],
  ['gzip-8', 'gzip-8', 'text', 0, 0x5b1400, 1536],
  ['gzip-8', 'gzip-8', 'gaps', 0, 0x5b0c00, 512],
  ['gzip-9', 'gzip-9', 'text', 0, 0x5b9c00, 1536],
  ['gzip-9', 'gzip-9', 'gaps', 0, 0x5b9400, 512],
  ['zstd', 'zstd', 'text', 0, 0x5c2000, 1024],
  ['zstd', 'zstd', 'gaps', 0, 0x5c2c00, 512],
  ['zstd-1', 'zstd', 'text', 0, 0x5cae00, 1024],
  ['zstd-1', 'zstd', 'gaps', 0, 0x5ca600, 512],
  ['zstd-9', 'zstd', 'text', 0, 0x5d3a00, 1024],
  ['zstd-9', 'zstd', 'gaps', 0, 0x5d3200, 512],
  ['zstd-19', 'zstd', 'text', 0, 0x5ddc00, 1024],
  ['zstd-19', 'zstd', 'gaps', 0, 0x5de600, 512],
  ['zstd-fast', 'zstd', 'text', 0, 0x5e5400, 1536],
  ['zstd-fast', 'zstd', 'gaps', 0, 0x5e4c00, 512],
  ['zstd-fast-10', 'zstd', 'text', 0, 0x5ee400, 2560],
  ['zstd-fast-10', 'zstd', 'gaps', 0, 0x5edc00, 512],
  ['zstd-fast-1000', 'zstd', 'text', 8192, 0x5f6e00, 5120],
  ['zstd-fast-1000', 'zstd', 'gaps', 0, 0x5f8600, 512],
];

it('says so when zstd was not prepared, and prepares it once', async () => {
  expect(() => decompress('zstd', new Uint8Array(512), 512, place)).toThrow(UnsupportedError);
  const preparation = prepareCodec('zstd');
  expect(preparation).not.toBeNull();
  await preparation;
  expect(prepareCodec('zstd')).toBeNull();
  expect(prepareCodec('lz4')).toBeNull();
});

describe('decompress', () => {
  let image = '';
  beforeAll(async () => {
    await prepareCodec('zstd');
    image = await poolImage(pool('all-compressions'), 'd0.img');
  });

  it.each(RECORDS)('gives the content of the block that ZFS wrote with compression=%s, %s, %s', (...row) => {
    const [, kind, file, offset, at, psize] = row;
    const bytes = new Uint8Array(psize);
    const fd = openSync(image, 'r');
    readSync(fd, bytes, 0, psize, at);
    closeSync(fd);
    expect(decompress(kind, bytes, RECORD_SIZE, place)).toEqual(record(file, offset));
  });

  it.each(['inherit', 'on', 'empty'] as const)('refuses %s, which no stored block has', (kind) => {
    expect(() => decompress(kind, new Uint8Array(512), 512, place)).toThrow(
      `compression: expected one that stored blocks have, found ${kind}`,
    );
  });

  it('refuses an uncompressed block that is shorter than its content', () => {
    expect(() => decompress('off', new Uint8Array(512), 1024, place)).toThrow(FormatError);
  });

  it.each(COMPRESSION_KINDS)('refuses to give no byte, more than the largest block, or no number with %s', (kind) => {
    for (const lsize of [0, -1, MAX_LSIZE + 1, 2 ** 40, Number.NaN]) {
      expect(() => decompress(kind, new Uint8Array(512), lsize, place)).toThrow(LimitError);
    }
  });

  it.each(COMPRESSION_KINDS)('ends with a typed error when 512 bytes claim to hold 16 MiB with %s', (kind) => {
    for (const fill of [0, 0x1f, 0x55, 0xff]) {
      expect(() => decompress(kind, new Uint8Array(512).fill(fill), MAX_LSIZE, place)).toThrow(ZfsUberError);
    }
  });
});

/** The content, or null for a typed error; anything else that is thrown fails the test. */
function attempt(kind: CompressionKind, bytes: Uint8Array, lsize: number): Uint8Array | null {
  try {
    return decompress(kind, bytes, lsize, place);
  } catch (error) {
    if (error instanceof ZfsUberError) return null;
    throw error;
  }
}

describe.each(['lzjb', 'zle', 'lz4', 'gzip-6', 'zstd', 'off'] as const)('%s on hostile bytes', (kind) => {
  beforeAll(() => prepareCodec('zstd') ?? undefined);

  /** A block of 4 KiB of text, compressed, where we have a compressor. */
  const sound: Partial<Record<CompressionKind, (content: Uint8Array) => Uint8Array>> = {
    lzjb: toLzjb,
    zle: toZle,
    lz4: toLz4,
    'gzip-6': (content) => Uint8Array.from(deflateSync(content)),
  };
  const small = record('text', 0).subarray(0, 1024);
  const start = sound[kind]?.(small) ?? small;

  it('gives exactly the wanted size or a typed error for random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.integer({ min: 1, max: 5000 }), (bytes, lsize) => {
        const output = attempt(kind, Uint8Array.from(bytes), lsize);
        if (output !== null) expect(output).toHaveLength(lsize);
      }),
      { seed: 2, numRuns: 1500 },
    );
  });

  it('gives exactly the wanted size or a typed error for changed blocks', () => {
    const change = fc.record({ at: fc.nat({ max: start.length - 1 }), to: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat({ max: start.length }), (changes, cut) => {
        const bytes = Uint8Array.from(start);
        for (const { at, to } of changes) bytes[at] = to;
        for (const input of [bytes, bytes.subarray(0, cut)]) {
          const output = attempt(kind, input, small.length);
          if (output !== null) expect(output).toHaveLength(small.length);
        }
      }),
      { seed: 3, numRuns: 1500 },
    );
  });
});

describe('zstd on hostile bytes', () => {
  it('gives exactly the wanted size or a typed error for changed frames that ZFS wrote', async () => {
    await prepareCodec('zstd');
    const [, , , , at, psize] = RECORDS.find(([dataset]) => dataset === 'zstd-19') ?? expect.fail('no zstd record');
    const bytes = new Uint8Array(psize);
    const fd = openSync(await poolImage(pool('all-compressions'), 'd0.img'), 'r');
    readSync(fd, bytes, 0, psize, at);
    closeSync(fd);
    fc.assert(
      fc.property(fc.nat({ max: psize - 1 }), fc.integer({ min: 0, max: 255 }), (index, to) => {
        const changed = Uint8Array.from(bytes);
        changed[index] = to;
        const output = attempt('zstd', changed, RECORD_SIZE);
        if (output !== null) expect(output).toHaveLength(RECORD_SIZE);
      }),
      { seed: 4, numRuns: 3000 },
    );
  });
});
