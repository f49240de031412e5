import { expect, it } from 'vitest';
import { ZfsUberError } from '../../src/bytes/errors.ts';
import type { Blkptr } from '../../src/format/blkptr.ts';
import type { BlockRead, BlockReader } from '../../src/pool/blockRead.ts';
import { pool, poolImages } from '../tools/images.ts';
import { openImages } from './openImages.ts';
import { readEverything } from './readEverything.ts';

/** Rounds; each opens the pool and reads all of it once. */
const ROUNDS = 60;
const SEED = 20261121;

/** mulberry32: small, and the same everywhere. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** What damage looks like that matters: lengths, counts, numbers of objects, pointers that lead elsewhere. */
const WORDS = [0n, 1n, 7n, 0xffn, 2n ** 32n - 1n, 2n ** 48n, 2n ** 53n + 1n, 2n ** 60n, 2n ** 63n, 2n ** 64n - 1n];

/** Changes some blocks after their checksum was found right: metadata that was written wrong, not destroyed. */
class Corrupting implements BlockReader {
  readonly #reader: BlockReader;
  readonly #below: (below: number) => number;
  readonly #rate: number;
  readonly #changed = new Map<string, Uint8Array>();
  reads = 0;
  changes = 0;

  constructor(reader: BlockReader, seed: number, rate: number) {
    this.#reader = reader;
    this.#below = random(seed);
    this.#rate = rate;
  }

  async read(bp: Blkptr, signal?: AbortSignal): Promise<BlockRead> {
    this.reads++;
    const read = await this.#reader.read(bp, signal);
    const key = bp.dvas.map(({ vdev, offset }) => `${vdev}:${offset}`).join();
    const known = this.#changed.get(key);
    if (known !== undefined && known.length === read.bytes.length) return { ...read, bytes: known };
    if (this.#below(this.#rate) !== 0) return read;
    const bytes = this.#change(read.bytes);
    this.#changed.set(key, bytes);
    this.changes++;
    return { ...read, bytes };
  }

  verify(bp: Blkptr, signal?: AbortSignal) {
    return this.#reader.verify(bp, signal);
  }

  #change(original: Uint8Array): Uint8Array {
    const bytes = original.slice();
    const view = new DataView(bytes.buffer);
    for (let i = 0; i <= this.#below(8); i++) {
      // Where there is something, since zeros are most of a block and nobody reads them.
      let at = this.#below(bytes.length);
      for (let tries = 0; tries < 64 && bytes[at] === 0; tries++) at = this.#below(bytes.length);
      const word = at & ~7;
      const kind = this.#below(3);
      if (kind === 0 || word + 8 > bytes.length) bytes[at] = this.#below(256);
      else if (kind === 1) view.setBigUint64(word, WORDS[this.#below(WORDS.length)] ?? 0n, true);
      else {
        const from = this.#below(Math.floor(bytes.length / 128)) * 128;
        bytes.copyWithin(at & ~127, from, from + 128);
      }
    }
    return bytes;
  }
}

it(`answers corrupted metadata with typed errors, in bounded work (seed ${SEED})`, { timeout: 60_000 }, async () => {
  const images = await poolImages(pool('all-compressions'));
  const calm: Corrupting[] = [];
  const view = await openImages(images, undefined, (reader) => {
    calm.push(new Corrupting(reader, 0, Number.MAX_SAFE_INTEGER));
    return calm.at(-1) ?? reader;
  });
  const whole = await readEverything(
    view,
    (work) => work(),
    (trouble) => expect.fail(trouble.message),
  );
  const sound = calm.reduce((sum, { reads }) => sum + reads, 0);

  let [changes, troubles, opened] = [0, 0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const readers: Corrupting[] = [];
    const attempt = async (work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof ZfsUberError)) throw error;
        troubles++;
      }
    };
    await attempt(async () => {
      const damaged = await openImages(images, undefined, (reader) => {
        readers.push(new Corrupting(reader, SEED + round, 12));
        return readers.at(-1) ?? reader;
      });
      opened++;
      const things = await readEverything(damaged, attempt, () => troubles++);
      expect(things, `things of round ${round}`).toBeLessThan(whole * 50);
    });
    expect(
      readers.reduce((sum, { reads }) => sum + reads, 0),
      `reads of round ${round}`,
    ).toBeLessThan(sound * 20);
    changes += readers.reduce((sum, each) => sum + each.changes, 0);
  }
  expect(changes).toBeGreaterThan(ROUNDS);
  expect(opened).toBeGreaterThan(ROUNDS / 4);
  expect(troubles).toBeGreaterThan(ROUNDS);
});
