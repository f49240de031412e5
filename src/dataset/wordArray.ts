import type { WalkOptions } from './block.ts';
import type { DmuObject, ObjectBlock } from './object.ts';

/**
 * The first `count` 64-bit words of an object that is an array of them, in pieces of a block. Only what was written
 * comes, without the zeros at the end of a block: OpenZFS makes such an array as long as the last word that it ever set, and
 * reads the words of holes and those behind its end as 0.
 *
 * @yields the words that stand from word `first` on
 * @throws what DmuObject.blocks throws, unless `options.onTrouble` takes it
 * Source: module/zfs/dmu.c, dmu_read_impl; module/zfs/dbuf.c, dbuf_findbp and dbuf_read_hole
 */
export async function* wordBlocks(
  object: DmuObject,
  count: bigint,
  options: WalkOptions = {},
): AsyncGenerator<{ readonly first: bigint; readonly words: bigint[] }> {
  for await (const block of object.wordBlocks({ to: blocksOf(object, count) }, options)) {
    yield { first: block.offset / 8n, words: wordsIn(block, count) };
  }
}

function wordsIn({ bytes, offset, littleEndian }: ObjectBlock, count: bigint): bigint[] {
  const used = Math.min(Number(count * 8n - offset), bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Math.floor(used / 8) }, (_, i) => view.getBigUint64(i * 8, littleEndian));
}

function blocksOf({ dnode }: DmuObject, count: bigint): bigint {
  const size = BigInt(dnode.check().dataBlockSize);
  return (count * 8n + size - 1n) / size;
}

/**
 * All of them at once, those that were never written as 0.
 *
 * @param count bounded by the caller
 * @throws what `wordBlocks` throws
 */
export function readWords(
  object: DmuObject,
  count: number,
  options: WalkOptions = {},
): Promise<BigUint64Array> | BigUint64Array {
  const ready = object.wordBlocksAtHand({ to: blocksOf(object, BigInt(count)) });
  if (ready === null) return readThem(object, count, options);
  const all = new BigUint64Array(count);
  for (const block of ready) all.set(wordsIn(block, BigInt(count)), Number(block.offset / 8n));
  return all;
}

async function readThem(object: DmuObject, count: number, options: WalkOptions): Promise<BigUint64Array> {
  const all = new BigUint64Array(count);
  for await (const { first, words } of wordBlocks(object, BigInt(count), options)) all.set(words, Number(first));
  return all;
}
