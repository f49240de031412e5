import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from '../../bin/images.js';

export interface NativePrograms {
  /** Makes pools. */
  readonly umake: string;
  /** Asks one import. */
  readonly uask: string;
}

const SOURCES = join(import.meta.dirname, 'native');

/** The two programs over OpenZFS's own code, built where they are not yet; null where they cannot be. */
export function nativePrograms(): NativePrograms | null {
  const folder = join(CACHE, 'native-zfs');
  const found = { umake: join(folder, 'umake'), uask: join(folder, 'uask') };
  if (isCurrent(found.umake, 'umake.c') && isCurrent(found.uask, 'uask.c') && isCurrent(found.uask, 'overlay.c'))
    return found;
  const { status } = spawnSync(join(SOURCES, 'build.sh'), [folder], { stdio: 'ignore' });
  return status === 0 ? found : null;
}

/** Built, and not before its source was last changed. */
function isCurrent(program: string, source: string): boolean {
  const built = statSync(program, { throwIfNoEntry: false });
  return built !== undefined && built.mtimeMs >= statSync(join(SOURCES, source)).mtimeMs;
}
