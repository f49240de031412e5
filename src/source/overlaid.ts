import type { ByteSource } from './source.ts';

/** Bytes that stand over those of a source. */
export interface Laid {
  /** Byte of the source. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * `source` with other bytes over some of its own, which are neither read nor written: what a copy with these patches
 * would give.
 *
 * @param laid in any order; of two that overlap the later one counts
 */
export function overlaid(source: ByteSource, laid: readonly Laid[]): ByteSource {
  return {
    name: source.name,
    size: source.size,
    ...(source.failures && { failures: source.failures }),
    async read(offset, length, signal, into) {
      const end = offset + length;
      const over = laid.filter((each) => each.offset < end && offset < each.offset + each.bytes.length);
      if (over.length === 0) return source.read(offset, length, signal, into);
      const whole = over.find((each) => each.offset <= offset && each.offset + each.bytes.length >= end);
      const bytes = whole === undefined ? await readGaps(source, offset, length, over, signal) : new Uint8Array(length);
      for (const { offset: at, bytes: patch } of over) {
        const from = Math.max(at, offset);
        const to = Math.min(at + patch.length, end);
        bytes.set(patch.subarray(from - at, to - at), from - offset);
      }
      return bytes;
    },
  };
}

/** What the source itself has to give: bytes under a patch may be unreadable. */
async function readGaps(
  source: ByteSource,
  offset: number,
  length: number,
  over: readonly Laid[],
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const end = offset + length;
  let at = offset;
  for (const { offset: from, bytes: patch } of [...over].sort((a, b) => a.offset - b.offset)) {
    if (from > at) bytes.set(await source.read(at, from - at, signal), at - offset);
    at = Math.max(at, from + patch.length);
  }
  if (at < end) bytes.set(await source.read(at, end - at, signal), at - offset);
  return bytes;
}
