import type { SaltedChecksums } from '../block/engine.ts';
import { SALT_SIZE, saltedChecksums, UNREAD_SALT } from '../block/saltedChecksum.ts';
import { UnsupportedError, ZfsUberError } from '../bytes/errors.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { BlkptrMap } from '../format/blkptrMap.ts';
import type { Uberblock } from '../format/uberblock.ts';
import type { BlockRead, BlockReader, BlockVerdict } from '../pool/blockRead.ts';
import type { IndirectMapping, IndirectMappings } from '../pool/indirect.ts';
import type { VdevNode } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { leavesOf } from '../pool/vdevHealth.ts';
import type { ByteSource } from '../source/source.ts';
import { BlockCache, CacheRoom } from './blockCache.ts';

/** What the bytes behind a block pointer depend on, besides the tree. */
export interface ReaderChoice {
  readonly salted: SaltedChecksums | null;
  readonly mappings: IndirectMappings | null;
  readonly raidzReflow: Uberblock['raidzReflow'];
}

/** Opens the blocks of a pool with the tree `root`; what openBlockReader does with an engine. */
export type OpenBlocks = (root: VdevNode, choice: ReaderChoice) => BlockReader;

/** What the devices say of a block depends on the tree alone; what a reader makes of it also on salt and mappings. */
interface Opened extends PoolBlocks {
  readonly tree: string;
  /** Needs neither salt nor mapping: what it read any reader of the same tree would have. */
  readonly plain: boolean;
}

/** One view of the blocks of a pool. */
export interface PoolBlocks {
  /** Remembers content and failures: for what is looked up again and again. */
  readonly cache: BlockCache;
  /** Remembers nothing: for who comes by each block once. */
  readonly reader: BlockReader;
  readonly choice: ReaderChoice;
}

/** All that the bytes behind a block pointer depend on. */
export interface ReaderState {
  readonly root: VdevNode;
  readonly raidzReflow: Uberblock['raidzReflow'];
  /** As the MOS has it; null before it was read, and in a pool that has none. */
  readonly salt: Uint8Array | null | 'unreadable';
  /** Mappings of removed vdevs by their id, as far as they are known, or why one is not. */
  readonly mappings: ReadonlyMap<number, IndirectMapping | ZfsUberError>;
}

/** Bytes of content kept by all readers together. */
const CACHE = 24 * 1024 * 1024;
/** Readers kept; the one used longest ago is closed, and opened again when it is wanted. */
const MAX_READERS = 4;

/** Readers of one pool at different txgs: those that see the same devices in the same way are one. */
export class PoolReaders {
  readonly #open: OpenBlocks;
  readonly #readers = new Map<string, Opened>();
  readonly #trees = new WeakMap<VdevNode, string>();
  readonly #ids = new WeakMap<object, number>();
  readonly #room = new CacheRoom(CACHE);
  #lastId = 0;

  constructor(open: OpenBlocks) {
    this.#open = open;
  }

  open(state: ReaderState): PoolBlocks {
    const { root, raidzReflow, mappings } = state;
    const tree = `${raidzReflow.offset} ${raidzReflow.state} ${this.#treeOf(root)}`;
    const key = `${tree} ${this.#restOf(state)}`;
    const known = this.#readers.get(key);
    if (known !== undefined) {
      this.#readers.delete(key);
      this.#readers.set(key, known);
      return known;
    }
    const choice = {
      salted: saltedBy(state.salt),
      raidzReflow,
      mappings: mappings.size === 0 ? null : lookUp(mappings),
    };
    const reader = this.#open(root, choice);
    const plain = state.salt === null && mappings.size === 0;
    const elsewhere = plain ? () => null : (bp: Blkptr) => this.#knownTo(tree, bp);
    const sources = [...leavesOf(root)].flatMap(({ device }) => device?.source ?? []);
    const cache = new BlockCache(new FailuresKept(reader), this.#room, elsewhere, () => sources.every(mayReadAhead));
    const blocks = { cache, reader, choice, tree, plain };
    this.#readers.set(key, blocks);
    for (const oldest of this.#readers.keys()) {
      if (this.#readers.size <= MAX_READERS) break;
      this.#readers.delete(oldest);
    }
    return blocks;
  }

  /** The load begins with a reader that has no salt yet, and reads the same blocks again with one that has. */
  #knownTo(tree: string, bp: Blkptr): BlockRead | null {
    for (const each of this.#readers.values()) {
      const known = each.plain && each.tree === tree ? each.cache.use(bp) : null;
      if (known !== null) return known;
    }
    return null;
  }

  #restOf({ salt, mappings }: ReaderState): string {
    const parts = [typeof salt === 'string' ? salt : (salt?.join() ?? '')];
    for (const [id, mapping] of mappings) parts.push(`${id}=${this.#idOf(mapping)}`);
    return parts.join(' ');
  }

  /** Equal when any address leads to the same bytes. */
  #treeOf(root: VdevNode): string {
    const known = this.#trees.get(root);
    if (known !== undefined) return known;
    const parts: unknown[] = [];
    const open: VdevNode[] = [...root.children];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      const { type, guid, id, ashift, asize, nparity, draid, raidzExpanding, raidzExpandTxgs } = node.config;
      const { device } = node;
      parts.push(type, guid, id, ashift, asize, nparity, raidzExpanding, raidzExpandTxgs.join());
      parts.push(draid === null ? '' : Object.values(draid).join(), device === null ? '' : this.#idOf(device));
      parts.push(node.children.length);
      open.push(...node.children);
    }
    const tree = parts.join(' ');
    this.#trees.set(root, tree);
    return tree;
  }

  #idOf(thing: IndirectMapping | ZfsUberError | DeviceSurvey): number {
    const known = this.#ids.get(thing);
    if (known !== undefined) return known;
    this.#ids.set(thing, ++this.#lastId);
    return this.#lastId;
  }
}

/** Of a selection nothing else is there, and of a device of which reads fail no more is read than is needed. */
const mayReadAhead = ({ selection, failures }: ByteSource): boolean =>
  selection === undefined && failures?.any !== true;

/**
 * What OpenZFS computes salted checksums with: zeros until the MOS gave a salt, and where it gave fewer bytes. A pool that
 * has none gets a random one; no block of it holds by either. Of one that cannot be read nobody knows.
 *
 * Source: module/zfs/spa.c, spa_cksum_salt in spa_ld_get_props
 */
function saltedBy(salt: ReaderState['salt']): SaltedChecksums | null {
  if (salt === 'unreadable') return null;
  if (salt === null) return UNREAD_SALT;
  const bytes = new Uint8Array(SALT_SIZE);
  bytes.set(salt.subarray(0, SALT_SIZE));
  return saltedChecksums(bytes);
}

const lookUp =
  (mappings: ReaderState['mappings']): IndirectMappings =>
  (vdev) => {
    const mapping = mappings.get(vdev) ?? new UnsupportedError(`no mapping of removed vdev ${vdev}`, null);
    return mapping instanceof ZfsUberError ? Promise.reject(mapping) : Promise.resolve(mapping);
  };

/** Failed reads that are remembered: a destroyed block is asked for again by every txg that still points to it. */
const MAX_FAILURES = 16384;

/** Gives the same error again for a block that could not be read, without asking the devices. */
class FailuresKept implements BlockReader {
  readonly #reader: BlockReader;
  readonly #failures = new BlkptrMap<ZfsUberError>();

  constructor(reader: BlockReader) {
    this.#reader = reader;
  }

  async read(bp: Blkptr, signal?: AbortSignal): Promise<BlockRead> {
    const failed = this.#failures.size === 0 ? undefined : this.#failures.get(bp);
    if (failed !== undefined) throw failed;
    try {
      return await this.#reader.read(bp, signal);
    } catch (error) {
      if (error instanceof ZfsUberError && this.#failures.size < MAX_FAILURES) this.#failures.set(bp, error);
      throw error;
    }
  }

  verify(bp: Blkptr, signal?: AbortSignal): Promise<BlockVerdict> {
    return this.#reader.verify(bp, signal);
  }

  async readTogether(...asked: Parameters<NonNullable<BlockReader['readTogether']>>): Promise<void> {
    await this.#reader.readTogether?.(...asked);
  }
}
