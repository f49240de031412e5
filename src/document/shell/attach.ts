import type { SourceEntry } from '../document.ts';
import { isWhole, partOf } from './losetup.ts';
import { shellWord } from './shellWord.ts';

/**
 * Lines for a shell with root's rights that show images of disks as block devices, read-only: `zpool import` takes what
 * was a disk from nothing else.
 *
 * @returns one line, or one for each source where some are parts of an image; none for no source
 * Source: losetup(8)
 */
export function attachLines(sources: readonly SourceEntry[]): string[] {
  if (sources.length > 1 && sources.every(isWhole)) {
    const paths = sources.map(({ path }) => shellWord(path)).join(' ');
    return [`for d in ${paths}; do losetup -r -f --show "$d"; done`];
  }
  return sources.map((source) => `losetup -r -f --show${partOf(source)} ${shellWord(source.path)}`);
}
