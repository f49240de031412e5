import { UnsupportedError } from '../bytes/errors.ts';
import { NV_TYPES, type NvList, type NvPair, type NvValue } from './nvlist.ts';

/** Of a list whose names are unique, as all of ZFS are. Source: include/sys/nvpair.h, NV_UNIQUE_NAME */
const UNIQUE_NAMES = 1;
/** `nvpair_t` and `nvlist_t` in the memory of a 64-bit host. Source: include/sys/nvpair.h */
const PAIR_HEAD = 16;
const LIST_STRUCT = 24;
const POINTER = 8;

const utf8 = new TextEncoder();
const align8 = (length: number): number => (length + 7) & ~7;
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
  out.u32(0);
  out.u32(decodedSize(pair));
  putText(out, name);
  const elements = elementsOf(value);
  const count = type === 'boolean' ? 0 : elements.length;
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

function putValue(out: Out, type: NvPair['type'], value: Element): void {
  if (typeof value === 'bigint') out.u64(value);
  else if (typeof value === 'string') putText(out, value);
  else if (typeof value === 'boolean') out.u32(value ? 1 : 0);
  else if (typeof value === 'object') putList(out, value);
  else if (type === 'double') out.f64(value);
  else out.u32(value);
}

/** Bytes of an element in memory, where they are not eight. */
const WIDTHS: { readonly [type: string]: number } = {
  byte: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  boolean_value: 4,
  boolean: 4,
};

/** What the pair takes in the memory of the host: written beside its size, and compared by nobody. Source: nvpair.c, NVP_SIZE_CALC */
function decodedSize({ name, type, value }: NvPair): number {
  return align8(PAIR_HEAD + utf8.encode(name).length + 1) + align8(valueSize(type, value));
}

function valueSize(type: NvPair['type'], value: NvValue): number {
  if (type === 'boolean') return 0;
  const elements = elementsOf(value);
  const array = type.endsWith('_array');
  if (type === 'nvlist' || type === 'nvlist_array') return elements.length * (LIST_STRUCT + (array ? POINTER : 0));
  if (type === 'string' || type === 'string_array') {
    const texts = elements.map((each) => (typeof each === 'string' ? utf8.encode(each).length + 1 : 0));
    return texts.reduce((sum, length) => sum + length + (array ? POINTER : 0), 0);
  }
  return elements.length * (WIDTHS[type.replace(/_array$/, '')] ?? 8);
}
