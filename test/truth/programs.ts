import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from '../../bin/images.js';

export interface NativePrograms {
  /** Makes pools. */
  readonly umake: string;
  /** Asks one import. */
  readonly uask: string;
}

const SOURCES = join(import.meta.dirname, 'native');

/** Releases whose library is to be had: 2.3 is the one that is installed, `build.sh` says where the others come from. */
export const NATIVE_RELEASES = ['2.1', '2.2', '2.3', '2.3.9', '2.4'] as const;
export type NativeRelease = (typeof NATIVE_RELEASES)[number];

/** The two programs over OpenZFS's own code, built where they are not yet; null where they cannot be. */
export function nativePrograms(release: NativeRelease = '2.3'): NativePrograms | null {
  const folder = join(CACHE, release === '2.3' ? 'native-zfs' : `native-zfs-${release}`);
  const found = { umake: join(folder, 'umake'), uask: join(folder, 'uask') };
  if (isCurrent(found.umake) && isCurrent(found.uask)) return found;
  const { status } = spawnSync(join(SOURCES, 'build.sh'), [folder, release], { stdio: 'ignore' });
  return status === 0 ? found : null;
}

/** Built, and not before a source was last changed. */
function isCurrent(program: string): boolean {
  const built = statSync(program, { throwIfNoEntry: false });
  if (built === undefined) return false;
  return readdirSync(SOURCES).every((source) => built.mtimeMs >= statSync(join(SOURCES, source)).mtimeMs);
}
