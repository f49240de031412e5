// Makes THIRD-PARTY.md: whose code runs with ours, and under which licence.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** @typedef {{ name: string, version: string, licence: string, holders: string }} Part */

/** @param {string} folder of a package @returns who holds the copyright, as its licence says */
function holdersIn(folder) {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (file === undefined) return '';
  const lines = readFileSync(join(folder, file), 'utf8').match(/^\s*(Copyright )?(\(c\)|©|Copyright).*$/gim) ?? [];
  return [...new Set(lines.map((line) => line.trim().replaceAll('|', '\\|')))].join('<br>');
}

/** @returns {Part[]} the packages of npm that the package depends on, directly or not; none that only builds or tests it */
export function npmParts() {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  /** @type {Part[]} */
  const parts = [];
  for (const [path, { version, license, dev, devOptional }] of Object.entries(packages)) {
    if (path === '' || dev || devOptional) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    parts.push({ name, version, licence: license, holders: holdersIn(join(ROOT, path)) });
  }
  return parts;
}

/** @returns {Part[]} the crates in the addon, for whatever machine; of those that are here */
function crates() {
  const args = ['metadata', '--format-version', '1', '--locked', '--manifest-path', join('native', 'Cargo.toml')];
  const { stdout, status, stderr } = spawnSync('cargo', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`cargo metadata: ${stderr}`);
  /** @type {{ packages: { name: string, version: string, license: string, source: string | null, manifest_path: string }[] }} */
  const { packages } = JSON.parse(stdout);
  return packages
    .filter(({ source }) => source !== null)
    .map(({ name, version, license, manifest_path: path }) => ({
      ...{ name, version, licence: license, holders: holdersIn(dirname(path)) },
    }));
}

/** @param {readonly Part[]} parts */
function table(parts) {
  const rows = parts.map(({ name, version, licence, holders }) => `| ${name} | ${version} | ${licence} | ${holders} |`);
  return ['| name | version | licence | copyright |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

export function writeLicences() {
  const mit = readFileSync(join(ROOT, 'LICENSE'), 'utf8');
  const terms = mit.slice(mit.indexOf('Permission is hereby granted'));
  writeFileSync(
    join(ROOT, 'THIRD-PARTY.md'),
    `# Code of others

Made by \`node bin/develop.js licences\` from the lock files. zfs-uber itself is under the MIT licence ([LICENSE](LICENSE)).

## Packages of npm

chalk and its like are in \`dist/colours.js\`; the others are installed beside it, each with its licence. The single
executable has all of them in itself, and Node, whose licence lies beside it in the release.

${table(npmParts())}

## Crates in the addon and in zfs-uber.wasm

${table(crates())}

## The MIT licence

${terms}`,
  );
}
