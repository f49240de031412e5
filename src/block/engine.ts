import type { ChecksumWords } from '../bytes/errors.ts';
import type { CompressionKind } from '../format/compressionKinds.ts';

export type { ChecksumWords } from '../bytes/errors.ts';

/** Algorithms that need nothing but the bytes. */
export type EngineAlgorithm = 'fletcher2' | 'fletcher4' | 'sha256' | 'sha512';

/** Algorithms whose words depend on the pool's salt, which the meta-object set holds. */
export type SaltedAlgorithm = 'skein' | 'edonr' | 'blake3';

/** Salted checksums of one pool, in TypeScript. */
export interface SaltedChecksums {
  /** 32 bytes. */
  readonly salt: Uint8Array;
  /** @param littleEndian byte order in which the digest is read as words: that of the block */
  checksum(algorithm: SaltedAlgorithm, bytes: Uint8Array, littleEndian: boolean): ChecksumWords;
}

/** A range of a buffer, in bytes. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** What pointers have that lead to content, and that OpenZFS follows: they need not be looked into. */
export interface PlainPointers {
  /** Upper halves of their properties, any of them. */
  readonly props: Uint32Array;
  /** In sectors, by vdev: where the last address ends at most. Below zero no address may lie there. */
  readonly reach: Float64Array;
}

/** A block as it is stored, in a buffer, and what is wanted of it. */
export interface StoredBlock extends Span {
  readonly algorithm: EngineAlgorithm | SaltedAlgorithm;
  readonly littleEndian: boolean;
  readonly expected: ChecksumWords;
  /** Where its content is to be unpacked to; null where that is not wanted. */
  readonly content: ContentRoom | null;
}

/** Room for the content of a block. */
export interface ContentRoom extends Span {
  readonly compression: CompressionKind;
  /**
   * Bytes of the content. Where `length` is less, there is room for what is before the zeros at its end alone, which may or
   * may not be enough.
   */
  readonly size: number;
  /** It is of no use where all that it holds are pointers that need not be looked into. */
  readonly pointers?: boolean;
}

/**
 * What came of a stored block: its sum is `wrong`; it is `sound`, and its content was not wanted or could not be unpacked
 * here, which `decompress` does or says why not, or there was no room for it; or all its pointers are `plain`, and its
 * content is not given; or it is sound and `unpacked`, to which is added how many bytes are before the zeros at the end of
 * the content. Its room is then filled, with zeros behind these. An engine that does the work on the caller's thread leaves
 * it to the caller to look at pointers.
 */
export const OUTCOME = { wrong: 0, sound: 1, plain: 2, unpacked: 3 } as const;

/** The fastest code in use, and why not a faster one. `--version` prints it; JSON `tool.native` is `name === 'native'`. */
export interface EngineInfo {
  readonly name: 'pure' | 'node' | 'wasm' | 'native';
  /** Why the faster engine was passed over; null when it was not. */
  readonly passedOver: string | null;
}

/**
 * Computes checksums and unpacks blocks. Handed in by the host, never a global: the library runs the same with each.
 *
 * `littleEndian` is the byte order in which the block's content is read as words (fletcher) or its digest is read as
 * words (sha512). sha256 digests are four big-endian words whatever it says.
 * Source: module/zfs/zio_checksum.c, zio_checksum_table; module/zfs/sha2_zfs.c
 */
export interface Engine {
  readonly info: EngineInfo;
  /** Loads what is otherwise loaded for the first batch, so that `info` says whether it works. Absent where nothing is. */
  readonly prepare?: () => Promise<void>;
  checksum(algorithm: EngineAlgorithm, bytes: Uint8Array, littleEndian: boolean): ChecksumWords;
  /**
   * Many spans of one buffer; where the engine has threads they do the work and the event loop goes on. The buffer is
   * not changed while the call is under way.
   *
   * @returns four words a span, in the order of `spans`
   */
  checksumMany(
    algorithm: EngineAlgorithm,
    buffer: Uint8Array,
    spans: readonly Span[],
    littleEndian: boolean,
  ): Promise<BigUint64Array>;
  saltedChecksum(
    algorithm: SaltedAlgorithm,
    salted: SaltedChecksums,
    bytes: Uint8Array,
    littleEndian: boolean,
  ): ChecksumWords;
  /**
   * Fills `content` from one block, of which nothing is summed.
   *
   * @returns false where that is not done here, or not to be done: what `decompress` does or says why not, and `content`
   *   may hold anything
   */
  unpack(compression: CompressionKind, stored: Uint8Array, content: Uint8Array): boolean;
  /** As `usedLength` of usedLength.ts, which is the reference: bytes up to the last that is not zero. */
  usedLength(bytes: Uint8Array): number;
  /** As `markSectors` of sectorMarks.ts, which is the reference: what sectors of a disk can be, before anything is read of them. */
  markSectors(bytes: Uint8Array): Uint32Array;
  /**
   * Sums, compares and unpacks many blocks of one buffer. Neither buffer is touched by others while the call is under
   * way; where no content is wanted, `content` may hold anything afterwards.
   *
   * @param content has room for each that is wanted, and no two of them overlap
   * @param salted null where no block needs it; those that do are then wrong
   * @param plain of the pointers of blocks whose content is `pointers`; absent where there are none
   * @returns an `OUTCOME` a block
   * @throws UsageError for a block or a content outside of its buffer
   */
  openBlocks(
    blocks: readonly StoredBlock[],
    stored: Uint8Array,
    content: Uint8Array,
    salted: SaltedChecksums | null,
    plain?: PlainPointers | null,
  ): Promise<Uint32Array>;
}
