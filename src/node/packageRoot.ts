import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** No deeper than this lies a module of ours below the package: dist/, or src/node/. */
const DEEPEST = 4;

let found: string | null = null;

/**
 * The folder of this package: the same for this file and for whatever file of dist/ it was bundled into.
 *
 * @throws Error when the package was taken apart
 */
export function packageRoot(): string {
  found ??= find();
  return found;
}

function find(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let level = 0; level < DEEPEST; level++) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'zfs-uber') return folder;
    folder = dirname(folder);
  }
  throw new Error('the package zfs-uber was not found above its own code');
}
