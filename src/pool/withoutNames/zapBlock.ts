import { FormatError } from '../../bytes/errors.ts';
import type { Place } from '../../bytes/place.ts';
import { read } from '../../bytes/struct.ts';
import {
  FAT_ZAP,
  MICRO_ZAP,
  MICRO_ZAP_ENTRY,
  ZAP_BLOCK,
  ZAP_CHAIN_END,
  ZAP_CHUNK,
  ZAP_CHUNK_SIZE,
  ZAP_LEAF,
  ZAP_LEAF_ARRAY,
  ZAP_LEAF_ENTRY,
  ZAP_LEAF_MAGIC,
} from '../../format/zap.layout.ts';
import type { Aliases } from './alias.ts';
import { stays } from './zapNames.ts';

const NAME = MICRO_ZAP_ENTRY.fields.name;
const HASH = ZAP_LEAF_ENTRY.fields.hash;
/** Larger than any block id that a pointer table has. */
const TABLE_WORD = 1n << 40n;

export interface ZapBlockOptions {
  /** Of the object. */
  readonly type: number;
  readonly littleEndian: boolean;
  readonly aliases: Aliases;
  /** Bytes of a name in a micro ZAP that there is room for. */
  readonly longest?: number;
  readonly place: Place;
}

/**
 * A block of a ZAP with other names in place of those that people gave. What no entry leads to is zeros: blocks keep the
 * names of what was removed.
 *
 * @returns null for a block that does not decode
 */
export function zapWithoutNames(block: Uint8Array, options: ZapBlockOptions): Uint8Array | null {
  if (block.length < MICRO_ZAP.size) return null;
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  switch (view.getBigUint64(0, options.littleEndian)) {
    case ZAP_BLOCK.micro:
      return microZap(block, options);
    case ZAP_BLOCK.leaf:
      return orNull(() => new Leaf(block, options).copy());
    case ZAP_BLOCK.header: {
      const out = new Uint8Array(block.length);
      out.set(block.subarray(0, FAT_ZAP.size));
      out.set(block.subarray(block.length / 2), block.length / 2);
      return isTable(out.subarray(block.length / 2), options.littleEndian) ? out : null;
    }
    default:
      return isTable(block, options.littleEndian) ? block : null;
  }
}

function orNull<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

function isTable(bytes: Uint8Array, littleEndian: boolean): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    if (view.getBigUint64(at, littleEndian) >= TABLE_WORD) return false;
  }
  return true;
}

function microZap(block: Uint8Array, { type, littleEndian, aliases, longest, place }: ZapBlockOptions): Uint8Array {
  const out = new Uint8Array(block.length);
  out.set(block.subarray(0, MICRO_ZAP.size));
  for (let at = MICRO_ZAP.size; at + MICRO_ZAP_ENTRY.size <= block.length; at += MICRO_ZAP_ENTRY.size) {
    if (block[at + NAME.offset] === 0) continue;
    const { value, name } = read(MICRO_ZAP_ENTRY, block.subarray(at), littleEndian, place);
    const end = name.indexOf(0);
    const own = end < 0 ? name : name.subarray(0, end);
    const kept = stays(type, textOf(own), value).name;
    out.set(block.subarray(at, at + NAME.offset), at);
    out.set(kept ? own : aliases.aliasOf(own, longest), at + NAME.offset);
  }
  return out;
}

/** A leaf of a fat ZAP, copied as far as entries lead. */
class Leaf {
  readonly #block: Uint8Array;
  readonly #view: DataView;
  readonly #out: Uint8Array;
  readonly #options: ZapBlockOptions;
  readonly #at: number;
  readonly #count: number;
  readonly #prefix: bigint;

  constructor(block: Uint8Array, options: ZapBlockOptions) {
    const { littleEndian, place } = options;
    const { magic, prefixLength } = read(ZAP_LEAF, block, littleEndian, place);
    const hashTable = (block.length / 32) * 2;
    this.#block = block;
    this.#view = new DataView(block.buffer, block.byteOffset, block.length);
    this.#options = options;
    this.#at = ZAP_LEAF.size + hashTable;
    this.#count = Math.floor((block.length - hashTable) / ZAP_CHUNK_SIZE) - 2;
    this.#prefix = BigInt(Math.min(prefixLength, 64));
    this.#out = new Uint8Array(block.length);
    if (magic !== ZAP_LEAF_MAGIC) throw this.#not('magic of a ZAP leaf', magic);
    this.#out.set(block.subarray(0, ZAP_LEAF.size));
    this.#out.fill(0xff, ZAP_LEAF.size, this.#at);
  }

  copy(): Uint8Array {
    for (let index = 0; index < this.#count; index++) {
      const at = this.#chunkAt(index);
      const kind = this.#block[at] ?? 0;
      this.#out[at] = kind;
      if (kind === ZAP_CHUNK.free) this.#copyNext(at);
      if (kind === ZAP_CHUNK.entry) this.#copyEntry(at);
    }
    return this.#out;
  }

  #copyEntry(at: number): void {
    const { type, littleEndian, aliases, place } = this.#options;
    const entry = read(ZAP_LEAF_ENTRY, this.#block.subarray(at), littleEndian, place);
    this.#out.set(this.#block.subarray(at, at + ZAP_CHUNK_SIZE), at);
    const bytes = entry.valueLength * entry.integerSize;
    const words = this.#gather(entry.nameChunk, entry.nameLength * 8);
    const text = this.#gather(entry.nameChunk, entry.nameLength);
    const name = text === null || !isText(text, words) ? null : text.subarray(0, -1);
    if (name === null && words === null) throw this.#not('name of a ZAP entry', entry.nameLength);
    const value = this.#gather(entry.valueChunk, bytes);
    if (value === null) throw this.#not('value of a ZAP entry', bytes);
    const kept = stays(type, name && textOf(name), integerOf(value, entry.integerSize));
    if (name === null) this.#scatter(entry.nameChunk, words ?? name ?? value);
    else this.#scatter(entry.nameChunk, kept.name ? name : aliases.aliasOf(name));
    if (name !== null && !kept.name) this.#rehash(at, entry.hash, aliases.aliasOf(name, 8));
    const plain = kept.bytes || entry.integerSize > 1 || value.length === 0;
    this.#scatter(entry.valueChunk, plain ? value : aliases.aliasOf(value.subarray(0, -1)));
  }

  /** The bits that say which leaf it is stay; the others would tell a name from those that somebody tries. */
  #rehash(at: number, hash: bigint, alias: Uint8Array): void {
    const { littleEndian } = this.#options;
    const low = 64n - this.#prefix;
    let other = 0n;
    for (let i = 0; i < 8; i++) other = (other << 8n) | BigInt(alias[i] ?? 0);
    const mixed = ((hash >> low) << low) | (other & ((1n << low) - 1n) & ~0xffffn);
    new DataView(this.#out.buffer).setBigUint64(at + HASH.offset, mixed, littleEndian);
  }

  #chunkAt = (index: number): number => this.#at + index * ZAP_CHUNK_SIZE;

  #copyNext(at: number): void {
    const next = at + ZAP_LEAF_ARRAY.next;
    this.#out.set(this.#block.subarray(next, next + 2), next);
  }

  /** The chunks of a chain that is `length` bytes long; null where it is not. */
  #chain(first: number, length: number): number[] | null {
    const chunks: number[] = [];
    if (length > this.#count * ZAP_LEAF_ARRAY.size) return null;
    let chunk = first;
    for (let done = 0; done < length; done += ZAP_LEAF_ARRAY.size) {
      const at = this.#chunkAt(chunk);
      if (chunk === ZAP_CHAIN_END || chunk >= this.#count || this.#block[at] !== ZAP_CHUNK.array) return null;
      chunks.push(at);
      chunk = this.#view.getUint16(at + ZAP_LEAF_ARRAY.next, this.#options.littleEndian);
    }
    return chunks;
  }

  #gather(first: number, length: number): Uint8Array | null {
    const chunks = this.#chain(first, length);
    if (chunks === null) return null;
    const bytes = new Uint8Array(length);
    for (const [i, at] of chunks.entries()) {
      const done = i * ZAP_LEAF_ARRAY.size;
      const from = at + ZAP_LEAF_ARRAY.at;
      bytes.set(this.#block.subarray(from, from + Math.min(ZAP_LEAF_ARRAY.size, length - done)), done);
    }
    return bytes;
  }

  /** Puts `bytes` into a chain that was gathered, of that length or one more. */
  #scatter(first: number, bytes: Uint8Array): void {
    for (const [i, at] of (this.#chain(first, bytes.length) ?? []).entries()) {
      const done = i * ZAP_LEAF_ARRAY.size;
      this.#out.set(bytes.subarray(done, done + ZAP_LEAF_ARRAY.size), at + ZAP_LEAF_ARRAY.at);
    }
    for (const at of this.#chain(first, bytes.length + 1) ?? []) this.#copyNext(at);
  }

  #not(what: string, found: number): FormatError {
    return new FormatError('format-value', what, 'one that a ZAP leaf has', `${found}`, this.#options.place);
  }
}

/** One ends in a zero and has no other. A leaf does not say whether its keys are words: of a key of one word little can be text. */
function isText(text: Uint8Array, words: Uint8Array | null): boolean {
  if (text.length < 2) return words === null;
  if (text.indexOf(0) !== text.length - 1) return false;
  return (
    words === null || text.length > 2 || (isPrintable(text[0] ?? 0) && words.subarray(2).every((byte) => byte === 0))
  );
}

const isPrintable = (byte: number): boolean => byte >= 0x20 && byte < 0x7f;

function integerOf(value: Uint8Array, size: number): bigint | null {
  if (size !== 8 || value.length !== 8) return null;
  return new DataView(value.buffer, value.byteOffset, 8).getBigUint64(0);
}

/** As far as names that ZFS chooses go; all others come out as something else. */
const textOf = (name: Uint8Array): string => String.fromCharCode(...name.subarray(0, 256));
