import { FormatError } from '../bytes/errors.ts';
import type { WalkOptions } from './block.ts';
import type { DmuObject } from './object.ts';

/**
 * The first `count` 64-bit words of an object that is an array of them, in pieces of a block; holes are left out.
 *
 * @yields the words that stand from word `first` on
 * @throws FormatError `format-bounds` when the object is shorter; what DmuObject.blocks throws, unless
 *   `options.onTrouble` takes it
 */
export async function* wordBlocks(
  object: DmuObject,
  count: bigint,
  options: WalkOptions = {},
): AsyncGenerator<{ readonly first: bigint; readonly words: bigint[] }> {
  const size = BigInt(object.dnode.check().dataBlockSize);
  const end = count * 8n;
  if (end > object.dnode.length) {
    const expected = `at most ${object.dnode.length / 8n}`;
    throw new FormatError('format-bounds', 'words of an array', expected, `${count}`, object.place);
  }
  for await (const { bytes, offset, littleEndian } of object.blocks({ to: (end + size - 1n) / size }, options)) {
    const used = end - offset < size ? Number(end - offset) : bytes.length;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const words = Array.from({ length: Math.floor(used / 8) }, (_, i) => view.getBigUint64(i * 8, littleEndian));
    yield { first: offset / 8n, words };
  }
}

/**
 * All of them at once, holes as 0.
 *
 * @param count bounded by the caller
 * @throws what `wordBlocks` throws
 */
export async function readWords(object: DmuObject, count: number, options: WalkOptions = {}): Promise<BigUint64Array> {
  const all = new BigUint64Array(count);
  for await (const { first, words } of wordBlocks(object, BigInt(count), options)) all.set(words, Number(first));
  return all;
}
