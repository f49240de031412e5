import { decompress, MAX_LSIZE, prepareCodec } from '../block/decompress.ts';
import { type Engine, OUTCOME, type PlainPointers, type SaltedChecksums, type StoredBlock } from '../block/engine.ts';
import { blockCheck } from '../block/verifyBlock.ts';
import { UnsupportedError, ZfsUberError } from '../bytes/errors.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { checksumKind } from '../format/checksumKinds.ts';
import { compressionKind } from '../format/compressionKinds.ts';
import type { ByteSource } from '../source/source.ts';
import { answersIn } from './answeredBlocks.ts';
import { BlockCopies } from './blockCopies.ts';
import { type BlockRead, type BlockReader, likelyRoom, mayLackZeros, withoutZeros } from './blockRead.ts';
import { type Placed, runsOf } from './blockRuns.ts';
import { type Loan, sharedMemory } from './lentMemory.ts';
import { PointerFields } from './pointerFields.ts';
import type { VdevNode } from './pool.ts';
import { type Gathered, gatherBlocks, type SpreadBlock, type SpreadTop, spreadTop } from './spreadDevices.ts';
import { LABEL_START } from './vdevLeaf.ts';
import { bestLeg, firstLeg, type Leg, readFrom, wholeDevices } from './wholeDevices.ts';

/** A block to read and verify, and whether its content is wanted. */
export interface BatchBlock {
  readonly bp: Blkptr;
  readonly content: boolean;
  /** Of an indirect block that holds nothing but such pointers the content is of no use. */
  readonly plain?: PlainPointers | null;
}

/**
 * `error` is null when the block is sound; `bytes` is its content where that was wanted and of use, of one that
 * {@link mayLackZeros} without them. It is never written to, and lent: the memory holds something else once the taker has
 * returned.
 */
export interface BatchAnswer {
  readonly bytes: Uint8Array | null;
  readonly error: ZfsUberError | null;
}

export interface BlockBatches {
  /**
   * Reads and verifies many blocks, in whatever order suits the devices.
   *
   * @param take is given an answer a block, in the order of `blocks`
   * @param turn nothing is given before it is settled
   * @throws the reason of `signal`; what `take` throws
   */
  read(
    blocks: readonly BatchBlock[],
    take: (answer: BatchAnswer, index: number) => void,
    signal?: AbortSignal,
    turn?: Promise<void>,
  ): Promise<void>;
  /** As `readTogether` of BlockReader: content that its taker may keep. */
  readSound(
    blocks: readonly Blkptr[],
    take: (read: BlockRead, index: number) => void,
    signal?: AbortSignal,
  ): Promise<void>;
}

export interface BlockBatchOptions {
  readonly engine: Engine;
  readonly salted?: SaltedChecksums | null;
  /** Content of a block that was read and found sound before, where somebody still has it. */
  readonly kept?: ((bp: Blkptr) => Uint8Array | null) | undefined;
}

/**
 * Bytes between two blocks that are read and thrown away rather than cost a request, even from the page cache; none where
 * all that is read is kept.
 */
const GAP = 64 * 1024;
/** The same between columns of a vdev that spreads blocks, of which each device has a part of any stretch. */
const SPREAD_GAPS = 2;
/** Runs up to this length are opened together: most of them are one block of metadata. */
const SHORT = 32 * 1024;
/** Blocks under way that are read one by one. */
const SINGLES = 64;

const SOUND: BatchAnswer = { bytes: null, error: null };
const NOTHING = new Uint8Array(0);

/** A run that is opened with others, by its place in the memory that they share. */
interface ShortRun {
  readonly run: readonly Placed[];
  readonly at: number;
  readonly length: number;
}

/** A batch under way. */
interface Batch {
  readonly blocks: readonly BatchBlock[];
  /** Null where there is none yet. */
  readonly answers: (BatchAnswer | null)[];
  /** Where they were read, of those that were read with others on one leg. */
  readonly from: (Leg | null)[];
  /** Given back when the answers were taken. */
  readonly memory: Loan;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads blocks by the batch: what lies side by side on a device comes in one request and is summed in one call.
 *
 * That way go blocks of plain disks and mirrors of them, from one leg each, and of raidz and dRAID of such, without their
 * parity. All others, and each block of which that copy is not sound, are left to `reader`, which knows every layout and
 * tries every copy.
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
  readonly #spread: readonly (SpreadTop | null)[];
  readonly #kept: (bp: Blkptr) => Uint8Array | null;
  readonly #gap: number;
  readonly #fields = new PointerFields();

  constructor(root: VdevNode, reader: BlockReader, options: BlockBatchOptions) {
    this.#reader = reader;
    this.#engine = options.engine;
    this.#salted = options.salted ?? null;
    this.#kept = options.kept ?? (() => null);
    const legs = new Map<ByteSource, Leg>();
    // Where blocks are answered for, the reader does it.
    const tops = answersIn(root) === null ? root.children : [];
    this.#tops = tops.map((top) => wholeDevices(top, legs));
    this.#spread = tops.map((top) => spreadTop(top, legs));
    this.#gap = [...legs.keys()].some(({ selection }) => selection !== undefined) ? 0 : GAP;
  }

  async read(
    blocks: readonly BatchBlock[],
    take: (answer: BatchAnswer, index: number) => void,
    signal?: AbortSignal,
    turn?: Promise<void>,
  ): Promise<void> {
    const batch = batchOf(blocks, sharedMemory.borrow(), signal);
    const { answers } = batch;
    for (const [index, { bp, content }] of blocks.entries()) {
      const kept = this.#kept(bp);
      if (kept !== null) answers[index] = content ? { bytes: kept, error: null } : SOUND;
    }
    await Promise.all([this.#readPlaced(batch), this.#readSpread(batch)]);
    const rest: number[] = [];
    for (const [index, answer] of answers.entries()) if (answer === null) rest.push(index);
    const queue = inOrderOfPlace(rest, blocks).values();
    const work = async (): Promise<void> => {
      for (const index of queue) answers[index] = await this.#readOne(blocks[index], signal);
    };
    await Promise.all(Array.from({ length: Math.min(SINGLES, rest.length) }, work));
    await turn;
    signal?.throwIfAborted();
    for (const [index, answer] of answers.entries()) take(answer ?? SOUND, index);
    // Not where anything failed: somebody may still write to it.
    batch.memory.giveBack();
  }

  async readSound(
    pointers: readonly Blkptr[],
    take: (read: BlockRead, index: number) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const blocks = pointers.map((bp) => ({ bp, content: true }));
    const batch = batchOf(blocks, sharedMemory.borrow(), signal);
    const copies = new BlockCopies();
    // Not of the leg that has least to do: what is said of a block must not depend on what else is read.
    await this.#readPlaced(batch, firstLeg);
    signal?.throwIfAborted();
    for (const [index, { bp }] of blocks.entries()) {
      const [answer, leg] = [batch.answers[index], batch.from[index]];
      if (answer == null || answer.bytes === null || leg == null) continue;
      const offset = Number(bp.dvas[0]?.offset ?? 0n) * 512 + LABEL_START;
      const place = { source: leg.source.name, offset, path: [leg.name] };
      const attempts = [{ place, vdev: leg.name, outcome: 'good', error: null } as const];
      take({ bytes: copies.copyOf(answer.bytes), attempts, encrypted: bp.encrypted }, index);
    }
    batch.memory.giveBack();
  }

  /** Reads those without an answer that can be read with others. */
  async #readPlaced(batch: Batch, legOf = bestLeg): Promise<void> {
    const placed: Placed[] = [];
    for (const [index, { bp }] of batch.blocks.entries()) {
      const at = batch.answers[index] === null ? this.#placeOf(bp, index) : null;
      if (at !== null) placed.push(at);
    }
    placed.sort((a, b) => a.top - b.top || a.offset - b.offset);
    const short: ShortRun[] = [];
    let room = 0;
    const reading: Promise<void>[] = [];
    for (const run of runsOf(placed, this.#gap)) {
      const length = lengthOf(run);
      if (length > SHORT) reading.push(this.#readRun(run, batch, legOf));
      else {
        short.push({ run, at: room, length });
        room += length;
      }
    }
    reading.push(this.#readShort(short, room, batch, legOf));
    await Promise.all(reading);
  }

  /** Runs that are read each for itself, most of them out of what is at hand, and opened together. */
  async #readShort(short: readonly ShortRun[], room: number, batch: Batch, legOf: typeof bestLeg): Promise<void> {
    if (room === 0) return;
    const memory = batch.memory.lend(room);
    const read = await Promise.all(
      short.map(({ run, at, length }) => this.#readInto(run, memory.subarray(at, at + length), batch, legOf)),
    );
    const blocks: Gathered['blocks'][number][] = [];
    for (const [i, { run, at }] of short.entries()) {
      const start = run[0]?.offset ?? 0;
      if (read[i]) for (const each of run) blocks.push({ ...each, offset: at + each.offset - start });
    }
    await this.#open(blocks, memory, 0, batch);
  }

  /** The same of vdevs that spread blocks. */
  async #readSpread(batch: Batch): Promise<void> {
    if (this.#spread.every((top) => top === null)) return;
    const blocks: SpreadBlock[] = [];
    for (const [index, { bp }] of batch.blocks.entries()) {
      const at = batch.answers[index] === null ? this.#firstCopy(bp, index) : null;
      const top = at && this.#spread[at.top];
      if (at !== null && top != null) blocks.push({ ...at, top, birth: bp.physicalBirth });
    }
    const columns = sharedMemory.borrow();
    const into = { columns, blocks: batch.memory };
    const gathered = await gatherBlocks(blocks, this.#gap * SPREAD_GAPS, into, batch.signal);
    columns.giveBack();
    await Promise.all(gathered.map(({ blocks, bytes }) => this.#open(blocks, bytes, 0, batch)));
  }

  /** Where the first copy lies, when it can be read with others. */
  #placeOf(bp: Blkptr, index: number): Placed | null {
    const at = this.#firstCopy(bp, index);
    const legs = at && this.#tops[at.top];
    return at === null || legs == null || legs.length === 0 ? null : { ...at, legs };
  }

  #firstCopy(bp: Blkptr, index: number): Omit<Placed, 'legs'> | null {
    const fields = this.#fields;
    fields.at(bp.view, 0, bp.standsInLittleEndian);
    if (fields.embedded || fields.hole || fields.copies === 0 || fields.gang(0)) return null;
    const algorithm = this.#algorithmOf(fields.checksum);
    if (algorithm === null) return null;
    return { index, top: fields.vdev(0), offset: fields.offset(0), size: fields.psize, algorithm };
  }

  /** Null for a checksum that the reader alone can compute. */
  #algorithmOf(checksum: number): StoredBlock['algorithm'] | null {
    const kind = checksumKind(checksum);
    switch (kind) {
      case 'fletcher2':
      case 'fletcher4':
      case 'sha256':
      case 'sha512':
        return kind;
      case 'skein':
      case 'edonr':
      case 'blake3':
        return this.#salted === null ? null : kind;
      default:
        return null;
    }
  }

  /** @param legOf chooses the leg to read from */
  async #readRun(run: readonly Placed[], batch: Batch, legOf: typeof bestLeg): Promise<void> {
    const memory = batch.memory.lend(lengthOf(run));
    if (await this.#readInto(run, memory, batch, legOf)) await this.#open(run, memory, run[0]?.offset ?? 0, batch);
  }

  /**
   * Reads a run into `memory`, which is as long.
   *
   * @returns false where it does not read as a whole: then its blocks were read each for itself, or are left
   */
  async #readInto(run: readonly Placed[], memory: Uint8Array, batch: Batch, legOf: typeof bestLeg): Promise<boolean> {
    const first = run[0];
    if (first === undefined) return false;
    const leg = legOf(first.legs, first.offset, first.offset + memory.length);
    if (leg === null) return false;
    const bytes = await readFrom(leg, first.offset + LABEL_START, memory.length, batch.signal, memory);
    if (bytes instanceof Uint8Array) {
      if (bytes.buffer !== memory.buffer) memory.set(bytes);
      for (const { index } of run) batch.from[index] = leg;
      return true;
    }
    leg.wrong++;
    // With no other leg the one by one that follows tells which blocks it is.
    if (bytes.gone || first.legs.length === 1) return false;
    if (run.length === 1) leg.source.failures?.note(first.offset + LABEL_START, first.size, bytes);
    else for (const each of run) await this.#readRun([each], batch, () => leg);
    return false;
  }

  /**
   * Answers for the blocks of runs that are sound.
   *
   * @param start offset of the first of `bytes`
   * @param roomFor what the content of each is given: those for which it is too little are opened once more
   */
  async #open(
    run: Gathered['blocks'],
    bytes: Uint8Array,
    start: number,
    batch: Batch,
    roomFor: (bp: Blkptr) => number = likelyRoom,
  ): Promise<void> {
    const stored: (StoredBlock & { readonly index: number })[] = [];
    let room = 0;
    let looked: PlainPointers | null = null;
    for (const { index, offset, size, algorithm } of run) {
      const { bp, content = false, plain = null } = batch.blocks[index] ?? {};
      if (bp === undefined) continue;
      const span = { offset: offset - start, length: size };
      // The words of an encrypted or authenticated block are in part a MAC.
      if (bp.crypt) {
        const part = bytes.subarray(span.offset, span.offset + size);
        if (!blockCheck(bp, { engine: this.#engine, salted: this.#salted }).matches(part)) distrust(batch.from[index]);
        else batch.answers[index] = content ? this.#withoutZeros(bp, await contentOf(bp, part)) : SOUND;
        continue;
      }
      const compression = content && bp.lsize <= MAX_LSIZE ? compressionKind(bp.compression) : null;
      looked ??= plain;
      const pointers = bp.level === 1 && plain !== null && plain === looked;
      const length = roomFor(bp);
      const unpacked = compression === null ? null : { compression, offset: room, length, size: bp.lsize, pointers };
      if (unpacked !== null) room += length;
      stored.push({
        ...{ index, algorithm, littleEndian: bp.littleEndian, expected: bp.checksumWords },
        ...{ ...span, content: unpacked },
      });
    }
    const memory = room === 0 ? NOTHING : batch.memory.lend(room);
    const outcomes = await this.#engine.openBlocks(stored, bytes, memory, this.#salted, looked);
    const crowded = new Set<number>();
    for (const [i, { index, offset, length, content }] of stored.entries()) {
      const block = batch.blocks[index];
      const outcome = outcomes[i] ?? OUTCOME.wrong;
      if (outcome === OUTCOME.wrong || block === undefined) distrust(batch.from[index]);
      else if (!block.content || outcome === OUTCOME.plain) batch.answers[index] = SOUND;
      else if (outcome >= OUTCOME.unpacked && content !== null) {
        const unpacked = memory.subarray(content.offset, content.offset + content.length);
        const used = outcome - OUTCOME.unpacked;
        batch.answers[index] = { bytes: mayLackZeros(block.bp) ? withoutZeros(unpacked, used) : unpacked, error: null };
      } else if (content !== null && content.length < content.size) crowded.add(index);
      else {
        const given = await contentOf(block.bp, bytes.subarray(offset, offset + length));
        batch.answers[index] = this.#withoutZeros(block.bp, given);
      }
    }
    if (crowded.size === 0) return;
    const again = run.filter(({ index }) => crowded.has(index));
    await this.#open(again, bytes, start, batch, ({ lsize }) => lsize);
  }

  /** Of most indirect blocks above a small object nearly all is holes. */
  #withoutZeros(bp: Blkptr, answer: BatchAnswer): BatchAnswer {
    const { bytes, error } = answer;
    return bytes === null || !mayLackZeros(bp)
      ? answer
      : { bytes: withoutZeros(bytes, this.#engine.usedLength(bytes)), error };
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

/** Bytes from the first block of a run to the end of its last. */
function lengthOf(run: readonly Placed[]): number {
  const start = run[0]?.offset ?? 0;
  return run.reduce((most, { offset, size }) => Math.max(most, offset + size), start) - start;
}

function distrust(leg: Leg | null | undefined): void {
  if (leg != null) leg.wrong++;
}

const batchOf = (blocks: readonly BatchBlock[], memory: Loan, signal: AbortSignal | undefined): Batch => ({
  blocks,
  answers: blocks.map(() => null),
  from: blocks.map(() => null),
  memory,
  signal,
});

/** As they lie on the devices, as far as their first addresses say. */
function inOrderOfPlace(indexes: readonly number[], blocks: readonly BatchBlock[]): readonly number[] {
  if (indexes.length < 2) return indexes;
  const placed = indexes.map((index) => {
    const [dva] = blocks[index]?.bp.dvas ?? [];
    return { index, top: dva?.vdev ?? -1, offset: Number(dva?.offset ?? 0n) };
  });
  return placed.sort((a, b) => a.top - b.top || a.offset - b.offset).map(({ index }) => index);
}

async function contentOf(bp: Blkptr, stored: Uint8Array): Promise<BatchAnswer> {
  if (bp.encrypted) return { bytes: stored, error: null };
  try {
    const kind = compressionKind(bp.compression);
    if (kind === null) throw new UnsupportedError(`compression ${bp.compression}`, bp.place);
    const loading = prepareCodec(kind);
    if (loading !== null) await loading;
    return { bytes: decompress(kind, stored, bp.lsize, bp.place), error: null };
  } catch (error) {
    if (error instanceof ZfsUberError) return { bytes: null, error };
    throw error;
  }
}
