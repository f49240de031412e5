// The addon for other machines: built for a target, and packed one package a platform as @napi-rs/cli names them. The
// package zfs-uber has them as optional dependencies, of which a package manager installs the one that fits.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const NATIVE = join(ROOT, 'native');

/** The oldest that Rust's own library runs on. */
const GLIBC = [2, 17];

/**
 * Named as @napi-rs/cli has it; `target` as Rust has it.
 *
 * @typedef {{ name: string, target: string, os: string, cpu: string, libc?: 'glibc' | 'musl' }} Platform
 */

/** @type {readonly Platform[]} */
export const PLATFORMS = [
  { name: 'linux-x64-gnu', target: 'x86_64-unknown-linux-gnu', os: 'linux', cpu: 'x64', libc: 'glibc' },
  { name: 'linux-arm64-gnu', target: 'aarch64-unknown-linux-gnu', os: 'linux', cpu: 'arm64', libc: 'glibc' },
  { name: 'linux-x64-musl', target: 'x86_64-unknown-linux-musl', os: 'linux', cpu: 'x64', libc: 'musl' },
  { name: 'linux-arm64-musl', target: 'aarch64-unknown-linux-musl', os: 'linux', cpu: 'arm64', libc: 'musl' },
  { name: 'darwin-x64', target: 'x86_64-apple-darwin', os: 'darwin', cpu: 'x64' },
  { name: 'darwin-arm64', target: 'aarch64-apple-darwin', os: 'darwin', cpu: 'arm64' },
  { name: 'win32-x64-msvc', target: 'x86_64-pc-windows-msvc', os: 'win32', cpu: 'x64' },
  { name: 'win32-arm64-msvc', target: 'aarch64-pc-windows-msvc', os: 'win32', cpu: 'arm64' },
  { name: 'freebsd-x64', target: 'x86_64-unknown-freebsd', os: 'freebsd', cpu: 'x64' },
];

/** @param {Platform} platform @returns what cargo names the library */
const libraryOf = ({ os }) =>
  os === 'win32' ? 'zfs_uber_native.dll' : `libzfs_uber_native.${os === 'darwin' ? 'dylib' : 'so'}`;

/** @param {string} name of a platform @returns the name of its addon, as `napi build` has it */
const addonOf = (name) => `index.${name}.node`;

/**
 * Notes beside the addon what it is: a file that was cut crashes the process that loads it, and is not loaded.
 *
 * @param {string} file
 */
export function seal(file) {
  const bytes = readFileSync(file);
  writeFileSync(`${file}.json`, `${JSON.stringify({ size: bytes.length, crc32: crc32(bytes) })}\n`);
}

/**
 * Builds the addon of a platform into native/: by the linker of Zig where that is here, which has the C libraries of the
 * others and stubs of the old glibc, else by that of the machine.
 *
 * @param {Platform} platform
 * @throws Error when it does not build, or wants a newer glibc
 */
function buildAddon(platform) {
  const { target, libc, name } = platform;
  const zig = spawnSync('cargo-zigbuild', ['--version']).status === 0;
  const wanted = zig && libc === 'glibc' ? `${target}.${GLIBC.join('.')}` : target;
  // A library that is loaded into Node has Node's libc.
  const flags = libc === 'musl' ? { RUSTFLAGS: '-C target-feature=-crt-static' } : {};
  const built = join(NATIVE, 'target', target, 'release', libraryOf(platform));
  const { status } = spawnSync('cargo', [zig ? 'zigbuild' : 'build', '--release', '--target', wanted], {
    cwd: NATIVE,
    stdio: 'inherit',
    env: { ...process.env, CARGO_TARGET_DIR: join(NATIVE, 'target'), ...flags },
  });
  if (status !== 0) throw new Error(`the addon does not build for ${target}`);
  const newer = libc === 'glibc' ? newerSymbols(readFileSync(built)) : [];
  if (newer.length > 0) throw new Error(`the addon for ${target} wants ${newer.join(', ')}`);
  copyFileSync(built, join(NATIVE, addonOf(name)));
  seal(join(NATIVE, addonOf(name)));
}

/** @param {Buffer} library @returns the versions of glibc that it names and that are newer than the oldest we promise */
export function newerSymbols(library) {
  const [major = 0, minor = 0] = GLIBC;
  const named = new Set(library.toString('latin1').match(/\bGLIBC_\d+\.\d+/g));
  return [...named].filter((version) => {
    const [ofMajor = 0, ofMinor = 0] = version.slice('GLIBC_'.length).split('.').map(Number);
    return ofMajor > major || (ofMajor === major && ofMinor > minor);
  });
}

/**
 * Makes a folder a platform of which the addon is in native/, ready for `npm publish`.
 *
 * @param {string} into
 * @returns {string[]} the names of the packages
 */
export function makePackages(into) {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const made = [];
  for (const { name, os, cpu, libc } of PLATFORMS) {
    const addon = addonOf(name);
    if (!existsSync(join(NATIVE, `${addon}.json`))) continue;
    const folder = join(into, name);
    mkdirSync(folder, { recursive: true });
    for (const file of [addon, `${addon}.json`]) copyFileSync(join(NATIVE, file), join(folder, file));
    copyFileSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
    const { license, engines, version, repository } = manifest;
    const own = {
      name: `${manifest.name}-${name}`,
      version,
      description: `The addon of ${manifest.name} for ${name}`,
      ...{ license, engines, repository, os: [os], cpu: [cpu], libc: libc && [libc] },
      main: addon,
      files: [addon, `${addon}.json`],
    };
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(own, null, 2)}\n`);
    writeFileSync(
      join(folder, 'README.md'),
      `# ${own.name}\n\n${own.description}: checksums and decompression in Rust.\n`,
    );
    made.push(own.name);
  }
  return made;
}

/** Of native/blocks/src/spans.rs. */
const SHA256 = 2;

/**
 * Loads the addons in native/ that are for this machine and has each sum a block: whether they run where they were not built,
 * with nothing installed.
 *
 * @returns {string[]} their names, with the instruction set that each chose
 * @throws Error where one does not load, or sums otherwise than Node
 */
export function tryAddons() {
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  const ours = header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
  const load = createRequire(import.meta.url);
  const block = Buffer.from(Array.from({ length: 1016 }, (_, i) => (i * 31) & 255));
  const digest = createHash('sha256').update(block).digest();
  return PLATFORMS.filter(
    ({ name, os, cpu, libc = ours }) =>
      os === process.platform && cpu === process.arch && libc === ours && existsSync(join(NATIVE, addonOf(name))),
  ).map(({ name }) => {
    const addon = load(join(NATIVE, addonOf(name)));
    const words = addon.checksum(SHA256, block, false);
    if ([0, 8, 16, 24].some((at, word) => words[word] !== digest.readBigUInt64BE(at))) {
      throw new Error(`${addonOf(name)} sums to ${words.join(', ')}, and Node to ${digest.toString('hex')}`);
    }
    return `${addonOf(name)} (${addon.instructions()})`;
  });
}

/** Has the package depend on those of all platforms: at release alone, because they come with the same version. */
export function dependOnPackages() {
  const path = join(ROOT, 'package.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  manifest.optionalDependencies = Object.fromEntries(
    PLATFORMS.map(({ name }) => [`${manifest.name}-${name}`, manifest.version]),
  );
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** @param {readonly string[]} names of targets or platforms */
export function buildAddons(names) {
  const platforms = names.map((name) => PLATFORMS.find((each) => each.target === name || each.name === name));
  const known = platforms.filter((each) => each !== undefined);
  if (known.length < Math.max(names.length, 1)) {
    throw new Error(`addon: expected one or more of ${PLATFORMS.map(({ target }) => target).join(', ')}`);
  }
  for (const platform of known) buildAddon(platform);
}
