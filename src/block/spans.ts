import { UsageError } from '../bytes/errors.ts';
import type { Span, StoredBlock } from './engine.ts';

/** Bytes between two pauses of a batch: some 2 ms of fletcher4, some 15 ms of sha512. */
export const PAUSE_EVERY = 2 ** 21;

/**
 * Refuses a batch of which some span is not a range of the buffer.
 *
 * @param size bytes of the buffer
 * @returns bytes of all spans together; more than `size` where they overlap
 * @throws UsageError naming the first wrong span
 */
export function checkSpans(spans: readonly Span[], size: number): number {
  let total = 0;
  for (const [index, { offset, length }] of spans.entries()) {
    // Safe integers, so that the end below is exact.
    const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
    if (!whole || offset < 0 || length < 0 || offset > size - length) {
      throw new UsageError(`span ${index}: ${length} bytes at ${offset} do not lie in a buffer of ${size} bytes`);
    }
    total += length;
  }
  return total;
}

/**
 * Refuses a batch of blocks that do not lie in the buffers.
 *
 * @returns bytes of all contents together
 * @throws UsageError naming the first wrong one
 */
export function checkBlocks(blocks: readonly StoredBlock[], stored: number, content: number): number {
  checkSpans(blocks, stored);
  const contents: Span[] = [];
  for (const block of blocks) if (block.content !== null) contents.push(block.content);
  return checkSpans(contents, content);
}
