import type { OpenedSource } from '../node/openSources.ts';
import type { ImportPlace } from '../rewind/commands.ts';

/** What `zpool import` can be pointed at: not a partition or a slice of an image file. */
export function importPlace({ path, kind, offset, partition }: OpenedSource): ImportPlace | null {
  if (kind === 'block') return { path, kind: 'block' };
  return offset === 0 && partition === null ? { path, kind: 'file' } : null;
}
