import type { NvList, NvPair, NvType, NvValue } from '../../src/format/nvlist.ts';
import { NV_TYPES } from '../../src/format/nvlist.ts';

/** Grows; all writes in the byte order it was made for. */
class Out {
  readonly littleEndian: boolean;
  readonly bytes: number[] = [];
  constructor(littleEndian: boolean) {
    this.littleEndian = littleEndian;
  }
  put(size: number, write: (view: DataView) => void): void {
    const view = new DataView(new ArrayBuffer(size));
    write(view);
    this.bytes.push(...new Uint8Array(view.buffer));
  }
  u16 = (n: number) => this.put(2, (v) => v.setUint16(0, n & 0xffff, this.littleEndian));
  u32 = (n: number) => this.put(4, (v) => v.setUint32(0, n >>> 0, this.littleEndian));
  u64 = (n: bigint) => this.put(8, (v) => v.setBigUint64(0, BigInt.asUintN(64, n), this.littleEndian));
  f64 = (n: number) => this.put(8, (v) => v.setFloat64(0, n, this.littleEndian));
  raw = (bytes: Iterable<number>): void => {
    for (const byte of bytes) this.bytes.push(byte);
  };
  pad = (unit: number) => {
    while (this.bytes.length % unit !== 0) this.bytes.push(0);
  };
}

const utf8 = new TextEncoder();
const arrayOf = (value: NvValue): readonly NvValue[] =>
  Array.isArray(value) || value instanceof Uint8Array ? [...(value as readonly NvValue[])] : [value];
const isList = (value: NvValue): value is NvList => typeof value === 'object' && 'pairs' in value;

function count(type: NvPair['type'], value: NvValue): number {
  return type === 'boolean' ? 0 : arrayOf(value).length;
}

const typeNumber = (type: NvPair['type']): number => (type === 'unknown' ? 99 : NV_TYPES.indexOf(type));

/** Packs a list in XDR, with its stream header. */
export function encodeXdr(list: NvList): Uint8Array {
  const out = new Out(false);
  out.raw([1, 1, 0, 0]);
  xdrList(out, list);
  return Uint8Array.from(out.bytes);
}

function xdrString(out: Out, text: string): void {
  const bytes = utf8.encode(text);
  out.u32(bytes.length);
  out.raw(bytes);
  out.pad(4);
}

function xdrList(out: Out, list: NvList): void {
  out.u32(0);
  out.u32(1);
  for (const { name, type, value } of list.pairs) {
    const body = new Out(false);
    xdrString(body, name);
    body.u32(typeNumber(type));
    const elements = count(type, value);
    body.u32(elements);
    const counted = type.endsWith('_array') && !['byte_array', 'string_array', 'nvlist_array'].includes(type);
    if (counted && elements > 0) body.u32(elements);
    if (type === 'byte_array' || type === 'unknown') body.raw(value as Uint8Array);
    else if (type !== 'boolean') for (const each of arrayOf(value)) xdrElement(body, type, each);
    body.pad(4);
    out.u32(body.bytes.length + 8);
    out.u32(sizeInMemory({ name, type, value }));
    out.raw(body.bytes);
  }
  out.u64(0n);
}

const WIDTH: { readonly [type: string]: number } = { byte: 1, int8: 1, uint8: 1, int16: 2, uint16: 2 };
const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;
const [POINTER, LIST_HEAD, PAIR_HEAD] = [8, 24, 16];

/** What a pair takes where it is unpacked, which its unpacker compares. Source: include/sys/nvpair.h, NVP_SIZE_CALC */
function sizeInMemory({ name, type, value }: NvPair): number {
  const values = arrayOf(value);
  const texts = values.reduce(
    (sum: number, each) => sum + (typeof each === 'string' ? utf8.encode(each).length + 1 : 0),
    0,
  );
  const each = WIDTH[type.replace('_array', '')] ?? (/64|double|hrtime/.test(type) ? 8 : 4);
  const size =
    type === 'boolean'
      ? 0
      : type.startsWith('nvlist')
        ? values.length * (LIST_HEAD + (type === 'nvlist' ? 0 : POINTER))
        : type.startsWith('string')
          ? texts + (type === 'string' ? 0 : values.length * POINTER)
          : values.length * each;
  return aligned(PAIR_HEAD + utf8.encode(name).length + 1) + aligned(size);
}

function xdrElement(out: Out, type: NvPair['type'], value: NvValue): void {
  if (isList(value)) xdrList(out, value);
  else if (typeof value === 'bigint') out.u64(value);
  else if (typeof value === 'string') xdrString(out, value);
  else if (typeof value === 'boolean') out.u32(value ? 1 : 0);
  else if (type === 'double') out.f64(value as number);
  else out.u32((value as number) & (2 ** (8 * (WIDTH[type.replace('_array', '')] ?? 4)) - 1));
}

/** Packs a list as a host of that byte order has it in memory, with its stream header. */
export function encodeNative(list: NvList, littleEndian: boolean): Uint8Array {
  const out = new Out(littleEndian);
  out.raw([0, littleEndian ? 1 : 0, 0, 0]);
  out.u32(0);
  out.u32(1);
  nativePairs(out, list);
  return Uint8Array.from(out.bytes);
}

function nativePairs(out: Out, list: NvList): void {
  for (const { name, type, value } of list.pairs) {
    const body = new Out(out.littleEndian);
    const text = utf8.encode(name);
    body.u32(0);
    body.u16(text.length + 1);
    body.u16(0);
    body.u32(count(type, value));
    body.u32(typeNumber(type));
    body.raw([...text, 0]);
    body.pad(8);
    nativeValue(body, type, value);
    body.pad(8);
    out.u32(body.bytes.length);
    out.raw(body.bytes.slice(4));
    for (const each of arrayOf(value)) if (isList(each)) nativePairs(out, each);
  }
  out.u32(0);
}

function nativeValue(out: Out, type: NvPair['type'], value: NvValue): void {
  if (type === 'boolean') return;
  if (type === 'byte_array' || type === 'unknown') return void out.raw(value as Uint8Array);
  const values = arrayOf(value);
  // Pointers of arrays of lists and of strings; the decoder has to step over them.
  if (type === 'nvlist_array' || type === 'string_array') for (const _ of values) out.u64(0xdeadn);
  for (const each of values) {
    if (isList(each)) out.raw(new Uint8Array(24).fill(0xee, 4));
    else if (typeof each === 'bigint') out.u64(each);
    else if (typeof each === 'string') out.raw([...utf8.encode(each), 0]);
    else if (typeof each === 'boolean') out.u32(each ? 1 : 0);
    else if (type === 'double') out.f64(each as number);
    else if (WIDTH[type.replace('_array', '')] === 1) out.raw([(each as number) & 0xff]);
    else if (WIDTH[type.replace('_array', '')] === 2) out.u16(each as number);
    else out.u32(each as number);
  }
}

/** A pair; shorthand for tests. */
export const pair = (name: string, type: NvType, value: NvValue): NvPair => ({ name, type, value });
export const u64 = (name: string, value: bigint | number): NvPair => pair(name, 'uint64', BigInt(value));
