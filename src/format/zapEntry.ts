import { FormatError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';

const text = new TextDecoder();

/**
 * One entry of a ZAP: a name and an array of integers of one size.
 *
 * Integers are kept as the big-endian bytes that a ZAP stores whatever its host, so that a table of millions of entries
 * costs nothing but views.
 */
export class ZapEntry {
  /** The name without its NUL; of a ZAP with 64-bit keys the big-endian words. */
  readonly nameBytes: Uint8Array;
  /** The name is made of 64-bit words. */
  readonly wordKey: boolean;
  /** Bytes of one integer of the value: 1, 2, 4 or 8. */
  readonly integerSize: number;
  /** The value: big-endian integers in a row. */
  readonly valueBytes: Uint8Array;
  /** Tells names of one hash apart. */
  readonly differentiator: number;
  /** Null in a micro ZAP, which does not store it. */
  readonly hash: bigint | null;
  readonly place: Place;

  constructor(of: {
    nameBytes: Uint8Array;
    wordKey: boolean;
    integerSize: number;
    valueBytes: Uint8Array;
    differentiator: number;
    hash: bigint | null;
    place: Place;
  }) {
    this.nameBytes = of.nameBytes;
    this.wordKey = of.wordKey;
    this.integerSize = of.integerSize;
    this.valueBytes = of.valueBytes;
    this.differentiator = of.differentiator;
    this.hash = of.hash;
    this.place = of.place;
  }

  /** The name as text, raw: escape it before it reaches a terminal. 64-bit keys as `0x1,0x2`. */
  get name(): string {
    return this.wordKey ? this.keyWords.map((word) => `0x${word.toString(16)}`).join() : text.decode(this.nameBytes);
  }

  /** The name as 64-bit words; empty when it is text. */
  get keyWords(): bigint[] {
    return this.wordKey ? integers(this.nameBytes, 8) : [];
  }

  /** How many integers the value has. */
  get count(): number {
    return this.valueBytes.length / this.integerSize;
  }

  /** The value's integers, unsigned. */
  get integers(): bigint[] {
    return integers(this.valueBytes, this.integerSize);
  }

  /**
   * The value where it is a single integer, of any size.
   *
   * @throws FormatError `format-value` when it is an array
   */
  get integer(): bigint {
    if (this.count !== 1) {
      throw new FormatError('format-value', `ZAP entry ${this.name}`, 'one integer', `${this.count}`, this.place);
    }
    return integerAt(new DataView(this.valueBytes.buffer, this.valueBytes.byteOffset), 0, this.integerSize);
  }

  /** The value as text, up to its NUL; null when it is not made of bytes. */
  get text(): string | null {
    if (this.integerSize !== 1) return null;
    const end = this.valueBytes.indexOf(0);
    return text.decode(end < 0 ? this.valueBytes : this.valueBytes.subarray(0, end));
  }
}

function integers(bytes: Uint8Array, size: number): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => integerAt(view, i * size, size));
}

function integerAt(view: DataView, at: number, size: number): bigint {
  if (size === 8) return view.getBigUint64(at);
  if (size === 4) return BigInt(view.getUint32(at));
  return BigInt(size === 2 ? view.getUint16(at) : view.getUint8(at));
}
