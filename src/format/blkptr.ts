import type { BitField } from '../bytes/bits.ts';
import type { ChecksumWords } from '../bytes/errors.ts';
import { FormatError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { asSectors, asTxg, SECTOR, type Sectors, type Txg } from '../bytes/units.ts';
import {
  BLKPTR,
  BLKPTR_PROPS,
  BLKPTR_PROPS2,
  DVA_WORD0,
  DVA_WORD1,
  EMBEDDED_PROPS,
  EMBEDDED_WORDS,
} from './blkptr.layout.ts';
import { isEncryptedType } from './objectTypes.ts';

const AT = BLKPTR.fields;
const DVA_AT = [AT.dva0.offset, AT.dva1.offset, AT.dva2.offset] as const;

/** Where one copy of a block lies. */
export interface Dva {
  /** Id of the top-level vdev. */
  readonly vdev: number;
  /** From the start of the top-level vdev's allocatable space. */
  readonly offset: Sectors;
  /** Allocated size in bytes: with parity, padding and gang headers; 0 is none that OpenZFS writes. */
  readonly asize: number;
  /** What lies there is a gang header. */
  readonly gang: boolean;
}

/** The DVA whose first word stands at `at`, with a size that was read before. */
function decodeDva(view: DataView, at: number, littleEndian: boolean, asize: number): Dva {
  return {
    vdev: DVA_WORD0.vdev.number(view, at, littleEndian),
    offset: asSectors(DVA_WORD1.offset(view.getBigUint64(at + 8, littleEndian))),
    asize,
    gang: DVA_WORD1.gang.number(view, at + 8, littleEndian) === 1,
  };
}

/**
 * A thin view of 128 bytes: nothing is decoded until it is asked for, because a walk looks at two words of most of
 * the 1024 pointers of an indirect block.
 *
 * Says nothing about whether the values are sane.
 * Source: include/sys/spa.h, blkptr_t
 */
export class Blkptr {
  static readonly SIZE = BLKPTR.size;
  /** The 128 bytes as they stand on disk; never written to. */
  readonly view: DataView;
  /** Byte order of the block that holds the pointer. */
  readonly standsInLittleEndian: boolean;
  /** Of the pointer's first byte. */
  readonly place: Place;

  /**
   * @param bytes at least 128 bytes, not copied
   * @param littleEndian byte order of the block that holds the pointer
   * @throws FormatError `format-bounds` below 128 bytes
   */
  constructor(bytes: Uint8Array, littleEndian: boolean, place: Place) {
    if (bytes.length < BLKPTR.size) {
      throw new FormatError('format-bounds', BLKPTR.name, `${BLKPTR.size} bytes`, `${bytes.length} bytes`, place);
    }
    this.view = new DataView(bytes.buffer, bytes.byteOffset, BLKPTR.size);
    this.standsInLittleEndian = littleEndian;
    this.place = place;
  }

  /** 64-bit word `index` of 16. */
  word(index: number): bigint {
    return this.view.getBigUint64(index * 8, this.standsInLittleEndian);
  }

  /** The 128 bytes as they stand on disk; a view. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.view.buffer, this.view.byteOffset, BLKPTR.size);
  }

  /** Depends on all 128 bytes; other pointers may have the same. */
  get hash(): number {
    let [a, b] = [0x9e3779b1, 0x85ebca6b];
    for (let at = 0; at < BLKPTR.size; at += 8) {
      a = Math.imul(a ^ this.view.getUint32(at, true), 0x85ebca6b);
      a = (a << 13) | (a >>> 19);
      b = Math.imul(b ^ this.view.getUint32(at + 4, true), 0xc2b2ae35);
      b = (b << 17) | (b >>> 15);
    }
    return (a >>> 0) * 2 ** 20 + (b >>> 12);
  }

  /** All 128 bytes are the same, and their byte order is; where the pointers stand is left out. */
  equals(other: Blkptr): boolean {
    if (this.standsInLittleEndian !== other.standsInLittleEndian) return false;
    for (let at = 0; at < BLKPTR.size; at += 4) {
      if (this.view.getUint32(at) !== other.view.getUint32(at)) return false;
    }
    return true;
  }

  /** The same pointer in memory of its own: a view keeps all of the block that it stands in. */
  copy(): Blkptr {
    return new Blkptr(this.bytes.slice(), this.standsInLittleEndian, this.place);
  }

  #prop(field: BitField): number {
    return field.number(this.view, AT.props.offset, this.standsInLittleEndian);
  }

  /** The content is in the pointer itself. */
  get embedded(): boolean {
    return this.#prop(BLKPTR_PROPS.embedded) === 1;
  }

  /** Points to nothing: the content is zeros. A hole may have a birth. */
  get hole(): boolean {
    const { view } = this;
    for (let at = 0; at < 16; at += 4) if (view.getUint32(at) !== 0) return false;
    return !this.embedded;
  }

  /**
   * The copies, at most 3; 2 for encrypted level-0 blocks, whose third place holds salt and IV. As many from the first on
   * as have a size, as OpenZFS counts them: an address without one in between is a copy to it.
   */
  get dvas(): Dva[] {
    if (this.embedded) return [];
    const { view, standsInLittleEndian: littleEndian } = this;
    const sizes = DVA_AT.slice(0, this.encrypted ? 2 : 3).map((at) => DVA_WORD0.asize.number(view, at, littleEndian));
    const dvas: Dva[] = [];
    for (const size of sizes) {
      if (size === 0) continue;
      const at = DVA_AT[dvas.length] ?? 0;
      dvas.push(decodeDva(view, at, littleEndian, (sizes[dvas.length] ?? 0) * SECTOR));
    }
    return dvas;
  }

  /** First copy is a gang header. */
  get gang(): boolean {
    return !this.embedded && DVA_WORD1.gang.number(this.view, AT.dva0.offset + 8, this.standsInLittleEndian) === 1;
  }

  /** Bytes before compression. */
  get lsize(): number {
    if (this.embedded) return this.#prop(EMBEDDED_PROPS.lsize) + 1;
    return (this.#prop(BLKPTR_PROPS.lsize) + 1) * SECTOR;
  }

  /** Bytes as stored: compressed, without parity or padding to the vdev's sector. */
  get psize(): number {
    if (this.embedded) return this.#prop(EMBEDDED_PROPS.psize) + 1;
    return (this.#prop(BLKPTR_PROPS.psize) + 1) * SECTOR;
  }

  /** Number of the compression algorithm: see compressionKind. */
  get compression(): number {
    return this.#prop(BLKPTR_PROPS.compression);
  }

  /** Number of the checksum algorithm (see checksumKind); of an embedded pointer the kind of payload, 0 data, 2 redacted. */
  get checksum(): number {
    return this.#prop(BLKPTR_PROPS.checksum);
  }

  /** Object type: see objectTypeName. */
  get type(): number {
    return this.#prop(BLKPTR_PROPS.type);
  }

  /** 0 for content, above for indirect blocks. */
  get level(): number {
    return this.#prop(BLKPTR_PROPS.level);
  }

  /** The X bit: encrypted, authenticated, or (level above 0) holding a checksum of MACs. */
  get crypt(): boolean {
    return this.#prop(BLKPTR_PROPS.crypt) === 1 && !this.embedded;
  }

  /** X bit, level 0 and a type whose content is encrypted: salt, IV and MAC take the place of a DVA and two words. */
  get encrypted(): boolean {
    return this.crypt && this.level === 0 && isEncryptedType(this.type);
  }

  get dedup(): boolean {
    return this.#prop(BLKPTR_PROPS.dedup) === 1 && !this.embedded;
  }

  /** Byte order of the block pointed to, which is also that of its checksum words over it. */
  get littleEndian(): boolean {
    return this.#prop(BLKPTR_PROPS.littleEndian) === 1;
  }

  /** 2.4: the block was written anew in place of an older copy, without a change of content. */
  get rewritten(): boolean {
    return (
      !this.embedded && BLKPTR_PROPS2.rewritten.number(this.view, AT.props2.offset, this.standsInLittleEndian) === 1
    );
  }

  /** Txg in which the content was last changed. */
  get birth(): Txg {
    return asTxg(this.view.getBigUint64(AT.birth.offset, this.standsInLittleEndian));
  }

  /** Txg in which the first copy was written. */
  get physicalBirth(): Txg {
    if (this.embedded) return asTxg(0n);
    const physical = this.view.getBigUint64(AT.physicalBirth.offset, this.standsInLittleEndian);
    return physical === 0n ? this.birth : asTxg(physical);
  }

  /** Non-hole level-0 blocks below; of objset and dnode blocks the number of allocated dnodes. */
  get fill(): bigint {
    if (this.embedded) return 1n;
    const fill = this.view.getBigUint64(AT.fill.offset, this.standsInLittleEndian);
    return this.encrypted ? fill & 0xffffffffn : fill;
  }

  get checksumWords(): ChecksumWords {
    const at = AT.checksum.offset;
    const { view, standsInLittleEndian: littleEndian } = this;
    return [
      view.getBigUint64(at, littleEndian),
      view.getBigUint64(at + 8, littleEndian),
      view.getBigUint64(at + 16, littleEndian),
      view.getBigUint64(at + 24, littleEndian),
    ];
  }

  /**
   * The payload of an embedded pointer: `psize` bytes, maybe compressed.
   *
   * Source: module/zfs/blkptr.c, decode_embedded_bp_compressed
   */
  get payload(): Uint8Array {
    const bytes = new Uint8Array(EMBEDDED_WORDS.length * 8);
    const out = new DataView(bytes.buffer);
    for (const [i, word] of EMBEDDED_WORDS.entries()) out.setBigUint64(i * 8, this.word(word), true);
    return bytes.subarray(0, Math.min(this.psize, bytes.length));
  }
}
