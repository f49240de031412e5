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

/** One DVA from its two words. */
function decodeDva(word0: bigint, word1: bigint): Dva {
  return {
    vdev: Number(DVA_WORD0.vdev(word0)),
    offset: asSectors(DVA_WORD1.offset(word1)),
    asize: Number(DVA_WORD0.asize(word0)) * SECTOR,
    gang: DVA_WORD1.gang(word1) === 1n,
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
  readonly #view: DataView;
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
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, BLKPTR.size);
    this.standsInLittleEndian = littleEndian;
    this.place = place;
  }

  /** 64-bit word `index` of 16. */
  word(index: number): bigint {
    return this.#view.getBigUint64(index * 8, this.standsInLittleEndian);
  }

  /** The 128 bytes as they stand on disk; a view. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset, BLKPTR.size);
  }

  /** Depends on all 128 bytes; other pointers may have the same. */
  get hash(): number {
    let [a, b] = [0x9e3779b1, 0x85ebca6b];
    for (let at = 0; at < BLKPTR.size; at += 8) {
      a = Math.imul(a ^ this.#view.getUint32(at, true), 0x85ebca6b);
      a = (a << 13) | (a >>> 19);
      b = Math.imul(b ^ this.#view.getUint32(at + 4, true), 0xc2b2ae35);
      b = (b << 17) | (b >>> 15);
    }
    return (a >>> 0) * 2 ** 20 + (b >>> 12);
  }

  /** All 128 bytes are the same, and their byte order is; where the pointers stand is left out. */
  equals(other: Blkptr): boolean {
    if (this.standsInLittleEndian !== other.standsInLittleEndian) return false;
    for (let at = 0; at < BLKPTR.size; at += 4) {
      if (this.#view.getUint32(at) !== other.#view.getUint32(at)) return false;
    }
    return true;
  }

  /** The same pointer in memory of its own: a view keeps all of the block that it stands in. */
  copy(): Blkptr {
    return new Blkptr(this.bytes.slice(), this.standsInLittleEndian, this.place);
  }

  get #props(): bigint {
    return this.#view.getBigUint64(AT.props.offset, this.standsInLittleEndian);
  }

  /** The content is in the pointer itself. */
  get embedded(): boolean {
    return BLKPTR_PROPS.embedded(this.#props) === 1n;
  }

  /** Points to nothing: the content is zeros. A hole may have a birth. */
  get hole(): boolean {
    const view = this.#view;
    return view.getBigUint64(0) === 0n && view.getBigUint64(8) === 0n && !this.embedded;
  }

  /**
   * The copies, at most 3; 2 for encrypted level-0 blocks, whose third place holds salt and IV. As many from the first on
   * as have a size, as OpenZFS counts them: an address without one in between is a copy to it.
   */
  get dvas(): Dva[] {
    if (this.embedded) return [];
    const dvas = DVA_AT.slice(0, this.encrypted ? 2 : 3).map((at) =>
      decodeDva(
        this.#view.getBigUint64(at, this.standsInLittleEndian),
        this.#view.getBigUint64(at + 8, this.standsInLittleEndian),
      ),
    );
    return dvas.slice(0, dvas.filter(({ asize }) => asize > 0).length);
  }

  /** First copy is a gang header. */
  get gang(): boolean {
    return (
      !this.embedded && DVA_WORD1.gang(this.#view.getBigUint64(AT.dva0.offset + 8, this.standsInLittleEndian)) === 1n
    );
  }

  /** Bytes before compression. */
  get lsize(): number {
    const props = this.#props;
    if (this.embedded) return Number(EMBEDDED_PROPS.lsize(props)) + 1;
    return (Number(BLKPTR_PROPS.lsize(props)) + 1) * SECTOR;
  }

  /** Bytes as stored: compressed, without parity or padding to the vdev's sector. */
  get psize(): number {
    const props = this.#props;
    if (this.embedded) return Number(EMBEDDED_PROPS.psize(props)) + 1;
    return (Number(BLKPTR_PROPS.psize(props)) + 1) * SECTOR;
  }

  /** Number of the compression algorithm: see compressionKind. */
  get compression(): number {
    return Number(BLKPTR_PROPS.compression(this.#props));
  }

  /** Number of the checksum algorithm (see checksumKind); of an embedded pointer the kind of payload, 0 data, 2 redacted. */
  get checksum(): number {
    return Number(BLKPTR_PROPS.checksum(this.#props));
  }

  /** Object type: see objectTypeName. */
  get type(): number {
    return Number(BLKPTR_PROPS.type(this.#props));
  }

  /** 0 for content, above for indirect blocks. */
  get level(): number {
    return Number(BLKPTR_PROPS.level(this.#props));
  }

  /** The X bit: encrypted, authenticated, or (level above 0) holding a checksum of MACs. */
  get crypt(): boolean {
    return BLKPTR_PROPS.crypt(this.#props) === 1n && !this.embedded;
  }

  /** X bit, level 0 and a type whose content is encrypted: salt, IV and MAC take the place of a DVA and two words. */
  get encrypted(): boolean {
    return this.crypt && this.level === 0 && isEncryptedType(this.type);
  }

  get dedup(): boolean {
    return BLKPTR_PROPS.dedup(this.#props) === 1n && !this.embedded;
  }

  /** Byte order of the block pointed to, which is also that of its checksum words over it. */
  get littleEndian(): boolean {
    return BLKPTR_PROPS.littleEndian(this.#props) === 1n;
  }

  /** 2.4: the block was written anew in place of an older copy, without a change of content. */
  get rewritten(): boolean {
    return (
      !this.embedded &&
      BLKPTR_PROPS2.rewritten(this.#view.getBigUint64(AT.props2.offset, this.standsInLittleEndian)) === 1n
    );
  }

  /** Txg in which the content was last changed. */
  get birth(): Txg {
    return asTxg(this.#view.getBigUint64(AT.birth.offset, this.standsInLittleEndian));
  }

  /** Txg in which the first copy was written. */
  get physicalBirth(): Txg {
    if (this.embedded) return asTxg(0n);
    const physical = this.#view.getBigUint64(AT.physicalBirth.offset, this.standsInLittleEndian);
    return physical === 0n ? this.birth : asTxg(physical);
  }

  /** Non-hole level-0 blocks below; of objset and dnode blocks the number of allocated dnodes. */
  get fill(): bigint {
    if (this.embedded) return 1n;
    const fill = this.#view.getBigUint64(AT.fill.offset, this.standsInLittleEndian);
    return this.encrypted ? fill & 0xffffffffn : fill;
  }

  get checksumWords(): ChecksumWords {
    const at = AT.checksum.offset;
    const word = (i: number) => this.#view.getBigUint64(at + i * 8, this.standsInLittleEndian);
    return [word(0), word(1), word(2), word(3)];
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
