import { ChecksumError, type ChecksumWords, UnsupportedError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { checksumKind } from '../format/checksumKinds.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import { labelVerifier } from './embeddedChecksum.ts';
import type { Engine, EngineAlgorithm, SaltedAlgorithm, SaltedChecksums } from './engine.ts';

/** What computes the checksums of one pool. */
export interface Checksums {
  readonly engine: Engine;
  /** Null before the salt is known: salted blocks then answer with UnsupportedError. */
  readonly salted: SaltedChecksums | null;
}

/** Tells whether bytes are the ones that were written. Made for one block, asked for each of its copies. */
export interface BlockCheck {
  /**
   * @param offset of the bytes, in the device or in the vdev that spreads them over several: the seed of label checksums,
   *   which do not match without it
   * @throws UnsupportedError for a checksum that cannot be computed here
   */
  matches(bytes: Uint8Array, offset?: number): boolean;
  /** Says by how much the bytes of the last call of `matches` are wrong. `place` is theirs. */
  mismatch(place: Place): ChecksumError;
}

const NO_WORDS: ChecksumWords = [0n, 0n, 0n, 0n];

/** Last of the 40 bytes that end a block with an embedded checksum. Source: include/sys/zio.h, zio_eck_t */
const TRAILER = 40;
const TRAILER_MAGIC = 0x0210da7ab10c7a11n;
/** A zilog2 block begins with `nused`, the bytes in use, and has its trailer in the 184-byte header. Source: include/sys/zil.h, zil_chain_t */
const CHAIN = { nused: 136, trailer: 144, size: 184, granule: 4096n } as const;

/**
 * The check of the block that `bp` points to, over its `psize` bytes as stored.
 *
 * Encrypted and authenticated blocks are checked without a key: two words of the pointer are a MAC, the other two hold
 * the checksum, folded where the algorithm is weak.
 *
 * OpenZFS writes no block with the checksum of labels or gang headers; over one that says so it computes it all the same.
 *
 * @throws UnsupportedError for an algorithm that is not known
 * Source: module/zfs/zio_checksum.c, zio_checksum_error_impl
 */
export function blockCheck(bp: Blkptr, checksums: Checksums): BlockCheck {
  const kind = checksumKind(bp.checksum);
  switch (kind) {
    case 'off':
    case 'noparity':
      return new ZeroCheck(bp);
    case 'inherit':
    case 'on':
      return neverSound(kind);
    case 'label':
    case 'gang_header':
    case 'zilog':
    case 'zilog2':
      return new EmbeddedCheck(bp, kind, checksums.engine);
    case 'fletcher2':
    case 'fletcher4':
    case 'sha256':
    case 'sha512':
    case 'skein':
    case 'edonr':
    case 'blake3':
      return new PointerCheck(bp, kind, checksums);
    default:
      throw new UnsupportedError(`no block has checksum ${bp.checksum}`, bp.place);
  }
}

/** The sum is always zero, and so must the words be. Source: module/zfs/zio_checksum.c, abd_checksum_off */
class ZeroCheck implements BlockCheck {
  readonly #expected: ChecksumWords;

  constructor(bp: Blkptr) {
    const words = bp.checksumWords;
    this.#expected = isTruncated(bp) ? [words[0], words[1], 0n, 0n] : words;
  }

  matches(): boolean {
    return this.#expected.every((word) => word === 0n);
  }

  mismatch(place: Place): ChecksumError {
    return new ChecksumError('off', this.#expected, NO_WORDS, place);
  }
}

/** Settings of a dataset, which no function computes: whatever stands there is not the block. */
const neverSound = (kind: string): BlockCheck => ({
  matches: () => false,
  mismatch: (place) => new ChecksumError(kind, NO_WORDS, NO_WORDS, place),
});

/** The X bit, whose words 2 and 3 are a MAC; object sets hold their MACs inside and keep all four words. */
const isTruncated = (bp: Blkptr): boolean => bp.crypt && bp.type !== OBJECT_TYPE.objset;

/** Weak sums are folded before they are cut, so that no part is lost. Source: zio_checksum.c, zio_checksum_handle_crypt */
const fold = ([a, b, c, d]: ChecksumWords): ChecksumWords => [a ^ c, b ^ d, 0n, 0n];

/** Source: module/zfs/zio_checksum.c, zio_checksum_table, ZCHECKSUM_FLAG_DEDUP: Edon-R is not among them. */
const STRONG: ReadonlySet<string> = new Set(['sha256', 'sha512', 'skein', 'blake3']);

class PointerCheck implements BlockCheck {
  readonly #kind: EngineAlgorithm | SaltedAlgorithm;
  readonly #checksums: Checksums;
  readonly #littleEndian: boolean;
  readonly #truncated: boolean;
  readonly #expected: ChecksumWords;
  readonly #place: Place;
  #found = NO_WORDS;

  constructor(bp: Blkptr, kind: EngineAlgorithm | SaltedAlgorithm, checksums: Checksums) {
    this.#kind = kind;
    this.#checksums = checksums;
    this.#littleEndian = bp.littleEndian;
    this.#truncated = isTruncated(bp);
    const words = bp.checksumWords;
    this.#expected = this.#truncated ? [words[0], words[1], 0n, 0n] : words;
    this.#place = bp.place;
  }

  matches(bytes: Uint8Array): boolean {
    let found = this.#sum(bytes);
    if (this.#truncated) {
      found = STRONG.has(this.#kind) ? [found[0], found[1], 0n, 0n] : fold(found);
    }
    this.#found = found;
    const expected = this.#expected;
    return found[0] === expected[0] && found[1] === expected[1] && found[2] === expected[2] && found[3] === expected[3];
  }

  #sum(bytes: Uint8Array): ChecksumWords {
    switch (this.#kind) {
      case 'skein':
      case 'edonr':
      case 'blake3': {
        const { engine, salted } = this.#checksums;
        if (salted === null) throw new UnsupportedError(`no ${this.#kind} without the pool's salt`, this.#place);
        return engine.saltedChecksum(this.#kind, salted, bytes, this.#littleEndian);
      }
      default:
        return this.#checksums.engine.checksum(this.#kind, bytes, this.#littleEndian);
    }
  }

  mismatch(place: Place): ChecksumError {
    return new ChecksumError(this.#kind, this.#expected, this.#found, place);
  }
}

type EmbeddedKind = 'label' | 'gang_header' | 'zilog' | 'zilog2';

/** What is summed with the seed in place of the stored words. Source: module/zfs/zio_checksum.c, zio_checksum_table */
const EMBEDDED_ALGORITHM = { label: 'sha256', gang_header: 'sha256', zilog: 'fletcher2', zilog2: 'fletcher4' } as const;

/**
 * Blocks that hold their checksum themselves, over their content and a seed: in intent log blocks the words of the
 * pointer.
 */
class EmbeddedCheck implements BlockCheck {
  readonly #kind: EmbeddedKind;
  readonly #engine: Engine;
  /** Null for the offset at which the bytes are. */
  readonly #seed: ChecksumWords | null;
  readonly #truncated: boolean;
  #expected = NO_WORDS;
  #found = NO_WORDS;

  constructor(bp: Blkptr, kind: EmbeddedKind, engine: Engine) {
    this.#kind = kind;
    this.#engine = engine;
    this.#seed = kind === 'label' ? null : kind === 'gang_header' ? gangSeed(bp) : bp.checksumWords;
    this.#truncated = isTruncated(bp);
  }

  matches(bytes: Uint8Array, offset?: number): boolean {
    this.#expected = NO_WORDS;
    this.#found = NO_WORDS;
    const inChain = this.#kind === 'zilog2';
    const seed = this.#seed ?? (offset === undefined ? null : labelVerifier(offset));
    if (seed === null || bytes.length < (inChain ? CHAIN.size : TRAILER)) return false;
    const at = inChain ? CHAIN.trailer : bytes.length - TRAILER;
    const order = trailerByteOrder(bytes, at);
    // Only the header of a chain is refused without its magic, which is summed like the rest.
    if (order === null && inChain) return false;
    const littleEndian = order ?? true;
    let covered = bytes.length;
    if (inChain) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const used = view.getBigUint64(CHAIN.nused, littleEndian);
      const rounded = (used + CHAIN.granule - 1n) & ~(CHAIN.granule - 1n);
      if (rounded > BigInt(bytes.length) || rounded < BigInt(CHAIN.size)) return false;
      covered = Number(rounded);
    }
    const sum = embeddedSum(bytes.subarray(0, covered), at, littleEndian, seed, (seeded) =>
      this.#engine.checksum(EMBEDDED_ALGORITHM[this.#kind], seeded, littleEndian),
    );
    const [expected, found] = [sum.stored, sum.found];
    this.#expected = this.#truncated ? [expected[0], expected[1], 0n, 0n] : expected;
    this.#found = this.#truncated ? fold(found) : found;
    return this.#found.every((word, i) => word === this.#expected[i]);
  }

  mismatch(place: Place): ChecksumError {
    return new ChecksumError(this.#kind, this.#expected, this.#found, place);
  }
}

/** Where the first copy lies, and when it was written. Source: module/zfs/zio_checksum.c, zio_checksum_gang_verifier */
function gangSeed(bp: Blkptr): ChecksumWords {
  const [first] = bp.dvas;
  return [BigInt(first?.vdev ?? 0), (first?.offset ?? 0n) * 512n, bp.physicalBirth, 0n];
}

/** Gang headers: SHA-256 over the header, seeded with where it lies and when it was written. */
export class GangHeaderCheck implements BlockCheck {
  readonly #engine: Engine;
  readonly #verifier: ChecksumWords;
  readonly #truncated: boolean;
  readonly #sizes: readonly number[];
  #expected = NO_WORDS;
  #found = NO_WORDS;
  /** Bytes of the header that the last matching copy has. */
  size = 0;
  /** Byte order of that copy. */
  littleEndian = true;

  /**
   * @param size bytes of a header as the vdevs allow it; one of 512 bytes is taken too, for pools from before that
   * Source: module/zfs/zio_checksum.c, zio_checksum_gang_verifier and zio_checksum_error
   */
  constructor(bp: Blkptr, size: number, engine: Engine) {
    this.#engine = engine;
    // A header is cut and folded like its block, although SHA-256 over a block is strong enough not to be.
    this.#truncated = isTruncated(bp);
    this.#verifier = gangSeed(bp);
    this.#sizes = size > OLD_GANG_HEADER ? [OLD_GANG_HEADER, size] : [OLD_GANG_HEADER];
  }

  matches(bytes: Uint8Array): boolean {
    this.#expected = NO_WORDS;
    this.#found = NO_WORDS;
    for (const size of this.#sizes) {
      if (bytes.length < size) continue;
      const littleEndian = trailerByteOrder(bytes, size - TRAILER);
      if (littleEndian === null) continue;
      const sum = embeddedSum(bytes.subarray(0, size), size - TRAILER, littleEndian, this.#verifier, (seeded) =>
        this.#engine.checksum('sha256', seeded, littleEndian),
      );
      this.#expected = this.#truncated ? [sum.stored[0], sum.stored[1], 0n, 0n] : sum.stored;
      this.#found = this.#truncated ? fold(sum.found) : sum.found;
      if (this.#found.every((word, i) => word === this.#expected[i])) {
        this.size = size;
        this.littleEndian = littleEndian;
        return true;
      }
    }
    return false;
  }

  mismatch(place: Place): ChecksumError {
    return new ChecksumError('gang_header', this.#expected, this.#found, place);
  }
}

/** Bytes of a gang header before 2.4, and since then where the vdevs allow no larger one. Source: include/sys/zio.h, SPA_OLD_GANGBLOCKSIZE */
export const OLD_GANG_HEADER = 512;

/** From the magic of the trailer at `at`: true for little-endian; null when it is no trailer. */
function trailerByteOrder(bytes: Uint8Array, at: number): boolean | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, TRAILER);
  if (view.getBigUint64(0, true) === TRAILER_MAGIC) return true;
  return view.getBigUint64(0, false) === TRAILER_MAGIC ? false : null;
}

/** Sums `bytes` with `verifier` in place of the words stored in the trailer at `at`; the bytes stay as they are. */
function embeddedSum(
  bytes: Uint8Array,
  at: number,
  littleEndian: boolean,
  verifier: ChecksumWords,
  sum: (seeded: Uint8Array) => ChecksumWords,
): { readonly stored: ChecksumWords; readonly found: ChecksumWords } {
  const seeded = bytes.slice();
  const view = new DataView(seeded.buffer, seeded.byteOffset + at + 8, TRAILER - 8);
  const word = (i: number) => view.getBigUint64(i * 8, littleEndian);
  const stored: ChecksumWords = [word(0), word(1), word(2), word(3)];
  for (const [i, value] of verifier.entries()) view.setBigUint64(i * 8, value, littleEndian);
  return { stored, found: sum(seeded) };
}
