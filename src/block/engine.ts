import type { ChecksumWords } from '../bytes/errors.ts';

export type { ChecksumWords } from '../bytes/errors.ts';

/** Algorithms of the engine that need nothing but the bytes. Salted ones are in saltedChecksum. */
export type EngineAlgorithm = 'fletcher2' | 'fletcher4' | 'sha256' | 'sha512';

/** A range of a buffer, in bytes. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** The fastest code in use, and why not a faster one. `--version` prints it; JSON `tool.native` is `name === 'native'`. */
export interface EngineInfo {
  readonly name: 'pure' | 'node' | 'native';
  /** Why the faster engine was passed over; null when it was not. */
  readonly passedOver: string | null;
}

/**
 * Computes checksums. Handed in by the host, never a global: the library runs the same with each.
 *
 * `littleEndian` is the byte order in which the block's content is read as words (fletcher) or its digest is read as
 * words (sha512). sha256 digests are four big-endian words whatever it says.
 * Source: module/zfs/zio_checksum.c, zio_checksum_table; module/zfs/sha2_zfs.c
 */
export interface Engine {
  readonly info: EngineInfo;
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
}
