import { UnsupportedError } from '../bytes/errors.ts';
import { NV_TYPES, type NvList, type NvPair, type NvType, type NvValue } from './nvlist.ts';
import { sizeInMemory, widthOf } from './nvlistSize.ts';

/** Of a list whose names are unique, as all of ZFS are. Source: include/sys/nvpair.h, NV_UNIQUE_NAME */
const UNIQUE_NAMES = 1;

const utf8 = new TextEncoder();
const padded = (length: number): number => (length + 3) & ~3;

/** Grows as it is written to; big-endian, as XDR is. */
class Out {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #end = 0;

  /** Where `count` new bytes begin; they are zeros. */
  #room(count: number): number {
    const at = this.#end;
    this.#end += count;
    if (this.#end > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#end);
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }

  get length(): number {
    return this.#end;
  }
  get bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#end);
  }
  u32(value: number): void {
    const at = this.#room(4);
    this.#view.setUint32(at, value >>> 0);
  }
  /** Puts a word where room was left for it. */
  u32At(at: number, value: number): void {
    this.#view.setUint32(at, value >>> 0);
  }
  u64(value: bigint): void {
    const at = this.#room(8);
    this.#view.setBigUint64(at, BigInt.asUintN(64, value));
  }
  f64(value: number): void {
    const at = this.#room(8);
    this.#view.setFloat64(at, value);
  }
  raw(bytes: Uint8Array): void {
    const at = this.#room(padded(bytes.length));
    this.#bytes.set(bytes, at);
  }
}

/**
 * Packs a list in XDR, with its stream header: what a label and the configs in the MOS hold. Decoded and packed again, a
 * list of ZFS gives the same bytes.
 *
 * @param littleEndian byte order of the host that it is written for; nothing but the header says so
 * @throws UnsupportedError for a value of a type that has no name
 * Source: module/nvpair/nvpair.c, nvs_xdr_nvlist, nvs_xdr_nvpair and nvs_xdr_nvp_op
 */
export function encodeXdrNvlist(list: NvList, littleEndian: boolean): Uint8Array {
  const out = new Out();
  out.raw(Uint8Array.of(1, littleEndian ? 1 : 0, 0, 0));
  putList(out, list);
  return out.bytes;
}

function putList(out: Out, { pairs }: NvList): void {
  out.u32(0);
  out.u32(UNIQUE_NAMES);
  for (const pair of pairs) putPair(out, pair);
  out.u64(0n);
}

function putPair(out: Out, pair: NvPair): void {
  const { name, type, value } = pair;
  if (type === 'unknown') throw new UnsupportedError(`nvlist pair ${name} of a type that has no name`, null);
  const start = out.length;
  const elements = elementsOf(value);
  const count = type === 'boolean' ? 0 : elements.length;
  out.u32(0);
  out.u32(decodedSize(pair, type, count));
  putText(out, name);
  out.u32(NV_TYPES.indexOf(type));
  out.u32(count);
  if (value instanceof Uint8Array) out.raw(value);
  else if (type !== 'boolean') {
    const own = type.endsWith('_array') && type !== 'string_array' && type !== 'nvlist_array';
    if (own && count > 0) out.u32(count);
    for (const each of elements) putValue(out, type, each);
  }
  out.u32At(start, out.length - start);
}

function putText(out: Out, text: string): void {
  const bytes = utf8.encode(text);
  out.u32(bytes.length);
  out.raw(bytes);
}

type Element = boolean | number | bigint | string | NvList;

function elementsOf(value: NvValue): readonly Element[] {
  if (Array.isArray(value)) return value;
  return value instanceof Uint8Array ? Array.from(value) : [value as Element];
}

/** Of what is wider than the element nothing is written: the kernel takes no sign there. Source: spl-xdr.c, xdrmem_enc_char */
const elementBits = (type: NvType): number => 2 ** (8 * widthOf(type)) - 1;

function putValue(out: Out, type: NvType, value: Element): void {
  if (typeof value === 'bigint') out.u64(value);
  else if (typeof value === 'string') putText(out, value);
  else if (typeof value === 'boolean') out.u32(value ? 1 : 0);
  else if (typeof value === 'object') putList(out, value);
  else if (type === 'double') out.f64(value);
  else out.u32(value & elementBits(type));
}

function decodedSize({ name, value }: NvPair, type: NvType, count: number): number {
  const texts = elementsOf(value).map((each) => (typeof each === 'string' ? utf8.encode(each).length : 0));
  const textBytes = texts.reduce((sum, length) => sum + length, 0);
  return sizeInMemory(utf8.encode(name).length, type, count, textBytes);
}
