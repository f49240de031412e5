// How much less processor time WebAssembly and the addon take than TypeScript, for batches of blocks as they are read: each
// summed, and in the rows of a compression unpacked too. The sides take turns, and of each the round counts that was
// disturbed least. Copies in and out of WebAssembly are part of what it takes.
import { type Engine, OUTCOME, type StoredBlock } from '../../src/block/engine.ts';
import { pureEngine } from '../../src/block/pureEngine.ts';
import { saltedChecksums } from '../../src/block/saltedChecksum.ts';
import { createWasmEngine } from '../../src/block/wasmEngine.ts';
import { addonPaths } from '../../src/node/addon.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { wasmFile } from '../../src/node/wasmFile.ts';
import { toLz4, toLzjb } from '../block/greedy.ts';

const ROUNDS = 9;
const BATCH = 2 ** 20;
const SIZES = [512, 4096, 16384, 131072];
const SALT = saltedChecksums(Uint8Array.from({ length: 32 }, (_, i) => i * 5));
const NOTHING = new Uint8Array(0);

const read = wasmFile();
if (read === null) throw new Error('zfs-uber.wasm is not built: node bin/develop.js wasm');
const WASM = { base: pureEngine, load: async () => read(), required: true, hasSha2: true, pause: null };
const engines = new Map<string, Engine>([
  ['TypeScript', pureEngine],
  ['wasm', createWasmEngine(WASM)],
  ['node', chooseEngine({ forced: 'node' })],
]);
if (addonPaths().length > 0) engines.set('addon', chooseEngine({ forced: 'native' }));

interface Batch {
  readonly blocks: readonly StoredBlock[];
  readonly stored: Uint8Array;
  readonly room: number;
}

const noise = new Uint8Array(BATCH);
for (let at = 0; at < BATCH; at += 65536) crypto.getRandomValues(noise.subarray(at, at + 65536));

function summed(algorithm: StoredBlock['algorithm'], size: number): Batch {
  const blocks = Array.from({ length: BATCH / size }, (_, i): StoredBlock => {
    const bytes = noise.subarray(i * size, (i + 1) * size);
    const expected =
      algorithm === 'skein' || algorithm === 'edonr' || algorithm === 'blake3'
        ? SALT.checksum(algorithm, bytes, true)
        : pureEngine.checksum(algorithm, bytes, true);
    return { offset: i * size, length: size, algorithm, littleEndian: true, expected, content: null };
  });
  return { blocks, stored: noise, room: 0 };
}

/** Content like that of dnodes: a few bytes at the same places of each 512, and zeros. */
function packed(compression: 'lz4' | 'lzjb', size: number): Batch {
  const contents = Array.from({ length: Math.max(1, BATCH / size / 4) }, (_, i) =>
    Uint8Array.from({ length: size }, (_, at) => (at % 512 < 60 || at % 37 === 0 ? (noise[at + i * 7] ?? 0) & 31 : 0)),
  );
  const parts = contents.map(compression === 'lz4' ? toLz4 : toLzjb);
  const stored = Uint8Array.from(parts.flatMap((part) => [...part]));
  let offset = 0;
  const blocks = parts.map((part, i): StoredBlock => {
    const expected = pureEngine.checksum('fletcher4', part, true);
    const content = { compression, offset: i * size, length: size, size };
    offset += part.length;
    return { ...{ offset: offset - part.length, length: part.length }, ...FLETCHER, expected, content };
  });
  return { blocks, stored, room: size * parts.length };
}
const FLETCHER = { algorithm: 'fletcher4', littleEndian: true } as const;

async function seconds({ blocks, stored, room }: Batch, engine: Engine, times: number): Promise<number> {
  const content = room === 0 ? NOTHING : new Uint8Array(room);
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) {
    const outcomes = await engine.openBlocks(blocks, stored, content, SALT);
    if (outcomes.some((each) => (room === 0 ? each !== OUTCOME.sound : each < OUTCOME.unpacked))) {
      throw new Error(`${engine.info.name} opens a block otherwise`);
    }
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function compare(name: string, batch: Batch): Promise<void> {
  const once = Math.min(await seconds(batch, pureEngine, 1), await seconds(batch, pureEngine, 1));
  const times = Math.max(1, Math.round(0.03 / Math.max(once, 1e-4)));
  const best = new Map<string, number>();
  for (let round = -1; round < ROUNDS; round++) {
    for (const [side, engine] of engines) {
      const took = await seconds(batch, engine, times);
      if (round >= 0) best.set(side, Math.min(best.get(side) ?? Number.POSITIVE_INFINITY, took));
    }
  }
  const own = best.get('TypeScript') ?? Number.NaN;
  const speed = ((batch.room || batch.stored.length) * times) / own / 1e6;
  const ratios = [...best].slice(1).map(([side, took]) => `${side} ${(own / took).toFixed(1)}`);
  console.log(
    `${name.padEnd(20)} TypeScript ${speed.toFixed(0).padStart(5)} MB/s; times as fast: ${ratios.join(', ')}`,
  );
}

for (const engine of engines.values()) await engine.prepare?.();
for (const algorithm of ['fletcher2', 'fletcher4', 'sha256', 'sha512', 'skein', 'edonr', 'blake3'] as const) {
  for (const size of SIZES) await compare(`${algorithm} ${size}`, summed(algorithm, size));
}
for (const compression of ['lz4', 'lzjb'] as const) {
  for (const size of SIZES) await compare(`${compression} ${size}`, packed(compression, size));
}
