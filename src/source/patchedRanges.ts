import { type Laid, overlaid } from './overlaid.ts';
import type { ByteSource } from './source.ts';
import { zeroed } from './zeroed.ts';

/**
 * What stands where something is laid over a source, in whole units: the rest of each unit is the source's own, zeros
 * where it cannot be read.
 *
 * @param unit bytes; ranges begin at a multiple of it, and end at one or at the end of the source
 * @returns ascending, none touching another
 */
export async function patchedRanges(
  source: ByteSource,
  laid: readonly Laid[],
  unit: number,
  signal?: AbortSignal,
): Promise<Laid[]> {
  const ranges: { start: number; end: number }[] = [];
  for (const { offset, bytes } of [...laid].sort((a, b) => a.offset - b.offset)) {
    const start = offset - (offset % unit);
    const end = Math.min(Math.ceil((offset + bytes.length) / unit) * unit, source.size);
    const last = ranges.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else ranges.push({ start, end });
  }
  const patched = overlaid(zeroed(source), laid);
  const found: Laid[] = [];
  for (const { start, end } of ranges) {
    found.push({ offset: start, bytes: await patched.read(start, end - start, signal) });
  }
  return found;
}
