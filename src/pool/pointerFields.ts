import { BLKPTR } from '../format/blkptr.layout.ts';
import { isEncryptedType } from '../format/objectTypes.ts';

const AT = BLKPTR.fields;
const HIGH = 2 ** 32;
const DVA_SIZE = 16;
/** Offsets of addresses are kept in sectors; what of them does not fit into 64 bits of bytes is lost. */
const OFFSET_HIGH = 0x7fffff;

/** By object type. */
const ENCRYPTED = Uint8Array.from({ length: 256 }, (_, type) => (isEncryptedType(type) ? 1 : 0));

/**
 * The fields of a block pointer as numbers, taken straight from the bytes: an indirect block has 1024 pointers, and
 * making an object of each costs more than all that is done with them. One is used for all pointers in turn.
 *
 * Says nothing about whether the values are sane: see PointerRules.
 * Source: include/sys/spa.h, blkptr_t
 */
export class PointerFields {
  type = 0;
  level = 0;
  compression = 0;
  /** Of an embedded pointer the kind of payload. */
  checksum = 0;
  embedded = false;
  hole = false;
  /** Bytes. */
  psize = 0;
  lsize = 0;
  /** Addresses that OpenZFS looks at, from the first on: as many as have a size, whichever those are. */
  copies = 0;
  protected low = 0;
  protected high = 0;
  protected littleEndian = true;
  #view: DataView = new DataView(new ArrayBuffer(BLKPTR.size));

  /** Looks at the pointer at `at`, in a block of that byte order. */
  at(view: DataView, at: number, littleEndian: boolean): void {
    const [low, high] = littleEndian ? [at, at + 4] : [at + 4, at];
    this.#view = view;
    this.low = low;
    this.high = high;
    this.littleEndian = littleEndian;
    const props = view.getUint32(high + AT.props.offset, littleEndian);
    const sizes = view.getUint32(low + AT.props.offset, littleEndian);
    this.type = (props >>> 16) & 0xff;
    this.level = (props >>> 24) & 0x1f;
    this.compression = props & 0x7f;
    this.checksum = (props >>> 8) & 0xff;
    this.embedded = (props & 0x80) !== 0;
    this.hole = false;
    this.copies = 0;
    if (this.embedded) {
      this.psize = (sizes >>> 25) + 1;
      this.lsize = (sizes & 0x1ffffff) + 1;
      return;
    }
    this.lsize = ((sizes & 0xffff) + 1) * 512;
    this.psize = ((sizes >>> 16) + 1) * 512;
    this.hole =
      view.getUint32(at) === 0 &&
      view.getUint32(at + 4) === 0 &&
      view.getUint32(at + 8) === 0 &&
      view.getUint32(at + 12) === 0;
    // The third place of an encrypted block holds salt and IV.
    const encrypted = (props & 0x20000000) !== 0 && this.level === 0 && ENCRYPTED[this.type] === 1;
    const places = encrypted ? 2 : 3;
    for (let i = 0; i < places; i++) if (this.sectors(i) !== 0) this.copies++;
  }

  /** Allocated size of address `i`, in sectors. */
  sectors(i: number): number {
    return this.#view.getUint32(this.low + i * DVA_SIZE, this.littleEndian) & 0xffffff;
  }

  /** Id of the top-level vdev of address `i`. */
  vdev(i: number): number {
    return this.#view.getUint32(this.high + i * DVA_SIZE, this.littleEndian) & 0xffffff;
  }

  /** Bytes from the start of that vdev's allocatable space; beyond 2^53 the nearest there is. */
  offset(i: number): number {
    const [low, high] = [this.low + i * DVA_SIZE + 8, this.high + i * DVA_SIZE + 8];
    const upper = this.#view.getUint32(high, this.littleEndian) & OFFSET_HIGH;
    return (upper * HIGH + this.#view.getUint32(low, this.littleEndian)) * 512;
  }

  /** What lies at address `i` is a gang header. */
  gang(i: number): boolean {
    return this.#view.getUint32(this.high + i * DVA_SIZE + 8, this.littleEndian) >>> 31 === 1;
  }
}
