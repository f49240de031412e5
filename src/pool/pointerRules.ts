import { CHECKSUM_KINDS } from '../format/checksumKinds.ts';
import { COMPRESSION_KINDS } from '../format/compressionKinds.ts';
import { isKnownObjectType } from '../format/objectTypes.ts';
import type { PointerFields } from './pointerFields.ts';
import type { VdevNode } from './pool.ts';
import { gangHeaderAllocation } from './vdevSize.ts';

/**
 * Where releases of OpenZFS differ in what they refuse in a block pointer, before they look at the block.
 *
 * Source: module/zfs/zio.c, zfs_blkptr_verify, in the tags 2.1.15, 2.2.7, 2.3.2 to 2.3.9 and 2.4.0 to 2.4.4
 */
export interface PointerStrictness {
  /** How many checksums there are. */
  readonly checksums: number;
  /** `inherit` and `on`, which are settings, are no checksum and no compression; otherwise they fail when they are used. */
  readonly settings: boolean;
  /** A block without a first address, and more payload than an embedded pointer has room for. */
  readonly empty: boolean;
  /** Of a hole: nothing is looked at; or its type, compression and logical size; or also checksum, size and addresses. */
  readonly holes: 'nothing' | 'form' | 'all';
}

/** As releases 2.3 and 2.4 are. */
export const POINTERS_SINCE_2_3: PointerStrictness = {
  checksums: CHECKSUM_KINDS.length,
  settings: false,
  empty: true,
  holes: 'form',
};

/** As release 2.2 is. */
export const POINTERS_OF_2_2: PointerStrictness = { ...POINTERS_SINCE_2_3, empty: false, holes: 'all' };

/** As release 2.1 is, which has no BLAKE3 and looks at no hole in a traversal. */
export const POINTERS_BEFORE_2_2: PointerStrictness = {
  checksums: CHECKSUM_KINDS.length - 1,
  settings: true,
  empty: false,
  holes: 'nothing',
};

/** Why OpenZFS would not follow a pointer: the first thing that is wrong with it. */
export interface PointerRefusal {
  /** A field that has no such value, or a size or address out of bounds. */
  readonly code: 'format-value' | 'format-bounds';
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

/** Source: include/sys/fs/zfs.h, SPA_MAXBLOCKSIZE */
const MAX_BLOCK = 16 * 1024 * 1024;
/** Source: include/sys/spa.h, BPE_PAYLOAD_SIZE, BP_EMBEDDED_TYPE_DATA and NUM_BP_EMBEDDED_TYPES */
const EMBEDDED_PAYLOAD = 112;
const EMBEDDED_DATA = 0;
const EMBEDDED_KINDS = 3;
/** `inherit` and `on`. */
const SETTINGS = 2;
const TWO_64 = 2 ** 64;

const KNOWN_TYPES = Uint8Array.from({ length: 256 }, (_, type) => (isKnownObjectType(type) ? 1 : 0));

/**
 * Which block pointers OpenZFS follows in a pool with these vdevs. What it refuses although the checksum of the block
 * around it holds was written that way.
 *
 * A pointer that passes can still have a checksum or compression that nothing computes: that shows when its block is read.
 */
export class PointerRules {
  readonly #strictness: PointerStrictness;
  /** Bytes of each top-level vdev that addresses may reach; -1 where none may. */
  readonly #limits: Float64Array;
  /** What a gang header takes on each, whatever its pointer says: that is the sum of its members. */
  readonly #headers: Float64Array;

  /** @param tops the top-level vdevs, at the index of their id */
  constructor(tops: readonly VdevNode[], strictness: PointerStrictness = POINTERS_SINCE_2_3) {
    this.#strictness = strictness;
    this.#limits = Float64Array.from(tops, ({ config: { type, asize } }) => {
      if (type === 'hole') return -1;
      if (type === 'missing') return Number.POSITIVE_INFINITY;
      return asize === null ? Number.MAX_SAFE_INTEGER : Math.min(Number(asize), Number.MAX_SAFE_INTEGER);
    });
    this.#headers = Float64Array.from(tops, ({ config }) => gangHeaderAllocation(config));
  }

  /** The first thing wrong with the pointer, in the order in which OpenZFS looks; null where nothing is. */
  refusal(pointer: PointerFields): PointerRefusal | null {
    const { type, compression, checksum, lsize, psize, embedded, hole } = pointer;
    const { checksums, settings, empty, holes } = this.#strictness;
    if (hole && holes === 'nothing') return null;
    if (KNOWN_TYPES[type] !== 1) return value('object type', type);
    if (compression >= COMPRESSION_KINDS.length) return value('compression', compression);
    if (settings && compression < SETTINGS) return value('compression', compression);
    if (embedded) {
      if (checksum === EMBEDDED_DATA && lsize > MAX_BLOCK) return size('logical size', lsize, MAX_BLOCK);
      if (checksum >= EMBEDDED_KINDS) return value('kind of embedded block', checksum);
      return empty && psize > EMBEDDED_PAYLOAD ? size('size of embedded block', psize, EMBEDDED_PAYLOAD) : null;
    }
    if (lsize > MAX_BLOCK) return size('logical size', lsize, MAX_BLOCK);
    if (hole && holes === 'form') return null;
    if (empty && pointer.sectors(0) === 0) return { ...value('first address', 'none'), expected: 'one with a size' };
    if (checksum >= checksums || (settings && checksum < SETTINGS)) return value('checksum', checksum);
    if (psize > MAX_BLOCK) return size('physical size', psize, MAX_BLOCK);
    for (let i = 0; i < pointer.copies; i++) {
      const refusal = this.#address(pointer, i);
      if (refusal !== null) return refusal;
    }
    return null;
  }

  /** Where addresses may end at most, in sectors by vdev; below zero where none may lie. */
  reach(): Float64Array {
    return this.#limits.map((limit) => Math.floor(limit / 512));
  }

  #address(pointer: PointerFields, i: number): PointerRefusal | null {
    const vdev = pointer.vdev(i);
    const limit = this.#limits[vdev];
    if (limit === undefined) {
      return { ...value('vdev of an address', vdev), expected: `below ${this.#limits.length}` };
    }
    if (limit < 0) return { ...value('vdev of an address', vdev), expected: 'one that was not removed' };
    const length = pointer.gang(i) ? (this.#headers[vdev] ?? 0) : pointer.sectors(i) * 512;
    // OpenZFS adds them in 64 bits.
    const end = pointer.offset(i) + length;
    if ((end >= TWO_64 ? end - TWO_64 : end) <= limit) return null;
    return {
      code: 'format-bounds',
      what: 'end of a block',
      expected: `at most ${limit} on vdev ${vdev}`,
      found: `${end}`,
    };
  }
}

const value = (field: string, found: number | string): PointerRefusal => ({
  code: 'format-value',
  what: `${field} in block pointer`,
  expected: 'one that OpenZFS has',
  found: `${found}`,
});

const size = (field: string, found: number, limit: number): PointerRefusal => ({
  code: 'format-bounds',
  what: `${field} in block pointer`,
  expected: `at most ${limit} bytes`,
  found: `${found}`,
});
