// Part of `npm version`: writes the new version where a program and a crate need it as text.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** @param {string} file @param {RegExp} place with what stands before the version and after it as groups */
function write(file, place) {
  const path = join(ROOT, file);
  const text = readFileSync(path, 'utf8');
  if (!place.test(text)) throw new Error(`${file} has no version`);
  writeFileSync(path, text.replace(place, `$1${version}$2`));
}

write(join('src', 'api', 'version.ts'), /(VERSION = ')[^']*(')/);
write(join('native', 'Cargo.toml'), /^(version = ")[^"]*(")/m);
write(join('native', 'Cargo.lock'), /(name = "zfs-uber-native"\nversion = ")[^"]*(")/);
