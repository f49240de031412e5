import { decompress, MAX_LSIZE, prepareCodec } from '../block/decompress.ts';
import type { Engine, SaltedChecksums } from '../block/engine.ts';
import { UNREAD_SALT } from '../block/saltedChecksum.ts';
import { type BlockCheck, blockCheck, type Checksums, OLD_GANG_HEADER } from '../block/verifyBlock.ts';
import { FormatError, LimitError, UnsupportedError } from '../bytes/errors.ts';
import { inside } from '../bytes/place.ts';
import type { Blkptr, Dva } from '../format/blkptr.ts';
import { type CompressionKind, compressionKind } from '../format/compressionKinds.ts';
import type { Uberblock } from '../format/uberblock.ts';
import { answeredBlocks, answersIn } from './answeredBlocks.ts';
import { BlkptrCheck } from './blkptrCheck.ts';
import { type BlockBatches, openBlockBatches } from './blockBatch.ts';
import {
  type Attempt,
  type BlockRead,
  type BlockReader,
  type BlockVerdict,
  failedReadsOf,
  UnavailableBlockError,
} from './blockRead.ts';
import { type GangReads, readGang } from './gang.ts';
import type { IndirectMappings } from './indirect.ts';
import type { PointerStrictness } from './pointerRules.ts';
import type { VdevNode } from './pool.ts';
import { deviceBytes } from './vdevHealth.ts';
import type { BlockTask, VdevLayout } from './vdevLayout.ts';
import { openLayouts } from './vdevLayouts.ts';
import { minimumAllocation } from './vdevSize.ts';

export interface BlockReaderOptions {
  readonly engine: Engine;
  /** Salted checksums of this pool; null where nobody knows them, then blocks that need them are unsupported. Default: as before the salt is read. */
  readonly salted?: SaltedChecksums | null;
  /** Mappings of removed top-level vdevs, which are objects of the pool; without them such addresses are unsupported. */
  readonly mappings?: IndirectMappings | null;
  /** Of the uberblock that the pool is read at: how far an expansion of a raidz had come. */
  readonly raidzReflow?: Uberblock['raidzReflow'];
  /** Look at every copy of every block, also after a good one, and at the parity: evidence for a report. */
  readonly scrub?: boolean;
  /** Which pointers are refused before their block is looked at. Default: those that 2.3 and later refuse. */
  readonly strictness?: PointerStrictness;
}

/** What is unpacked into memory that is there before. */
const IN_PLACE: ReadonlySet<CompressionKind> = new Set(['lz4', 'lzjb']);
/** Bytes of blocks in the making; a read beyond waits for others to end. A block larger than this is read alone. */
const IN_FLIGHT = 64 * 1024 * 1024;

/**
 * Headers and pieces of gang blocks that one reader reads. Each is a sector or more and most are read once a txg; but
 * thousands of pointers can lead to one block of very many pieces.
 */
const GANG_READS = 32768;
/** Bytes of the devices that allow for one more. */
const GANG_READ_BYTES = 1024;

/**
 * A reader of the blocks of the pool whose tree is `root`.
 *
 * @param root its children are the top-level vdevs, at the index of their id
 */
export function openBlockReader(root: VdevNode, options: BlockReaderOptions): BlockReader {
  const blocks = new PoolBlocks(root, options);
  const answers = answersIn(root);
  if (answers === null) return blocks;
  const pointers = new BlkptrCheck(root.children, options.strictness);
  const { salted, mappings = null, raidzReflow = NO_REFLOW, scrub = false } = options;
  const salt = salted === undefined || salted === UNREAD_SALT ? 'unread' : salted === null ? 'unknown' : 'known';
  const copiesOf = (bp: Blkptr) => pointers.copiesOf(bp);
  return answeredBlocks(root, blocks, answers, { scrub, salt, mapped: mappings !== null, raidzReflow, copiesOf });
}

const NO_REFLOW: Uberblock['raidzReflow'] = { offset: 0n, state: 0 };

class PoolBlocks implements BlockReader {
  readonly #root: VdevNode;
  readonly #tops: readonly VdevNode[];
  readonly #pointers: BlkptrCheck;
  readonly #layouts: readonly VdevLayout[];
  readonly #checksums: Checksums;
  readonly #scrub: boolean;
  #batches: BlockBatches | null = null;
  #gangReadsLeft: number;
  #inFlight = 0;
  readonly #waiting: { readonly size: number; readonly start: () => void }[] = [];

  constructor(root: VdevNode, options: BlockReaderOptions) {
    this.#root = root;
    this.#tops = root.children;
    this.#pointers = new BlkptrCheck(root.children, options.strictness);
    this.#gangReadsLeft = GANG_READS + deviceBytes(root) / GANG_READ_BYTES;
    this.#layouts = openLayouts(root, {
      mappings: options.mappings ?? null,
      raidzReflow: options.raidzReflow ?? NO_REFLOW,
    });
    this.#checksums = { engine: options.engine, salted: options.salted === undefined ? UNREAD_SALT : options.salted };
    this.#scrub = options.scrub ?? false;
  }

  async verify(bp: Blkptr, signal?: AbortSignal): Promise<BlockVerdict> {
    const dvas = this.#pointers.copiesOf(bp);
    const attempts: Attempt[] = [];
    if (dvas.length > 0) await this.#inTurn(bp.psize, () => this.#stored(bp, dvas, attempts, signal));
    return { attempts };
  }

  async read(bp: Blkptr, signal?: AbortSignal): Promise<BlockRead> {
    const dvas = this.#pointers.copiesOf(bp);
    const attempts: Attempt[] = [];
    if (bp.embedded) return { bytes: await this.#embedded(bp), attempts, encrypted: false };
    if (dvas.length === 0) return { bytes: new Uint8Array(bp.lsize), attempts, encrypted: false };
    // A small block can say that its content is large: both are held while it is decompressed.
    return this.#inTurn(bp.psize + bp.lsize, async () => {
      const stored = await this.#stored(bp, dvas, attempts, signal);
      if (bp.encrypted) return { bytes: stored, attempts, encrypted: true };
      return { bytes: await this.#expand(bp, stored), attempts, encrypted: false };
    });
  }

  async readTogether(
    blocks: readonly Blkptr[],
    take: (read: BlockRead, index: number) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    // All copies of each are to be looked at.
    if (this.#scrub) return;
    const { engine, salted } = this.#checksums;
    this.#batches ??= openBlockBatches(this.#root, this, { engine, salted });
    const followed: number[] = [];
    const pointers: Blkptr[] = [];
    for (const [index, bp] of blocks.entries()) {
      if (this.#pointers.refusal(bp) !== null) continue;
      followed.push(index);
      pointers.push(bp);
    }
    await this.#batches.readSound(pointers, (read, i) => take(read, followed[i] ?? 0), signal);
  }

  #embedded(bp: Blkptr): Promise<Uint8Array> {
    // Kind 0 is data; a redacted block has no content that could be read.
    if (bp.checksum !== 0) {
      const found = bp.checksum === 2 ? 'redacted' : `${bp.checksum}`;
      throw new FormatError('format-value', 'kind of embedded block', 'data', found, bp.place);
    }
    return this.#expand(bp, bp.payload);
  }

  async #expand(bp: Blkptr, stored: Uint8Array): Promise<Uint8Array> {
    const kind = compressionKind(bp.compression);
    if (kind === null) throw new FormatError('format-value', 'compression', 'one that is known', '', bp.place);
    const into = IN_PLACE.has(kind) && bp.lsize <= MAX_LSIZE ? new Uint8Array(bp.lsize) : null;
    if (into !== null && this.#checksums.engine.unpack(kind, stored, into)) return into;
    const loading = prepareCodec(kind);
    if (loading !== null) await loading;
    return decompress(
      kind,
      stored,
      bp.lsize,
      kind === 'off' ? bp.place : inside(bp.place, 'content'),
      into ?? undefined,
    );
  }

  /** The `psize` bytes of the block, verified. */
  #stored(bp: Blkptr, dvas: readonly Dva[], attempts: Attempt[], signal: AbortSignal | undefined): Promise<Uint8Array> {
    signal?.throwIfAborted();
    if (bp.gang) return readGang(bp, this.#gangReads(attempts, signal));
    return this.#copies(bp, dvas, bp.psize, blockCheck(bp, this.#checksums), attempts, signal);
  }

  /** Does `work`, which holds `size` bytes, when there is room for them. */
  async #inTurn<T>(size: number, work: () => Promise<T>): Promise<T> {
    if (this.#inFlight > 0 && this.#inFlight + size > IN_FLIGHT) await this.#turn(size);
    else this.#inFlight += size;
    try {
      return await work();
    } finally {
      this.#inFlight -= size;
      this.#wake();
    }
  }

  #turn(size: number): Promise<void> {
    return new Promise((start) => this.#waiting.push({ size, start }));
  }

  #wake(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#inFlight > 0 && this.#inFlight + next.size > IN_FLIGHT) return;
      this.#waiting.shift();
      this.#inFlight += next.size;
      next.start();
    }
  }

  async #copies(
    bp: Blkptr,
    dvas: readonly Dva[],
    size: number,
    check: BlockCheck,
    attempts: Attempt[],
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const scrub = this.#scrub;
    const task: BlockTask = { check, birth: bp.physicalBirth, scrub, signal, attempts };
    let good: Uint8Array | null = null;
    for (const { vdev, offset } of dvas) {
      // Both were checked: there is such a vdev, and the end of the block is a safe number.
      const bytes = await this.#layouts[vdev]?.read(Number(offset) * 512, size, task);
      good ??= bytes ?? null;
      if (good !== null && !scrub) break;
    }
    if (good !== null) return good;
    for (const { error } of attempts) if (error instanceof UnsupportedError) throw error;
    const failed = failedReadsOf(attempts);
    const silent = failed.find((error) => error.silent);
    // What else was found says nothing of the block while the device that may have it does not answer.
    if (silent !== undefined) throw silent;
    const copies = addresses(dvas);
    const block = `block ${copies.join(', ')}`;
    const message = failed.length > 0 ? `${block} cannot be read` : `no copy of ${block} is sound`;
    throw new UnavailableBlockError(message, attempts, bp.place, copies);
  }

  #gangReads(attempts: Attempt[], signal: AbortSignal | undefined): GangReads {
    const { engine } = this.#checksums;
    const count = ({ place }: Blkptr): void => {
      if (this.#gangReadsLeft-- <= 0) throw new LimitError('more pieces of gang blocks than there is room for', place);
    };
    return {
      engine,
      headerSize: ({ vdev }) => {
        const top = this.#tops[vdev];
        return top === undefined ? OLD_GANG_HEADER : minimumAllocation(top.config);
      },
      checkPointer: (bp) => void this.#pointers.copiesOf(bp),
      readCopies: async (bp, size, check) => {
        count(bp);
        return this.#copies(bp, bp.dvas, size, check, attempts, signal);
      },
      readMember: async (bp) => {
        count(bp);
        return this.#copies(bp, bp.dvas, bp.psize, blockCheck(bp, this.#checksums), attempts, signal);
      },
    };
  }
}

/** `0:1a2b000`, vdev and byte offset, as zdb prints them. */
const addresses = (dvas: readonly Dva[]): string[] =>
  dvas.map(({ vdev, offset }) => `${vdev}:${(offset * 512n).toString(16)}`);
