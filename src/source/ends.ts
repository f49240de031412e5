import { readAround } from './readAround.ts';
import type { ByteSource, SourceError } from './source.ts';

/** The first and the last bytes of a source, where partition tables and container headers lie. */
export interface SourceEnds {
  /** From offset 0; up to 8 KiB, so that the GPT header of a disk with 4096-byte sectors is in it. */
  readonly head: Uint8Array;
  /** To the end of the source; up to 8 KiB. */
  readonly tail: Uint8Array;
  readonly tailOffset: number;
  /** Unreadable bytes are zeros in `head` and `tail`, and here. */
  readonly troubles: readonly SourceError[];
}

const END = 8192;

/** Reads both ends once, for all who look there: at most 16 KiB. */
export async function readEnds(source: ByteSource, signal?: AbortSignal): Promise<SourceEnds> {
  const length = Math.min(END, source.size);
  const tailOffset = source.size - length;
  const [head, tail] = await Promise.all([
    readAround(source, 0, length, { signal }),
    readAround(source, tailOffset, length, { signal }),
  ]);
  return { head: head.bytes, tail: tail.bytes, tailOffset, troubles: [...head.troubles, ...tail.troubles] };
}

/** A view of `length` bytes at `offset` of the source when they lie in one of its ends; null when they do not. */
export function fromEnds(ends: SourceEnds, offset: number, length: number): Uint8Array | null {
  if (offset >= 0 && offset + length <= ends.head.length) return ends.head.subarray(offset, offset + length);
  const at = offset - ends.tailOffset;
  if (at >= 0 && at + length <= ends.tail.length) return ends.tail.subarray(at, at + length);
  return null;
}
