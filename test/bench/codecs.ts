// Prints how fast each codec gives content, as MB/s of content and as a ratio to what else can be had on this machine:
// Node's own zlib, and any candidate package that happens to be installed (lz4js, fzstd, fflate, zstd-codec).
import { readFileSync } from 'node:fs';
import * as zlib from 'node:zlib';
import { decompress, prepareCodec } from '../../src/block/decompress.ts';
import type { CompressionKind } from '../../src/format/compressionKinds.ts';
import { toLzjb, toZle } from '../block/greedy.ts';

const SECONDS = 0.5;
const place = { source: 'benchmark', offset: 0, path: [] };

/** Text with repetitions, and records of 512 bytes that are mostly alike, as dnodes are. */
const samples: Record<string, Uint8Array> = {
  text: Uint8Array.from(readFileSync(process.argv[1] ?? '')).subarray(0, 128 * 1024),
  records: Uint8Array.from({ length: 16 * 1024 }, (_, i) =>
    i % 512 < 100 ? (i % 512 < 8 ? 19 : 0) : i % 512 < 116 ? Math.imul(i, 2654435761) >>> 24 : 0,
  ),
};

type Decode = (stream: Uint8Array, size: number) => Uint8Array;
interface Row {
  readonly kind: CompressionKind;
  readonly stream: Uint8Array;
  readonly others: Readonly<Record<string, { stream: Uint8Array; decode: Decode }>>;
}

/** A package that need not be there: a variable name keeps compilers from looking for it. */
async function optional(name: string): Promise<Record<string, unknown> | null> {
  try {
    const module = (await import(name)) as Record<string, unknown>;
    return (module['default'] as Record<string, unknown> | undefined) ?? module;
  } catch {
    return null;
  }
}

function rate(decode: () => Uint8Array, size: number): number {
  for (let i = 0; i < 20; i++) decode();
  const begin = performance.now();
  let rounds = 0;
  while (performance.now() - begin < SECONDS * 1000) {
    decode();
    rounds++;
  }
  return (size * rounds) / (performance.now() - begin) / 1000;
}

/** Greedy with a table of the last place of each four bytes; `greedy.ts` is too slow for 128 KiB. */
function quickLz4(bytes: Uint8Array): Uint8Array {
  const block: number[] = [];
  const last = new Map<number, number>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lengths = (rest: number): void => {
    for (let left = rest - 15; left >= 0; left -= 255) block.push(Math.min(left, 255));
  };
  let literals = 0;
  for (let at = 0; at < bytes.length - 12; ) {
    const word = view.getUint32(at);
    const from = last.get(word);
    last.set(word, at);
    if (from === undefined || at - from > 65535) {
      at++;
      continue;
    }
    let length = 4;
    while (at + length < bytes.length - 5 && bytes[from + length] === bytes[at + length]) length++;
    block.push((Math.min(at - literals, 15) << 4) | Math.min(length - 4, 15));
    lengths(at - literals);
    for (const byte of bytes.subarray(literals, at)) block.push(byte);
    block.push((at - from) & 255, (at - from) >> 8);
    lengths(length - 4);
    at += length;
    literals = at;
  }
  block.push(Math.min(bytes.length - literals, 15) << 4);
  lengths(bytes.length - literals);
  for (const byte of bytes.subarray(literals)) block.push(byte);
  return Uint8Array.from(block);
}

const withLength = (block: Uint8Array): Uint8Array => {
  const stored = new Uint8Array(4 + block.length);
  new DataView(stored.buffer).setUint32(0, block.length);
  stored.set(block, 4);
  return stored;
};

type Call = (...values: unknown[]) => unknown;

async function rows(content: Uint8Array): Promise<Row[]> {
  const block = quickLz4(content);
  const stream = Uint8Array.from(zlib.deflateSync(content));
  const [lz4js, fflate, fzstd] = await Promise.all(['lz4js', 'fflate', 'fzstd'].map(optional));
  const found: Row[] = [
    { kind: 'lzjb', stream: toLzjb(content.subarray(0, 16384)), others: {} },
    { kind: 'zle', stream: toZle(content), others: {} },
    {
      kind: 'lz4',
      stream: withLength(block),
      others: lz4js
        ? {
            lz4js: {
              stream: block,
              decode: (input, size) => {
                const output = new Uint8Array(size);
                (lz4js['decompressBlock'] as Call)(input, output, 0, input.length, 0);
                return output;
              },
            },
          }
        : {},
    },
    {
      kind: 'gzip-6',
      stream,
      others: {
        'node:zlib': {
          stream,
          decode: (input, size) => zlib.inflateSync(input, { maxOutputLength: size, chunkSize: size }),
        },
        ...(fflate
          ? {
              fflate: {
                stream,
                decode: (input: Uint8Array, size: number) =>
                  (fflate['unzlibSync'] as Call)(input, { out: new Uint8Array(size) }) as Uint8Array,
              },
            }
          : {}),
      },
    },
  ];
  const node = zlib as unknown as Record<string, Call | undefined>;
  const compress = node['zstdCompressSync'];
  const expand = node['zstdDecompressSync'];
  if (compress && expand) {
    const frame = Uint8Array.from(compress(content) as Uint8Array);
    const body = withLength(frame.subarray(4));
    const stored = Uint8Array.of(...body.subarray(0, 4), 3, 0, 0x28, 0xa5, ...body.subarray(4));
    found.push({
      kind: 'zstd',
      stream: stored,
      others: {
        'node:zlib': { stream: frame, decode: (input, size) => expand(input, { maxOutputLength: size }) as Uint8Array },
        ...(fzstd
          ? {
              fzstd: {
                stream: frame,
                decode: (input: Uint8Array, size: number) =>
                  (fzstd['decompress'] as Call)(input, new Uint8Array(size)) as Uint8Array,
              },
            }
          : {}),
      },
    });
  }
  return found;
}

const begin = performance.now();
await prepareCodec('zstd');
console.log(`zstd loaded in ${(performance.now() - begin).toFixed(1)} ms`);
for (const [name, content] of Object.entries(samples)) {
  for (const { kind, stream, others } of await rows(content)) {
    const size = kind === 'lzjb' ? Math.min(content.length, 16384) : content.length;
    const ours = rate(() => decompress(kind, stream, size, place), size);
    const ratios = Object.entries(others).map(([other, { stream: input, decode }]) => {
      const theirs = rate(() => decode(input, size), size);
      return `${(ours / theirs).toFixed(2)} times ${other}`;
    });
    console.log(`${name.padEnd(8)} ${kind.padEnd(7)} ${ours.toFixed(0).padStart(6)} MB/s  ${ratios.join(', ')}`);
  }
}
