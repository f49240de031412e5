import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from '../../bin/images.js';

export interface NativePrograms {
  /** Makes pools. */
  readonly umake: string;
  /** Asks one import. */
  readonly uask: string;
}

const ROOT = join(import.meta.dirname, '..', '..');

/** The two programs over OpenZFS's own code, built where they are not yet; null where they cannot be. */
export function nativePrograms(): NativePrograms | null {
  const folder = join(CACHE, 'native-zfs');
  const found = { umake: join(folder, 'umake'), uask: join(folder, 'uask') };
  if (existsSync(found.umake) && existsSync(found.uask)) return found;
  const { status } = spawnSync(join(ROOT, 'test', 'truth', 'native', 'build.sh'), [folder], { stdio: 'ignore' });
  return status === 0 && existsSync(found.uask) ? found : null;
}
