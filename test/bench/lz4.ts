// How fast lz4 of real metadata is unpacked, by TypeScript and by the addon, beside liblz4: MB of content a second of
// processor time, and the ratio to liblz4. Usage: lz4 [IMAGE.gz]; without one the pool of many files that is kept beside
// the repository. liblz4 is called by a small C program, made where there is a compiler and the library.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CACHE, unpackImage } from '../../bin/images.js';
import { decompress } from '../../src/block/decompress.ts';
import { type Engine, OUTCOME, type StoredBlock } from '../../src/block/engine.ts';
import { ALGORITHM_NUMBER, NOT_UNPACKED, PACKING_NUMBER } from '../../src/block/nativeNumbers.ts';
import { BLOCK_COLUMNS, loadAddon } from '../../src/node/addon.ts';
import { createVerifier } from '../../src/traverse/verifier.ts';
import { engine, openPool } from '../traverse/openedPool.ts';

const SHARED = join(import.meta.dirname, '..', '..', '..', 'shared', 'bench', 'many-files.img.gz');
const ROUNDS = 9;
/** As much as stays in no cache. */
const MOST = 64 * 1024 * 1024;
/** Bytes of the length that stands before the stream. */
const HEADER = 4;

interface Sample {
  readonly stored: Uint8Array;
  readonly size: number;
  readonly block: StoredBlock;
}

/** Blocks of metadata as a traversal of the newest txg meets them. */
async function samples(gz: string): Promise<readonly Sample[]> {
  const pool = await openPool([await unpackImage(gz, join(CACHE, 'bench-walk'))]);
  const found: Sample[] = [];
  let total = 0;
  const listening: Engine = {
    ...engine,
    openBlocks(blocks, stored, ...rest) {
      for (const block of blocks) {
        if (block.content?.compression !== 'lz4' || total >= MOST) continue;
        total += block.content.size;
        const bytes = stored.slice(block.offset, block.offset + block.length);
        found.push({ stored: bytes, size: block.content.size, block });
      }
      return engine.openBlocks(blocks, stored, ...rest);
    },
  };
  const [newest] = pool.candidates;
  if (newest === undefined) throw new Error(`no uberblock in ${gz}`);
  const { view, reader } = await pool.at(newest);
  const verifier = createVerifier({ engine: listening, oldestTxg: newest.txg });
  await verifier.verify(view, { reader, data: false, readOnly: true });
  await pool.close();
  return found;
}

/** Seconds of processor time of the round that was disturbed least; of `less` too, where it is part of `work`. */
function seconds(work: () => void, less: () => void = () => {}): number {
  const time = (what: () => void): number => {
    const before = process.cpuUsage();
    what();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
  let [all, part] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS; round++) {
    all = Math.min(all, time(work));
    part = Math.min(part, time(less));
  }
  return all - part;
}

const PROGRAM = `
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
int LZ4_decompress_safe(const char *, char *, int, int);
int main(int argc, char **argv) {
  FILE *f = fopen(argv[1], "rb");
  unsigned count, *sizes; char **in, *out = malloc(1 << 24); double best = 1e9;
  if (!f || fread(&count, 4, 1, f) != 1) return 1;
  in = malloc(count * sizeof *in); sizes = malloc(count * 8);
  for (unsigned i = 0; i < count; i++) {
    if (fread(sizes + 2 * i, 8, 1, f) != 1) return 1;
    in[i] = malloc(sizes[2 * i]);
    if (fread(in[i], sizes[2 * i], 1, f) != 1) return 1;
  }
  for (int round = 0; round < atoi(argv[2]); round++) {
    clock_t start = clock();
    for (unsigned i = 0; i < count; i++)
      if (LZ4_decompress_safe(in[i], out, sizes[2 * i], 1 << 24) != (int)sizes[2 * i + 1]) return 2;
    double took = (double)(clock() - start) / CLOCKS_PER_SEC;
    if (took < best) best = took;
  }
  printf("%.9f\\n", best);
  return 0;
}
`;

/** Seconds that liblz4 takes, or why that is not known. */
function byLibrary(all: readonly Sample[]): number | string {
  const folder = mkdtempSync(join(tmpdir(), 'lz4-'));
  try {
    const [source, program, data] = ['bench.c', 'bench', 'blocks'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(source, PROGRAM);
    const made = ['-llz4', '-l:liblz4.so.1'].some(
      (library) => spawnSync('cc', ['-O2', '-o', program, source, library]).status === 0,
    );
    if (!made) return 'no C compiler with liblz4 is here';
    const streams = all.flatMap(({ stored, size }) => {
      const length = new DataView(stored.buffer).getUint32(0);
      return [
        Uint8Array.from(new Uint8Array(Uint32Array.of(length, size).buffer)),
        stored.subarray(HEADER, HEADER + length),
      ];
    });
    writeFileSync(data, Buffer.concat([new Uint8Array(Uint32Array.of(all.length).buffer), ...streams]));
    const { status, stdout } = spawnSync(program, [data, String(ROUNDS)], { encoding: 'utf8' });
    return status === 0 ? Number(stdout) : `it ended with ${status}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function byTypeScript(all: readonly Sample[]): number {
  const place = { source: 'benchmark', offset: 0, path: [] };
  const room = new Uint8Array(Math.max(...all.map(({ size }) => size)));
  return seconds(() => {
    for (const { stored, size } of all) decompress('lz4', stored, size, place, room.subarray(0, size));
  });
}

/** A batch of about a mebibyte a call, as they are read; what their sums take is taken off. */
function byAddon(all: readonly Sample[]): number {
  const addon = loadAddon();
  const batches = batchesOf(all).map((batch) => {
    const stored = Buffer.concat(batch.map((each) => each.stored));
    const table = new Float64Array(batch.length * BLOCK_COLUMNS);
    const expected = new BigUint64Array(batch.length * 4);
    let [at, to] = [0, 0];
    for (const [
      i,
      {
        stored: { length },
        size,
        block,
      },
    ] of batch.entries()) {
      const { algorithm, littleEndian } = block;
      table.set(
        [at, length, ALGORITHM_NUMBER[algorithm], Number(littleEndian), PACKING_NUMBER.lz4 ?? 0, to, size, size],
        i * BLOCK_COLUMNS,
      );
      expected.set(block.expected, i * 4);
      at += length;
      to += size;
    }
    const sums = table.map((value, i) => (i % BLOCK_COLUMNS === 4 ? NOT_UNPACKED : value));
    return { table, sums, expected, stored, content: new Uint8Array(to) };
  });
  const terms = [new Uint8Array(0), new Uint32Array(0), new Float64Array(0)] as const;
  return seconds(
    () => {
      for (const { table, expected, stored, content } of batches) {
        const outcomes = addon.openBlocks(table, expected, stored, content, ...terms);
        if (outcomes.some((outcome) => outcome < OUTCOME.unpacked)) throw new Error('a block did not unpack');
      }
    },
    () => {
      for (const { sums, expected, stored, content } of batches)
        addon.openBlocks(sums, expected, stored, content, ...terms);
    },
  );
}

function batchesOf(all: readonly Sample[]): Sample[][] {
  const batches: Sample[][] = [];
  let size = 0;
  for (const each of all) {
    if (size === 0 || size >= 2 ** 20) {
      batches.push([]);
      size = 0;
    }
    batches.at(-1)?.push(each);
    size += each.size;
  }
  return batches;
}

const all = await samples(process.argv[2] ?? SHARED);
const bytes = all.reduce((sum, { size }) => sum + size, 0);
const packed = all.reduce((sum, { stored }) => sum + stored.length, 0);
console.log(
  `${all.length} blocks of metadata, ${(bytes / 2 ** 20).toFixed(1)} MiB, ${(bytes / packed).toFixed(1)} : 1`,
);
const library = byLibrary(all);
const print = (name: string, took: number): void => {
  const ratio = typeof library === 'number' ? `  ${(library / took).toFixed(2)} of liblz4` : '';
  console.log(`${name.padEnd(11)} ${(bytes / took / 1e6).toFixed(0).padStart(6)} MB/s${ratio}`);
};
if (typeof library === 'number') print('liblz4', library);
else console.log(`liblz4      not measured: ${library}`);
print('TypeScript', byTypeScript(all));
print('addon', byAddon(all));
