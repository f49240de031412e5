import { UsageError } from '../bytes/errors.ts';
import type { Library } from './library.ts';

/** What was named; else all disks of the system, as `zpool import` looks at them. @throws UsageError where there are none */
export async function sourcesOrDisks(library: Library, sources: readonly string[]): Promise<readonly string[]> {
  if (sources.length > 0) return sources;
  const disks = await library.systemDisks();
  if (disks.length === 0) throw new UsageError('scan: no SOURCE given, and the system names no disks');
  return disks;
}
