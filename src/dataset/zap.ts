import { FormatError, LimitError, ZfsUberError } from '../bytes/errors.ts';
import { decodeFatZap, type FatZap } from '../format/fatZap.ts';
import { decodeMicroZap, type MicroZap } from '../format/microZap.ts';
import { ZAP_BLOCK } from '../format/zap.layout.ts';
import type { ZapEntry } from '../format/zapEntry.ts';
import { zapHash } from '../format/zapHash.ts';
import { decodeZapLeaf } from '../format/zapLeaf.ts';
import { normaliseName } from '../format/zapName.ts';
import type { WalkOptions } from './block.ts';
import type { BlockCache } from './blockCache.ts';
import { keepLast } from './keepLast.ts';
import type { DmuObject, ObjectBlock } from './object.ts';
import { readAhead } from './readAhead.ts';

/** Leaves of one ZAP: some 10^9 entries. A table that names more is made to exhaust memory. */
const MAX_LEAVES = 4 * 1024 * 1024;
/** Entries that `all` collects; whoever wants more iterates. */
const MAX_COLLECTED = 1024 * 1024;
const LEAVES_AHEAD = 8;
/** Leaves kept for the next name that is looked up: most tables of a pool have no more. */
const LEAVES_KEPT = 4;
/** Names of which is kept what they lead to: the load asks a directory for some thirty. */
const NAMES_KEPT = 64;

/** Those that were opened last, by object: the same one is asked for again at the next txg. */
const opened = new WeakMap<BlockCache, Map<DmuObject, Zap>>();
const OPENED = 64;

/** A ZAP object: names and values, in one block or in a table of leaves. */
export class Zap {
  readonly object: DmuObject;
  readonly #micro: MicroZap | null;
  readonly #fat: FatZap | null;
  /** By block id; the one that was read first goes first. */
  readonly #looked = new Map<bigint, readonly ZapEntry[]>();
  /** What was found of the names that were looked up last: the same ones are at the next txg. */
  readonly #found = new Map<string, ZapEntry | null>();

  private constructor(object: DmuObject, micro: MicroZap | null, fat: FatZap | null) {
    this.object = object;
    this.#micro = micro;
    this.#fat = fat;
  }

  /**
   * Reads the first block of a ZAP.
   *
   * @throws FormatError when it is a hole or no ZAP block; what DmuObject.block throws
   */
  static open(object: DmuObject, signal?: AbortSignal): Promise<Zap> | Zap {
    const known = opened.get(object.cache) ?? new Map<DmuObject, Zap>();
    opened.set(object.cache, known);
    const kept = known.get(object);
    if (kept !== undefined) return keep(kept);
    const block = object.block(0n, signal);
    return block instanceof Promise ? block.then((read) => keep(Zap.#of(object, read))) : keep(Zap.#of(object, block));

    function keep(zap: Zap): Zap {
      keepLast(known, object, zap, OPENED);
      return zap;
    }
  }

  /** @param block its first */
  static #of(object: DmuObject, block: ObjectBlock | null): Zap {
    if (block === null) throw new FormatError('format-value', 'ZAP', 'a first block', 'a hole', object.place);
    const view = new DataView(block.bytes.buffer, block.bytes.byteOffset, 8);
    const type = view.getBigUint64(0, block.littleEndian);
    const { bytes, littleEndian, place } = block;
    if (type === ZAP_BLOCK.micro) {
      const micro = object.decodeOnce('micro ZAP', block, () => decodeMicroZap(bytes, littleEndian, place));
      return new Zap(object, micro, null);
    }
    return new Zap(
      object,
      null,
      object.decodeOnce('fat ZAP', block, () => decodeFatZap(bytes, littleEndian, place)),
    );
  }

  get kind(): 'micro' | 'fat' {
    return this.#fat === null ? 'micro' : 'fat';
  }

  /** Header of a fat ZAP; null for a micro one. */
  get fat(): FatZap | null {
    return this.#fat;
  }

  get normFlags(): bigint {
    return this.#fat?.normFlags ?? this.#micro?.normFlags ?? 0n;
  }

  /**
   * All entries: of a micro ZAP in the order of the block, of a fat one in the order of their hashes.
   *
   * @throws FormatError or what DmuObject.blocks throws for a damaged leaf, unless `options.onTrouble` takes it
   */
  async *entries(options: WalkOptions = {}): AsyncGenerator<ZapEntry> {
    for await (const entries of this.#lists(options)) for (const entry of entries) yield entry;
  }

  /** The same, those of one block together. */
  async *#lists(options: WalkOptions): AsyncGenerator<readonly ZapEntry[]> {
    if (this.#micro !== null) yield this.#micro.entries;
    if (this.#fat === null) return;
    const fat = this.#fat;
    const read = async (leaf: bigint): Promise<readonly ZapEntry[]> => {
      try {
        return await this.#leaf(fat, leaf, options.signal);
      } catch (error) {
        if (!(error instanceof ZfsUberError) || options.onTrouble === undefined) throw error;
        options.onTrouble(error);
        return [];
      }
    };
    const leaves = fat.tableBlock === null ? this.#distinct(fat.embeddedTable) : this.#leaves(fat, options);
    yield* readAhead(leaves, LEAVES_AHEAD, read);
  }

  /**
   * All entries by name, for ZAPs that are small by nature.
   *
   * @throws LimitError above 2^20 entries; what `entries` throws
   */
  async all(options: WalkOptions = {}): Promise<Map<string, ZapEntry>> {
    const all = new Map<string, ZapEntry>();
    for await (const entries of this.#lists(options)) {
      for (const entry of entries) all.set(entry.name, entry);
      if (all.size > MAX_COLLECTED) throw new LimitError(`more than ${MAX_COLLECTED} entries`, this.object.place);
    }
    return all;
  }

  /**
   * The entry of that name. Reads one leaf; where names are normalised before they are compared, maybe all.
   *
   * @returns null when there is none
   * @throws FormatError when table or leaf are nonsense; what DmuObject.block throws
   */
  get(name: string, signal?: AbortSignal): Promise<ZapEntry | null> | ZapEntry | null {
    const known = this.#found.get(name);
    return known === undefined ? this.#find(name, signal) : known;
  }

  async #find(name: string, signal?: AbortSignal): Promise<ZapEntry | null> {
    const found = await this.#lookUp(name, signal);
    keepLast(this.#found, name, found, NAMES_KEPT);
    return found;
  }

  async #lookUp(name: string, signal?: AbortSignal): Promise<ZapEntry | null> {
    if (this.normFlags !== 0n) return this.#getNormalised(name, signal);
    if (this.#micro !== null) return this.#micro.entries.find((entry) => entry.name === name) ?? null;
    if (this.#fat === null || this.#fat.wordKeys) return null;
    return this.#findHashed(this.#fat, zapHash(this.#fat.salt, new TextEncoder().encode(name)), name, signal);
  }

  /**
   * The entry of that key in a ZAP with 64-bit keys.
   *
   * @returns null when there is none, or names are text
   * @throws what `get` throws
   */
  async getByWords(key: readonly bigint[], signal?: AbortSignal): Promise<ZapEntry | null> {
    const fat = this.#fat;
    if (!fat?.wordKeys) return null;
    const bytes = new Uint8Array(key.length * 8);
    const view = new DataView(bytes.buffer);
    for (const [i, word] of key.entries()) view.setBigUint64(i * 8, word, true);
    const hash = fat.preHashed ? (key[0] ?? 0n) : zapHash(fat.salt, bytes);
    return this.#findHashed(fat, hash, key.map((word) => `0x${word.toString(16)}`).join(), signal);
  }

  /**
   * The value of that name as one integer; null when there is no such name.
   *
   * @throws FormatError `format-value` when the value is an array; what `get` throws
   */
  integer(name: string, signal?: AbortSignal): Promise<bigint | null> | bigint | null {
    const entry = this.get(name, signal);
    return entry instanceof Promise ? entry.then((found) => found?.integer ?? null) : (entry?.integer ?? null);
  }

  async #getNormalised(name: string, signal?: AbortSignal): Promise<ZapEntry | null> {
    const wanted = normaliseName(name, this.normFlags);
    let alike: ZapEntry | null = null;
    for await (const entry of this.entries({ signal })) {
      if (entry.name === name) return entry;
      if (alike === null && normaliseName(entry.name, this.normFlags) === wanted) alike = entry;
    }
    return alike;
  }

  async #findHashed(fat: FatZap, hash: bigint, name: string, signal?: AbortSignal): Promise<ZapEntry | null> {
    const kept = hash & fat.hashMask;
    const index = kept >> (64n - fat.tableShift);
    const leaf = await this.#tablePointer(fat, index, signal);
    const entries = leaf === 0n ? [] : await this.#lookIn(fat, leaf, signal);
    return entries.find((entry) => entry.hash === kept && entry.name === name) ?? null;
  }

  async #lookIn(fat: FatZap, blockId: bigint, signal?: AbortSignal): Promise<readonly ZapEntry[]> {
    const known = this.#looked.get(blockId);
    if (known !== undefined) return known;
    const entries = await this.#leaf(fat, blockId, signal);
    this.#looked.set(blockId, entries);
    for (const oldest of this.#looked.keys()) {
      if (this.#looked.size <= LEAVES_KEPT) break;
      this.#looked.delete(oldest);
    }
    return entries;
  }

  async #tablePointer(fat: FatZap, index: bigint, signal?: AbortSignal): Promise<bigint> {
    if (fat.tableBlock === null) return fat.embeddedTable[Number(index)] ?? 0n;
    const perBlock = BigInt(this.object.dnode.dataBlockSize / 8);
    const blockId = index / perBlock;
    const block = blockId < fat.tableBlocks ? await this.object.block(fat.tableBlock + blockId, signal) : null;
    if (block === null) return 0n;
    const view = new DataView(block.bytes.buffer, block.bytes.byteOffset, block.bytes.length);
    return view.getBigUint64(Number(index % perBlock) * 8, block.littleEndian);
  }

  /** Block ids of all leaves, each once, in the order of the pointer table. */
  #distinct(table: readonly bigint[], seen = new Set<bigint>([0n])): bigint[] {
    const leaves: bigint[] = [];
    for (const leaf of table) {
      if (seen.has(leaf)) continue;
      seen.add(leaf);
      if (seen.size > MAX_LEAVES) throw new LimitError(`more than ${MAX_LEAVES} leaves`, this.object.place);
      leaves.push(leaf);
    }
    return leaves;
  }

  /** The same of a table in blocks of its own; reads those that exist. */
  async *#leaves(fat: FatZap, options: WalkOptions): AsyncGenerator<bigint> {
    const seen = new Set<bigint>([0n]);
    yield* this.#distinct(fat.embeddedTable, seen);
    if (fat.tableBlock === null) return;
    const range = { from: fat.tableBlock, to: fat.tableBlock + fat.tableBlocks };
    for await (const { bytes, littleEndian } of this.object.blocks(range, options)) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const pointers = Array.from({ length: bytes.length >> 3 }, (_, i) => view.getBigUint64(i * 8, littleEndian));
      yield* this.#distinct(pointers, seen);
    }
  }

  async #leaf(fat: FatZap, blockId: bigint, signal?: AbortSignal): Promise<readonly ZapEntry[]> {
    const block = await this.object.block(blockId, signal);
    if (block === null) {
      throw new FormatError('format-value', `ZAP leaf ${blockId}`, 'a block', 'a hole', this.object.place);
    }
    const { bytes, littleEndian, place } = block;
    const kind = fat.wordKeys ? 'ZAP leaf of words' : 'ZAP leaf';
    return this.object.decodeOnce(kind, block, () => decodeZapLeaf(bytes, littleEndian, fat.wordKeys, place));
  }
}
