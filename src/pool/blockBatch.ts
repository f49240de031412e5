import { decompress, prepareCodec } from '../block/decompress.ts';
import type { Engine, EngineAlgorithm, Span } from '../block/engine.ts';
import { blockCheck, type SaltedChecksums } from '../block/verifyBlock.ts';
import { UnsupportedError, ZfsUberError } from '../bytes/errors.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { checksumKind } from '../format/checksumKinds.ts';
import { compressionKind } from '../format/compressionKinds.ts';
import type { ByteSource } from '../source/source.ts';
import type { BlockReader } from './blockRead.ts';
import { type Placed, runsOf } from './blockRuns.ts';
import type { VdevNode } from './pool.ts';
import { LABEL_START } from './vdevLeaf.ts';
import { bestLeg, type Leg, readFrom, wholeDevices } from './wholeDevices.ts';

/** A block to read and verify, and whether its content is wanted. */
export interface BatchBlock {
  readonly bp: Blkptr;
  readonly content: boolean;
}

/** `error` is null when the block is sound; `bytes` is its content where that was wanted, never written to. */
export interface BatchAnswer {
  readonly bytes: Uint8Array | null;
  readonly error: ZfsUberError | null;
}

export interface BlockBatches {
  /**
   * Reads and verifies many blocks, in whatever order suits the devices.
   *
   * @returns an answer a block, in the order of `blocks`
   * @throws the reason of `signal`
   */
  read(blocks: readonly BatchBlock[], signal?: AbortSignal): Promise<readonly BatchAnswer[]>;
}

export interface BlockBatchOptions {
  readonly engine: Engine;
  readonly salted?: SaltedChecksums | null;
  /** Content of a block that was read and found sound before, where somebody still has it. */
  readonly kept?: ((bp: Blkptr) => Uint8Array | null) | undefined;
}

/** Bytes between two blocks that are read and thrown away rather than cost a request; none where all that is read is kept. */
const GAP = 16 * 1024;
/** Blocks under way that are read one by one. */
const SINGLES = 16;

const SOUND: BatchAnswer = { bytes: null, error: null };

/**
 * Reads blocks by the batch: what lies side by side on a device comes in one request and is summed in one call.
 *
 * That way go blocks of plain disks and mirrors of them, from one leg each. All others, and each block of which that
 * copy is not sound, are left to `reader`, which knows every layout and tries every copy.
 *
 * @param root as `reader` was opened with
 */
export function openBlockBatches(root: VdevNode, reader: BlockReader, options: BlockBatchOptions): BlockBatches {
  return new Batches(root, reader, options);
}

class Batches implements BlockBatches {
  readonly #reader: BlockReader;
  readonly #engine: Engine;
  readonly #salted: SaltedChecksums | null;
  readonly #tops: readonly (readonly Leg[])[];
  readonly #kept: (bp: Blkptr) => Uint8Array | null;
  readonly #gap: number;

  constructor(root: VdevNode, reader: BlockReader, options: BlockBatchOptions) {
    this.#reader = reader;
    this.#engine = options.engine;
    this.#salted = options.salted ?? null;
    this.#kept = options.kept ?? (() => null);
    const legs = new Map<ByteSource, Leg>();
    this.#tops = root.children.map((top) => wholeDevices(top, legs));
    this.#gap = [...legs.keys()].some(({ selection }) => selection !== undefined) ? 0 : GAP;
  }

  async read(blocks: readonly BatchBlock[], signal?: AbortSignal): Promise<readonly BatchAnswer[]> {
    const answers: (BatchAnswer | null)[] = blocks.map(() => null);
    const placed: Placed[] = [];
    for (const [index, { bp, content }] of blocks.entries()) {
      const kept = content ? this.#kept(bp) : null;
      if (kept !== null) {
        answers[index] = { bytes: kept, error: null };
        continue;
      }
      const at = this.#placeOf(bp, index);
      if (at !== null) placed.push(at);
    }
    placed.sort((a, b) => a.top - b.top || a.offset - b.offset);
    await Promise.all(runsOf(placed, this.#gap).map((run) => this.#readRun(run, blocks, answers, signal)));
    const rest: number[] = [];
    for (const [index, answer] of answers.entries()) if (answer === null) rest.push(index);
    const queue = rest.values();
    const work = async (): Promise<void> => {
      for (const index of queue) answers[index] = await this.#readOne(blocks[index], signal);
    };
    await Promise.all(Array.from({ length: Math.min(SINGLES, rest.length) }, work));
    return answers.map((answer) => answer ?? SOUND);
  }

  /** Where the first copy lies, when it can be read with others. */
  #placeOf(bp: Blkptr, index: number): Placed | null {
    if (bp.embedded || bp.hole || bp.gang) return null;
    const algorithm = batchAlgorithm(bp);
    if (algorithm === null && this.#checksumNeedsReader(bp)) return null;
    const dva = bp.dvas[0];
    const legs = dva === undefined ? undefined : this.#tops[dva.vdev];
    if (dva === undefined || legs === undefined || legs.length === 0) return null;
    const offset = Number(dva.offset) * 512;
    return { index, legs, top: dva.vdev, offset, size: bp.psize, algorithm };
  }

  #checksumNeedsReader(bp: Blkptr): boolean {
    switch (checksumKind(bp.checksum)) {
      case 'fletcher2':
      case 'fletcher4':
      case 'sha256':
      case 'sha512':
        return false;
      case 'skein':
      case 'edonr':
      case 'blake3':
        return this.#salted === null;
      default:
        return true;
    }
  }

  /** @param only the leg to read from, where it is not to be chosen */
  async #readRun(
    run: readonly Placed[],
    blocks: readonly BatchBlock[],
    answers: (BatchAnswer | null)[],
    signal: AbortSignal | undefined,
    only: Leg | null = null,
  ): Promise<void> {
    const first = run[0];
    if (first === undefined) return;
    const end = run.reduce((most, { offset, size }) => Math.max(most, offset + size), 0);
    const leg = only ?? bestLeg(first.legs, first.offset, end);
    if (leg === null) return;
    const bytes = await readFrom(leg, first.offset + LABEL_START, end - first.offset, signal);
    if (!(bytes instanceof Uint8Array)) {
      leg.wrong++;
      // With no other leg the one by one that follows tells which blocks it is.
      if (bytes.gone || first.legs.length === 1) return;
      if (run.length === 1) leg.source.failures?.note(first.offset + LABEL_START, first.size, bytes);
      else for (const each of run) await this.#readRun([each], blocks, answers, signal, leg);
      return;
    }
    const sound = await this.#verify(run, first.offset, bytes, blocks);
    for (const [i, { index, offset, size }] of run.entries()) {
      const block = blocks[index];
      if (block === undefined) continue;
      if (sound[i] !== true) {
        leg.wrong++;
        continue;
      }
      const stored = bytes.subarray(offset - first.offset, offset - first.offset + size);
      answers[index] = block.content ? await contentOf(block.bp, stored) : SOUND;
    }
  }

  async #verify(
    run: readonly Placed[],
    start: number,
    bytes: Uint8Array,
    blocks: readonly BatchBlock[],
  ): Promise<readonly boolean[]> {
    const sound = run.map(() => false);
    const groups = new Map<string, number[]>();
    for (const [i, { index, offset, size, algorithm }] of run.entries()) {
      const bp = blocks[index]?.bp;
      if (bp === undefined) continue;
      if (algorithm === null) {
        const stored = bytes.subarray(offset - start, offset - start + size);
        const check = blockCheck(bp, { engine: this.#engine, salted: this.#salted });
        sound[i] = check.matches(stored);
        continue;
      }
      const key = `${algorithm} ${bp.littleEndian}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [i]);
      else group.push(i);
    }
    for (const group of groups.values()) await this.#sum(group, run, start, bytes, blocks, sound);
    return sound;
  }

  async #sum(
    group: readonly number[],
    run: readonly Placed[],
    start: number,
    bytes: Uint8Array,
    blocks: readonly BatchBlock[],
    sound: boolean[],
  ): Promise<void> {
    const spans: Span[] = [];
    for (const i of group) {
      const { offset = 0, size = 0 } = run[i] ?? {};
      spans.push({ offset: offset - start, length: size });
    }
    const one = run[group[0] ?? 0];
    const bp = one === undefined ? undefined : blocks[one.index]?.bp;
    if (one === undefined || one.algorithm === null || bp === undefined) return;
    const words = await this.#engine.checksumMany(one.algorithm, bytes, spans, bp.littleEndian);
    for (const [n, i] of group.entries()) {
      const expected = blocks[run[i]?.index ?? -1]?.bp.checksumWords;
      sound[i] = expected?.every((word, w) => word === words[n * 4 + w]) ?? false;
    }
  }

  async #readOne(block: BatchBlock | undefined, signal: AbortSignal | undefined): Promise<BatchAnswer> {
    if (block === undefined) return SOUND;
    try {
      if (block.content) return { bytes: (await this.#reader.read(block.bp, signal)).bytes, error: null };
      await this.#reader.verify(block.bp, signal);
      return SOUND;
    } catch (error) {
      if (error instanceof ZfsUberError) return { bytes: null, error };
      throw error;
    }
  }
}

/** The sums that the engine makes of many spans at once; null for all others. */
function batchAlgorithm(bp: Blkptr): EngineAlgorithm | null {
  // The words of an encrypted or authenticated block are in part a MAC.
  if (bp.crypt) return null;
  const kind = checksumKind(bp.checksum);
  return kind === 'fletcher2' || kind === 'fletcher4' || kind === 'sha256' || kind === 'sha512' ? kind : null;
}

async function contentOf(bp: Blkptr, stored: Uint8Array): Promise<BatchAnswer> {
  // Copied, so that a small block does not keep the whole run.
  if (bp.encrypted) return { bytes: stored.slice(), error: null };
  try {
    const kind = compressionKind(bp.compression);
    if (kind === null) throw new UnsupportedError(`compression ${bp.compression}`, bp.place);
    const loading = prepareCodec(kind);
    if (loading !== null) await loading;
    const bytes = decompress(kind, stored, bp.lsize, bp.place);
    return { bytes: kind === 'off' ? bytes.slice() : bytes, error: null };
  } catch (error) {
    if (error instanceof ZfsUberError) return { bytes: null, error };
    throw error;
  }
}
