import type { Blkptr } from '../../src/format/blkptr.ts';
import type { BlockRead, BlockReader } from '../../src/pool/blockRead.ts';
import { type Pick, random } from './random.ts';

/** What damage looks like that matters: lengths, counts, numbers of objects, pointers that lead elsewhere. */
const WORDS = [0n, 1n, 7n, 0xffn, 2n ** 32n - 1n, 2n ** 48n, 2n ** 53n + 1n, 2n ** 60n, 2n ** 63n, 2n ** 64n - 1n];

/**
 * Changes one block in `rate` behind its checksum, the same one always in the same way: metadata that was written wrong,
 * not destroyed. Counts what it is asked for.
 */
export class LyingReader implements BlockReader {
  readonly #reader: BlockReader;
  readonly #pick: Pick;
  readonly #rate: number;
  readonly #most: number;
  readonly #told = new Map<string, Uint8Array>();
  reads = 0;
  lies = 0;

  /**
   * @param rate 0: it never lies
   * @param most reads that are let through before they count as endless
   */
  constructor(reader: BlockReader, seed: number, rate: number, most = Number.POSITIVE_INFINITY) {
    this.#most = most;
    this.#reader = reader;
    this.#pick = random(seed);
    this.#rate = rate;
  }

  async read(bp: Blkptr, signal?: AbortSignal): Promise<BlockRead> {
    if (++this.reads > this.#most) throw new Error('reads without end');
    const read = await this.#reader.read(bp, signal);
    if (this.#rate === 0) return read;
    const key = String.fromCharCode(...bp.bytes);
    const told = this.#told.get(key) ?? (this.#pick(this.#rate) === 0 ? this.#lie(read.bytes) : read.bytes);
    this.#told.set(key, told);
    return { ...read, bytes: told };
  }

  verify(bp: Blkptr, signal?: AbortSignal) {
    return this.#reader.verify(bp, signal);
  }

  #lie(truth: Uint8Array): Uint8Array {
    this.lies++;
    const pick = this.#pick;
    const bytes = truth.slice();
    if (bytes.length === 0) return bytes;
    const view = new DataView(bytes.buffer);
    for (let i = 1 + pick(8); i > 0; i--) {
      // Where there is something, since zeros are most of a block and nobody reads them.
      let at = pick(bytes.length);
      for (let tries = 0; tries < 64 && bytes[at] === 0; tries++) at = pick(bytes.length);
      const word = at & ~7;
      const kind = pick(4);
      if (kind === 0 || word + 8 > bytes.length) bytes[at] = pick(256);
      else if (kind === 1) bytes[at] = truth[pick(truth.length)] ?? 0;
      else if (kind === 2) view.setBigUint64(word, WORDS[pick(WORDS.length)] ?? 0n, pick(4) > 0);
      else {
        const from = pick(Math.ceil(bytes.length / 128)) * 128;
        bytes.copyWithin(at & ~127, from, from + 128);
      }
    }
    return bytes;
  }
}
