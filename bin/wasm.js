// The WebAssembly of the block code, for browsers and for machines without an addon: built into native/, where the package
// has it.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NATIVE = join(dirname(dirname(fileURLToPath(import.meta.url))), 'native');
/** Without a system: what is built imports nothing. */
const TARGET = 'wasm32-unknown-unknown';
export const WASM = join(NATIVE, 'zfs-uber.wasm');

/** Whether Rust has its library for the target: `rustup target add wasm32-unknown-unknown`. */
export function canBuildWasm() {
  const { status, stdout } = spawnSync('rustc', ['--print', 'target-libdir', '--target', TARGET], { encoding: 'utf8' });
  return status === 0 && existsSync(stdout.trim());
}

/** @returns {string | null} what is wrong where it does not build */
export function buildWasm() {
  for (const file of [WASM, `${WASM}.json`]) rmSync(file, { force: true });
  const cargo = process.env['CARGO_HOME'] ?? join(homedir(), '.cargo');
  const flags = [
    '-C target-feature=+simd128',
    // What it can ever use: the room, a stack, and a little that is allocated.
    '-C link-arg=--max-memory=25165824',
    // The same bytes wherever it is built.
    `--remap-path-prefix=${cargo}=cargo`,
    `--remap-path-prefix=${NATIVE}=native`,
  ];
  const { status, stderr } = spawnSync('cargo', ['build', '--release', '-p', 'zfs-uber-wasm', '--target', TARGET], {
    cwd: NATIVE,
    encoding: 'utf8',
    // At level 2 it is smaller, and no slower.
    env: {
      ...process.env,
      CARGO_TARGET_DIR: join(NATIVE, 'target'),
      CARGO_PROFILE_RELEASE_OPT_LEVEL: '2',
      RUSTFLAGS: flags.join(' '),
    },
  });
  if (status !== 0) return stderr;
  copyFileSync(join(NATIVE, 'target', TARGET, 'release', 'zfs_uber_wasm.wasm'), WASM);
  return null;
}
