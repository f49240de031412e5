import type { PoolEntry } from '../document/pool.types.ts';
import type { LabelEntry, SourceEntry } from '../document/source.types.ts';
import { countText, sizeText } from './amounts.ts';
import { clean, entry, type Page, paragraph } from './page.ts';

/** What the hashes are of, for whoever computes them again. */
export const HASHED = 'Of each label its text and its ring, which is all of it but its first 16 KiB.';

/** The sources of a pool, and the SHA-256 of what was read of each label, which no later change of a disk leaves as it is. */
export function sourcesRead(
  page: Page,
  pool: PoolEntry,
  sources: readonly SourceEntry[],
  handles: readonly string[],
): string[] {
  const own = pool.sources.flatMap((index) => {
    const source = sources[index];
    if (source === undefined) return [];
    const { path, sizeBytes, offsetBytes, labels } = source;
    const where = offsetBytes === '0' ? '' : ` from byte ${offsetBytes}`;
    const text = `${clean(page, path)}, ${clean(page, sizeBytes)} bytes (${sizeText(sizeBytes)})${clean(page, where)}`;
    const { dim } = page.style;
    const sums = labels.flatMap((label) => entry(page, '', `L${label.index} ${clean(page, sumText(label))}`, dim, dim));
    return [...entry(page, handles[index] ?? `${index}`, text), ...sums];
  });
  return own.length === 0 ? [] : [...paragraph(page, `SHA-256 of what was read. ${HASHED}`, page.style.dim), ...own];
}

/** The sum, with the place where that is not the usual one. Raw. */
export function sumText({ read, offsetBytes }: LabelEntry): string {
  if (read === undefined) return 'not all of it could be read, or it was not summed up';
  const usual = BigInt(read.offsetBytes) === BigInt(offsetBytes) + TEXT && read.lengthBytes === WHOLE;
  return usual ? read.sha256 : `${read.sha256} (${read.lengthBytes} bytes from byte ${read.offsetBytes})`;
}

/** Where the text of a label begins, and bytes from there to its end. Source: include/sys/vdev_impl.h, vdev_label_t */
const TEXT = 16n * 1024n;
const WHOLE = 240 * 1024;

export const sourcesReadBrief = ({ sources }: PoolEntry): string =>
  `${countText(sources.length, 'source')}; sizes, SHA-256 of their labels`;
