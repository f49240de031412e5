import { inside } from '../bytes/place.ts';
import { Blkptr } from '../format/blkptr.ts';
import type { Block } from './block.ts';

/** Holes are most of some blocks, so those without a single bit in DVA and properties are told before a view is made. */
export function isHole(block: Block, index: number): boolean {
  const { bytes } = block;
  const at = index * Blkptr.SIZE;
  if (at >= bytes.length) return true;
  for (let i = 0; i < 16; i++) if (bytes[at + i] !== 0) return false;
  for (let i = 48; i < 56; i++) if (bytes[at + i] !== 0) return pointerIn(block, index).hole;
  return true;
}

const HOLE = new Uint8Array(Blkptr.SIZE);

/** Indexes of the pointers in two indirect blocks that are not the same; what one lacks at its end is holes. */
export function differingPointers(a: Uint8Array, b: Uint8Array): readonly number[] {
  const [one, other] = [wordsOf(a), wordsOf(b)];
  const differing: number[] = [];
  const words = Blkptr.SIZE / 4;
  const count = Math.floor(Math.max(one.length, other.length) / words);
  for (let index = 0; index < count; index++) {
    if (!isSameRange(one, other, index * words, words)) differing.push(index);
  }
  return differing;
}

/** Whether `count` words of two arrays are the same, in multiples of a pointer's; behind its end an array has zeros. */
export function isSameRange(one: Uint32Array, other: Uint32Array, at: number, count: number): boolean {
  let bits = 0;
  for (let i = at; i < at + count; i += 4) {
    bits |= ((one[i] ?? 0) ^ (other[i] ?? 0)) | ((one[i + 1] ?? 0) ^ (other[i + 1] ?? 0));
    bits |= ((one[i + 2] ?? 0) ^ (other[i + 2] ?? 0)) | ((one[i + 3] ?? 0) ^ (other[i + 3] ?? 0));
  }
  return bits === 0;
}

/** For comparisons: in the order of bytes that the processor has. */
export const wordsOf = (bytes: Uint8Array): Uint32Array =>
  bytes.byteOffset % 4 === 0
    ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
    : wordsOf(bytes.slice());

/** What an indirect block lacks at its end is holes. */
export function pointerIn(block: Block, index: number): Blkptr {
  const at = index * Blkptr.SIZE;
  const bytes = at < block.bytes.length ? block.bytes.subarray(at, at + Blkptr.SIZE) : HOLE;
  return new Blkptr(bytes, block.littleEndian, inside(block.place, `pointer ${index}`, at));
}
