import { sha256After } from '../block/sha256.ts';
import { TRAILER, TRAILER_MAGIC } from '../format/label.layout.ts';

const CHECKSUM_BYTES = TRAILER.fields.checksum.size;
/** What SHA-256 takes at once: all before the last of them is the same wherever the unit lies. */
const BLOCK = 64;

/**
 * Bytes of a vdev that carry their own checksum: a label's config, a slot of a ring. The offset in the vdev goes into
 * the checksum, so that it tells for any offset whether the unit was written for that one.
 *
 * Source: module/zfs/zio_checksum.c, zio_checksum_label_verifier and zio_checksum_error_impl
 */
export class SealedUnit {
  readonly #end: Uint8Array;
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  readonly #stored: bigint;
  readonly #rest: readonly bigint[];
  readonly #digest: (end: Uint8Array) => readonly bigint[];

  private constructor(unit: Uint8Array, littleEndian: boolean) {
    const cut = unit.length - BLOCK;
    this.#end = unit.slice(cut);
    this.#view = new DataView(this.#end.buffer);
    this.#littleEndian = littleEndian;
    const at = BLOCK - CHECKSUM_BYTES;
    const [first = 0n, ...rest] = [0, 8, 16, 24].map((word) => this.#view.getBigUint64(at + word, littleEndian));
    this.#stored = first;
    this.#rest = rest;
    this.#end.fill(0, at);
    this.#digest = sha256After(unit.subarray(0, cut));
  }

  /**
   * @param unit a multiple of 64 bytes with the trailer at the end; nothing of it is kept but its last 64 bytes
   * @returns null when it has no trailer
   */
  static of(unit: Uint8Array): SealedUnit | null {
    if (unit.length < BLOCK || unit.length % BLOCK !== 0) return null;
    const view = new DataView(unit.buffer, unit.byteOffset, unit.length);
    const at = unit.length - TRAILER.size;
    if (view.getBigUint64(at, true) === TRAILER_MAGIC) return new SealedUnit(unit, true);
    return view.getBigUint64(at, false) === TRAILER_MAGIC ? new SealedUnit(unit, false) : null;
  }

  /** Whether it was written for byte `offset` of a vdev: a proof, as far as SHA-256 is one. */
  isFor(offset: number): boolean {
    if (!(offset >= 0)) return false;
    this.#view.setBigUint64(BLOCK - CHECKSUM_BYTES, BigInt(offset), this.#littleEndian);
    const [first, ...rest] = this.#digest(this.#end);
    return first === this.#stored && rest.every((word, i) => word === this.#rest[i]);
  }
}
