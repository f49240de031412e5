import { expect, it } from 'vitest';
import type { Blkptr } from '../../../src/format/blkptr.ts';
import { chooseEngine } from '../../../src/node/engine.ts';
import { openFileSource } from '../../../src/node/fileSource.ts';
import type { BlockRead, BlockReader } from '../../../src/pool/blockRead.ts';
import { openBlockReader } from '../../../src/pool/blockReader.ts';
import { surveyDevice } from '../../../src/pool/surveyDevice.ts';
import type { OpenBlocks } from '../../../src/rewind/load/poolReaders.ts';
import { scanPools } from '../../../src/rewind/scanPools.ts';
import { pool, poolImages } from '../../tools/images.ts';

/** Content that a checksum vouches for and that makes no sense: whoever can write to a disk can do that. */

const { FUZZ_SEED } = process.env;
const SEED = Number(FUZZ_SEED ?? 20_261_121);
const ROUNDS = 50;
const WORDS = [0n, 1n, 7n, 0xffn, 2n ** 32n - 1n, 2n ** 48n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n];
const engine = chooseEngine();

/** Marsaglia's xorshift32: small, and the same everywhere. */
function random(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Changes one block in `rate`, the same one always in the same way, and counts what it is asked for. */
class Lying implements BlockReader {
  readonly #reader: BlockReader;
  readonly #below: (below: number) => number;
  readonly #rate: number;
  readonly #told = new Map<string, Uint8Array>();
  reads = 0;

  constructor(reader: BlockReader, seed: number, rate: number) {
    this.#reader = reader;
    this.#below = random(seed);
    this.#rate = rate;
  }

  async read(bp: Blkptr, signal?: AbortSignal): Promise<BlockRead> {
    this.reads++;
    const read = await this.#reader.read(bp, signal);
    const key = String.fromCharCode(...bp.bytes);
    const told = this.#told.get(key) ?? (this.#below(this.#rate) === 0 ? this.#lie(read.bytes) : read.bytes);
    this.#told.set(key, told);
    return { ...read, bytes: told };
  }

  verify(bp: Blkptr, signal?: AbortSignal) {
    return this.#reader.verify(bp, signal);
  }

  #lie(truth: Uint8Array): Uint8Array {
    const bytes = truth.slice();
    const view = new DataView(bytes.buffer);
    for (let i = this.#below(12) + 1; i > 0 && bytes.length >= 8; i--) {
      const at = this.#below(Math.floor(bytes.length / 8)) * 8;
      const other = truth[this.#below(truth.length)] ?? 0;
      if (this.#below(2) === 0) view.setBigUint64(at, WORDS[this.#below(WORDS.length)] ?? 0n, this.#below(4) > 0);
      else bytes[at + this.#below(8)] = other;
    }
    return bytes;
  }
}

it.each([
  ['torn-sector', 89n],
  ['four-tops', 94n],
  ['version-28', 64n],
])(`judges %s whatever its MOS says (seed ${SEED})`, { timeout: 120_000 }, async (name, minTxg) => {
  const sources = await Promise.all((await poolImages(pool(name))).map((path) => openFileSource(path)));
  const devices = await Promise.all(sources.map((source) => surveyDevice(source, engine)));
  const verdicts = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const liars: Lying[] = [];
    const open: OpenBlocks = (root, more) => {
      const liar = new Lying(openBlockReader(root, { engine, ...more }), SEED + round * 77, 4 + (round % 12));
      liars.push(liar);
      return liar;
    };
    const { judgements } = await scanPools(
      devices,
      ({ root }) => (root === null ? null : openBlockReader(root, { engine })),
      { depth: 'mos', minTxg, blocks: { engine, open } },
    );
    const candidates = judgements.flatMap((judgement) => judgement.candidates);
    expect(candidates.length).toBeGreaterThan(1);
    for (const { prediction } of candidates) verdicts.add(prediction.failsAt ?? prediction.verdict);
    const reads = liars.reduce((sum, liar) => sum + liar.reads, 0);
    expect(reads, `round ${round}`).toBeLessThan(20_000);
  }
  await Promise.all(sources.map((source) => source.close()));
  // It has to have come deep into the load, or it showed nothing.
  expect(verdicts.size).toBeGreaterThan(4);
});
