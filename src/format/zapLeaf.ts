import { FormatError } from '../bytes/errors.ts';
import { inside, type Place } from '../bytes/place.ts';
import { read } from '../bytes/struct.ts';
import {
  ZAP_BLOCK,
  ZAP_CHAIN_END,
  ZAP_CHUNK,
  ZAP_CHUNK_SIZE,
  ZAP_LEAF,
  ZAP_LEAF_ARRAY,
  ZAP_LEAF_ENTRY,
  ZAP_LEAF_MAGIC,
} from './zap.layout.ts';
import { ZapEntry } from './zapEntry.ts';

const INTEGER_SIZES = new Set([1, 2, 4, 8]);

/**
 * The entries of one leaf of a fat ZAP, ordered by hash and differentiator as ZFS lists them.
 *
 * Looks at every chunk, so that an entry which the leaf's own hash table lost is found all the same. A chain of chunks
 * has a length that its entry names, so it ends even where it loops.
 *
 * @param block the whole block
 * @param wordKeys names are 64-bit words, from the header
 * @throws FormatError `format-magic` when the block is no leaf; `format-bounds` or `format-value` when an entry or one
 *   of its chains is nonsense
 * Source: module/zfs/zap_leaf.c, zap_leaf_array_read; include/sys/zap_leaf.h
 */
export function decodeZapLeaf(
  block: Uint8Array,
  littleEndian: boolean,
  wordKeys: boolean,
  place: Place,
): readonly ZapEntry[] {
  const { blockType, magic } = read(ZAP_LEAF, block, littleEndian, place);
  if (blockType !== ZAP_BLOCK.leaf || magic !== ZAP_LEAF_MAGIC) {
    const expected = `0x${ZAP_BLOCK.leaf.toString(16)} and 0x${ZAP_LEAF_MAGIC.toString(16)}`;
    const found = `0x${blockType.toString(16)} and 0x${magic.toString(16)}`;
    throw new FormatError('format-magic', 'type and magic of a ZAP leaf', expected, found, place);
  }
  const hashTable = (block.length / 32) * 2;
  const chunksAt = ZAP_LEAF.size + hashTable;
  const count = Math.floor((block.length - hashTable) / ZAP_CHUNK_SIZE) - 2;
  const chunks: Chunks = { block, littleEndian, at: chunksAt, count };
  const entries: ZapEntry[] = [];
  for (let index = 0; index < count; index++) {
    const at = chunksAt + index * ZAP_CHUNK_SIZE;
    if (block[at] === ZAP_CHUNK.entry)
      entries.push(decodeEntry(chunks, at, wordKeys, inside(place, `chunk ${index}`, at)));
  }
  return entries.sort(byHash);
}

function byHash(a: ZapEntry, b: ZapEntry): number {
  if (a.hash === null || b.hash === null || a.hash === b.hash) return a.differentiator - b.differentiator;
  return a.hash < b.hash ? -1 : 1;
}

interface Chunks {
  readonly block: Uint8Array;
  readonly littleEndian: boolean;
  /** Byte offset of the first chunk. */
  readonly at: number;
  readonly count: number;
}

function decodeEntry(chunks: Chunks, at: number, wordKeys: boolean, place: Place): ZapEntry {
  const { block, littleEndian } = chunks;
  const entry = read(ZAP_LEAF_ENTRY, block.subarray(at), littleEndian, place);
  if (!INTEGER_SIZES.has(entry.integerSize)) {
    const found = `${entry.integerSize}`;
    throw new FormatError('format-value', 'integer size of a ZAP value', '1, 2, 4 or 8', found, place);
  }
  const name = gather(chunks, entry.nameChunk, entry.nameLength * (wordKeys ? 8 : 1), 'name', place);
  return new ZapEntry({
    nameBytes: wordKeys || name.at(-1) !== 0 ? name : name.subarray(0, -1),
    wordKey: wordKeys,
    integerSize: entry.integerSize,
    valueBytes: gather(chunks, entry.valueChunk, entry.valueLength * entry.integerSize, 'value', place),
    differentiator: entry.differentiator,
    hash: entry.hash,
    place,
  });
}

/** `length` bytes out of a chain of array chunks; no longer than all chunks of the leaf together. */
function gather(chunks: Chunks, first: number, length: number, what: string, place: Place): Uint8Array {
  const room = chunks.count * ZAP_LEAF_ARRAY.size;
  if (length > room) {
    throw new FormatError('format-bounds', `${what} of a ZAP entry`, `at most ${room} bytes`, `${length}`, place);
  }
  const out = new Uint8Array(length);
  const view = new DataView(chunks.block.buffer, chunks.block.byteOffset, chunks.block.length);
  let chunk = first;
  for (let done = 0; done < length; done += ZAP_LEAF_ARRAY.size) {
    const at = chunks.at + chunk * ZAP_CHUNK_SIZE;
    if (chunk === ZAP_CHAIN_END || chunk >= chunks.count || view.getUint8(at) !== ZAP_CHUNK.array) {
      const found = chunk === ZAP_CHAIN_END ? 'the end of the chain' : `chunk ${chunk}`;
      throw new FormatError('format-value', `${what} of a ZAP entry`, 'another array chunk', found, place);
    }
    const from = at + ZAP_LEAF_ARRAY.at;
    out.set(chunks.block.subarray(from, from + Math.min(ZAP_LEAF_ARRAY.size, length - done)), done);
    chunk = view.getUint16(at + ZAP_LEAF_ARRAY.next, chunks.littleEndian);
  }
  return out;
}
