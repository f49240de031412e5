import type { Engine, SaltedChecksums } from '../block/engine.ts';
import { ZfsUberError } from '../bytes/errors.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { type BlockBatches, openBlockBatches } from '../pool/blockBatch.ts';
import type { BlockReader } from '../pool/blockRead.ts';
import type { ErrorCause } from '../pool/errorCause.ts';
import type { PointerStrictness } from '../pool/pointerRules.ts';
import type { VdevNode } from '../pool/pool.ts';
import { DatasetWalk } from './datasetWalk.ts';
import { WalksInStep } from './inStep.ts';
import { logErrors } from './logErrors.ts';
import { PointerScan, type RewrittenBirth } from './pointerScan.ts';
import type { SpentBound } from './spentBound.ts';
import { type BlockRole, type Failure, isLogHead, isSummary, type Ordered, type Part } from './summary.ts';
import { type DatasetRef, VerifyMemo } from './verifyMemo.ts';
import { Walk, type WalkSetting } from './walk.ts';
import { MAX_READERS, WalkBudget } from './walkBudget.ts';
import { WalkMemory } from './walkMemory.ts';

/** The pool at one txg. */
export interface VerifyView {
  readonly uberblock: { readonly txg: bigint; readonly rootbp: Blkptr; readonly checkpointTxg: bigint };
  /** With which `reader` was opened. */
  readonly root: VdevNode;
  readonly salted: SaltedChecksums | null;
}

export interface VerifyOptions {
  /** Txgs of which the same blocks are the same bytes share one reader: what was found through it holds for all. */
  readonly reader: BlockReader;
  /** Content of blocks that were read through `reader` before and found sound, where somebody still has it. */
  readonly kept?: (bp: Blkptr) => Uint8Array | null;
  /** Also content of files and volumes; otherwise only metadata. */
  readonly data: boolean;
  /** A read-only import also counts errors in logs that nobody claimed. */
  readonly readOnly: boolean;
  /** Only blocks born after this txg. Default: 3, all that there are, as for `zpool import -T`. */
  readonly minTxg?: bigint;
  /** Default: `physical`, which is right for any release where nothing was rewritten. */
  readonly rewritten?: RewrittenBirth;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: VerifyProgress) => void;
  /**
   * Each block that fails, also those for which {@link Verification.failures} has no room. Of some ten thousand a
   * verifier keeps the particulars; those beyond are counted only.
   */
  readonly onFailure?: (failure: BlockFailure) => void;
}

export interface VerifyProgress {
  /** Estimate, 0 to 1: by the bytes that datasets refer to. */
  readonly share: number;
  readonly blocks: number;
  readonly bytes: number;
}

export interface BlockFailure {
  /** Number of the dataset's object in the MOS; 0 for the MOS. */
  readonly dataset: bigint;
  /** 0 for the dnodes, -1 to -3 for the space accounting of users, groups and projects. */
  readonly object: bigint;
  readonly level: number;
  /** -1 for a spill block; of an intent log the block's sequence number. */
  readonly blockId: bigint;
  readonly bp: Blkptr;
  readonly what: BlockRole;
  readonly kind: 'metadata' | 'data';
  readonly because: ErrorCause;
  /** An UnavailableBlockError has the attempts; null for a pointer that OpenZFS would not follow. */
  readonly error: ZfsUberError | null;
}

export interface Verification {
  /** As OpenZFS counts them: up to the block that ends its traversal, if one does. */
  readonly metadataErrors: number;
  /** Null when content was not looked at and no intent log failed. */
  readonly dataErrors: number | null;
  /** The first block that ends the traversal and fails the load; null when it gets to the end. */
  readonly fatal: BlockFailure | null;
  /** All errors there are, also behind `fatal`. */
  readonly found: { readonly metadata: number; readonly data: number };
  /** The first ones in the order of the traversal. */
  readonly failures: readonly BlockFailure[];
  /** Those that OpenZFS opens, in the order of their objects, as far as it gets: not beyond that in which `fatal` lies. */
  readonly datasets: readonly { readonly id: number; readonly snapshot: boolean }[];
  /** Blocks read and verified for this txg and for none before it. */
  readonly blocksChecked: number;
  readonly bytesChecked: number;
}

export interface Verifier {
  /**
   * What the verification of a load at one txg would find. Those of several txgs that are asked for at a time go on side
   * by side, and share what they read.
   *
   * @throws LimitError when the trees of blocks of all txgs are much larger than the devices; the reason of `signal`
   */
  verify(view: VerifyView, options: VerifyOptions): Promise<Verification>;
  /** Bytes that the memory of judged blocks takes at present. */
  readonly memoryBytes: number;
  /** Bounds of what is remembered that were reached. */
  readonly spent: readonly SpentBound[];
}

export interface VerifierOptions {
  readonly engine: Engine;
  /** Default: that of 2.3 and later. */
  readonly strictness?: PointerStrictness | undefined;
  /** The oldest txg that will be asked for: what only newer ones share has to be remembered. Default: 0. */
  readonly oldestTxg?: bigint;
  /** Blocks remembered. Default: 6 million, which take up to 64 MiB. */
  readonly memory?: number;
  /** Entries of {@link Verification.failures}. Default: 1000. */
  readonly failures?: number;
}

const MEMORY = 6_000_000;
const FAILURES = 1000;
/** Source: module/zfs/spa.c, spa_ld_select_uberblock_done; include/sys/txg.h, TXG_INITIAL */
const MIN_TXG = 3n;

/**
 * Verifies the pool at one txg after the other; a block that was judged for one is not looked at again for another.
 * The newest txg first is best: what older ones share with it is then a part of what was seen.
 *
 * Source: module/zfs/spa.c, spa_load_verify; module/zfs/dmu_traverse.c, traverse_pool
 */
export function createVerifier(options: VerifierOptions): Verifier {
  return new PoolVerifier(options);
}

/** All that was found through one reader. */
interface Known {
  readonly memo: VerifyMemo;
  readonly batches: BlockBatches;
  /** That of the last traversal; null before the first. */
  scan: PointerScan | null;
  /** Traversals that are under way; null where none was yet. */
  inStep: WalksInStep | null;
}

class PoolVerifier implements Verifier {
  readonly #engine: Engine;
  readonly #oldestTxg: number;
  readonly #memory: number;
  readonly #failures: number;
  readonly #strictness: PointerStrictness | undefined;
  readonly #budget = new WalkBudget();
  readonly #known = new Map<BlockReader, Map<string, Known>>();

  constructor({ engine, oldestTxg = 0n, memory = MEMORY, failures = FAILURES, strictness }: VerifierOptions) {
    this.#strictness = strictness;
    this.#engine = engine;
    this.#oldestTxg = Number(oldestTxg);
    this.#memory = memory;
    this.#failures = failures;
  }

  get memoryBytes(): number {
    let sum = 0;
    for (const kinds of this.#known.values()) for (const { memo } of kinds.values()) sum += memo.sound.bytes;
    return sum;
  }

  get spent(): readonly SpentBound[] {
    return [...this.#known.values()].flatMap((kinds) => [...kinds.values()].flatMap(({ memo }) => memo.spent));
  }

  async verify(view: VerifyView, options: VerifyOptions): Promise<Verification> {
    const { uberblock, root } = view;
    const { reader, data, rewritten, signal } = options;
    // Both see almost the same: what the one that sees more found sound, the other need not read.
    const { onFailure: _, ...quiet } = options;
    const more = rewritten === 'logical' ? await this.verify(view, { ...quiet, rewritten: 'physical' }) : null;
    const known = this.#knownTo(view, options);
    this.#budget.begin(root, reader, this.#memory, known.memo.sound.size >= this.#memory);
    const { parts, datasets, blocks, bytes } = await this.#traverse(view, options, known);
    const minClaimTxg = uberblock.checkpointTxg !== 0n ? uberblock.checkpointTxg + 1n : uberblock.txg + 1n;
    const counted = new Counts(this.#failures, options.onFailure);
    for (const { dataset, part } of parts) {
      for (const each of flatten(part)) {
        if (!isLogHead(each)) {
          counted.list(dataset, each);
          continue;
        }
        const { readOnly } = options;
        for await (const failure of logErrors(each.log, { reader, readOnly, minClaimTxg, data, signal })) {
          counted.addLog(dataset, failure);
        }
      }
      if (isSummary(part)) counted.add(dataset, part);
    }
    const read = [blocks + (more?.blocksChecked ?? 0), bytes + (more?.bytesChecked ?? 0)] as const;
    return { ...counted.result(data, ...read), datasets };
  }

  /** Beside those of other txgs that are under way; by itself where one of them ends. */
  async #traverse(view: VerifyView, options: VerifyOptions, known: Known): Promise<Traversed> {
    const inStep = this.#inStepOf(known, view, options.signal);
    try {
      return await this.#walk(view, options, known, inStep);
    } catch (error) {
      if (!(error instanceof ZfsUberError) || !inStep.shared) throw error;
      return this.#walk(view, options, known);
    }
  }

  /** With which others of the same signal a traversal goes on. */
  #inStepOf(known: Known, { uberblock }: VerifyView, signal: AbortSignal | undefined): WalksInStep {
    const { inStep } = known;
    if (inStep?.inUse === true && inStep.signal === signal) return inStep;
    known.inStep = new WalksInStep(known.batches, this.#budget, uberblock.rootbp.place, signal);
    return known.inStep;
  }

  async #walk(
    { uberblock, root }: VerifyView,
    { data, minTxg = MIN_TXG, rewritten = 'physical', signal, onProgress }: VerifyOptions,
    known: Known,
    inStep?: WalksInStep,
  ): Promise<Traversed> {
    const { place } = uberblock.rootbp;
    const scan = new PointerScan(root.children, { rewritten, strictness: this.#strictness }, known.scan);
    known.scan = scan;
    const setting: WalkSetting = {
      memory: new WalkMemory(known.memo),
      scan,
      batches: known.batches,
      data,
      oldestTxg: this.#oldestTxg,
      budget: this.#budget,
      place,
      signal,
      onBatch: onProgress && ((share) => onProgress({ share, blocks: walk.blocks, bytes: walk.bytes })),
    };
    const walk = new Walk(setting, inStep);
    const min = Number(minTxg);
    try {
      const { summary, datasets } = await walk.mos(uberblock.rootbp, min);
      const parts: Placed[] = summary === null ? [] : [{ dataset: 0, part: summary }];
      // Without all of the MOS nobody knows which datasets there are, and the load has failed.
      const opened = summary?.fatal == null ? datasets : [];
      for (const each of placed(await new DatasetWalk(walk, min).all(opened), opened)) parts.push(each);
      return { parts, datasets: opened, blocks: walk.blocks, bytes: walk.bytes };
    } finally {
      walk.end();
    }
  }

  /** Content unread is not known to be sound, so both depths have their own memory. */
  #knownTo({ root, salted }: VerifyView, { reader, data, kept, rewritten }: VerifyOptions): Known {
    let kinds = this.#known.get(reader);
    if (kinds === undefined) {
      kinds = new Map();
      this.#known.set(reader, kinds);
      for (const oldest of this.#known.keys()) {
        if (this.#known.size <= MAX_READERS) break;
        this.#known.delete(oldest);
      }
    }
    const kind = data ? 'data' : 'metadata';
    const known = kinds.get(kind) ?? {
      memo: new VerifyMemo(this.#memory),
      batches: openBlockBatches(root, reader, { engine: this.#engine, salted, kept }),
      scan: null,
      inStep: null,
    };
    kinds.set(kind, known);
    if (rewritten !== 'logical') return known;
    const logical = kinds.get(`${kind} logical`) ?? {
      ...known,
      memo: new VerifyMemo(this.#memory, known.memo),
      inStep: null,
    };
    kinds.set(`${kind} logical`, logical);
    return logical;
  }
}

/** What one traversal found, and what it read for that. */
interface Traversed {
  readonly parts: readonly Placed[];
  readonly datasets: readonly DatasetRef[];
  readonly blocks: number;
  readonly bytes: number;
}

interface Placed {
  readonly dataset: number;
  readonly part: Part;
}

const placed = (parts: readonly Ordered[], datasets: readonly DatasetRef[]): Placed[] =>
  parts.map(({ order, part }) => ({ dataset: datasets[order]?.id ?? 0, part }));

/** The failures and logs of a part, in the order of the traversal. */
function* flatten(part: Part): Generator<Exclude<Part, { parts: unknown }>> {
  const stack: Part[] = [part];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (!isSummary(next)) yield next;
    else for (const below of [...next.parts].reverse()) stack.push(below);
  }
}

class Counts {
  #metadata = 0;
  #data = 0;
  #metadataBefore = 0;
  #dataBefore = 0;
  #fatal: BlockFailure | null = null;
  readonly #failures: BlockFailure[] = [];
  readonly #limit: number;
  readonly #onFailure: ((failure: BlockFailure) => void) | undefined;

  constructor(limit: number, onFailure: ((failure: BlockFailure) => void) | undefined) {
    this.#limit = limit;
    this.#onFailure = onFailure;
  }

  add(dataset: number, part: Extract<Part, { parts: unknown }>): void {
    this.#metadata += part.metadata;
    this.#data += part.data;
    if (this.#fatal !== null) return;
    this.#metadataBefore += part.metadataBefore;
    this.#dataBefore += part.dataBefore;
    this.#fatal = part.fatal === null ? null : blockFailure(dataset, part.fatal);
  }

  addLog(dataset: number, failure: Failure): void {
    const metadata = failure.kind === 'metadata' ? 1 : 0;
    this.#metadata += metadata;
    this.#data += 1 - metadata;
    if (this.#fatal === null) {
      this.#metadataBefore += metadata;
      this.#dataBefore += 1 - metadata;
    }
    this.list(dataset, failure);
  }

  list(dataset: number, failure: Failure): void {
    if (this.#failures.length >= this.#limit && this.#onFailure === undefined) return;
    const listed = blockFailure(dataset, failure);
    if (this.#failures.length < this.#limit) this.#failures.push(listed);
    this.#onFailure?.(listed);
  }

  result(data: boolean, blocksChecked: number, bytesChecked: number): Omit<Verification, 'datasets'> {
    return {
      metadataErrors: this.#metadataBefore,
      dataErrors: data || this.#dataBefore > 0 ? this.#dataBefore : null,
      fatal: this.#fatal,
      found: { metadata: this.#metadata, data: this.#data },
      failures: this.#failures,
      blocksChecked,
      bytesChecked,
    };
  }
}

function blockFailure(dataset: number, failure: Failure): BlockFailure {
  const { bp, what, kind, because, error, level } = failure;
  const [object, blockId] = [BigInt(failure.object), BigInt(failure.blockId)];
  return { dataset: BigInt(dataset), object, level, blockId, bp, what, kind, because, error };
}
