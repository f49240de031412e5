// Makes one file that runs on a machine without Node and without packages, a rescue stick's: Node itself with the program
// and the addon inside it, as Node's documentation of single executable applications tells.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { COMMON, layOutHelp } from './bundle.js';
import { CACHE } from './images.js';
import { WASM } from './wasm.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** What Node looks for in its own file. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const POSTJECT = 'postject@1.0.0-alpha.6';

/** Behind the program: takes the addon out of the executable, because the system loads none but a file. */
const BEGIN = `
{
const fs = process.getBuiltinModule('node:fs');
const path = process.getBuiltinModule('node:path');
const { tmpdir } = process.getBuiltinModule('node:os');
const { getAsset } = process.getBuiltinModule('node:sea');
module.exports.run({ load: () => {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'zfs-uber-'));
  try {
    const file = path.join(folder, 'addon.node');
    fs.writeFileSync(file, new Uint8Array(getAsset('addon')), { flag: 'wx', mode: 0o700 });
    const addon = { exports: {} };
    process.dlopen(addon, file);
    return addon.exports;
  } finally {
    try {
      fs.rmSync(folder, { recursive: true, force: true });
    } catch {
      // Windows keeps what is loaded.
    }
  }
} }).catch((error) => {
  console.error('zfs-uber: the program cannot go on; nothing is said of the sources');
  console.error(error);
  process.exit(70);
});
}
`;

/** In place of src/node/webPage.ts: the page as one file, which may ask the service that it comes from. */
const PAGE = `
import { getAsset } from 'node:sea';
export const webPage = () => ({
  html: getAsset('page', 'utf8').replace('connect-src data:;', "connect-src 'self' data:;"),
  module: () => null,
});
`;

/** In place of src/node/wasmFile.ts: a folder from which no addon can be loaded is what it is for. */
const WASM_FILE = `
import { getAsset } from 'node:sea';
export const wasmFile = () => () => new Uint8Array(getAsset('wasm'));
`;
const NO_WASM_FILE = 'export const wasmFile = () => null;';

/** @returns {Promise<string>} the command with all that it needs, as one CommonJS file */
async function bundleProgram() {
  const pages = await layOutHelp();
  const { outputFiles } = await build({
    ...COMMON,
    entryPoints: [join('src', 'cli', 'main.ts')],
    format: 'cjs',
    platform: 'node',
    // A script whose code is kept cannot import.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: 'const importMetaUrl=process.getBuiltinModule("node:url").pathToFileURL(__filename).href;' },
    plugins: [
      {
        name: 'help pages',
        setup({ onLoad }) {
          onLoad({ filter: /[/\\]cli[/\\]helpPages\.ts$/ }, () => ({ contents: pages }));
        },
      },
      {
        name: 'page',
        setup({ onLoad }) {
          onLoad({ filter: /[/\\]node[/\\]webPage\.ts$/ }, () => ({ contents: PAGE }));
        },
      },
      {
        name: 'WebAssembly',
        setup({ onLoad }) {
          const contents = existsSync(WASM) ? WASM_FILE : NO_WASM_FILE;
          onLoad({ filter: /[/\\]node[/\\]wasmFile\.ts$/ }, () => ({ contents }));
        },
      },
      {
        name: 'builtin modules',
        setup({ onResolve }) {
          const bare = new RegExp(`^(${builtinModules.filter((name) => !name.startsWith('_')).join('|')})$`);
          onResolve({ filter: bare }, ({ path }) => ({ path: `node:${path}`, external: true }));
        },
      },
    ],
  });
  return (outputFiles[0]?.text ?? '').replaceAll('require("node:', 'process.getBuiltinModule("node:');
}

/** @param {string} program @param {readonly string[]} args @throws Error where it fails */
function run(program, args) {
  const { status, error, stderr } = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

/**
 * @param {string} addon for the machine that it is to run on
 * @param {string} out
 * @param {string} [node] the Node to put it into; its version makes the parts
 */
export async function makeExecutable(addon, out, node = process.execPath) {
  if (!existsSync(addon)) throw new Error(`no addon: ${addon}`);
  const folder = join(CACHE, 'executable');
  mkdirSync(folder, { recursive: true });
  const main = join(folder, 'main.cjs');
  const blob = join(folder, 'blob');
  writeFileSync(main, `${await bundleProgram()}${BEGIN}`);
  const page = join(ROOT, 'dist', 'web', 'index.html');
  const assets = { addon, page, ...(existsSync(WASM) && { wasm: WASM }) };
  const config = { main, output: blob, assets, disableExperimentalSEAWarning: true, useCodeCache: true };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  run(node, ['--experimental-sea-config', join(folder, 'config.json')]);
  copyFileSync(node, out);
  chmodSync(out, 0o755);
  const signed = process.platform === 'darwin';
  if (signed) run('codesign', ['--remove-signature', out]);
  const macho = signed ? ['--macho-segment-name', 'NODE_SEA'] : [];
  run('npx', ['--yes', POSTJECT, out, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE, ...macho]);
  if (signed) run('codesign', ['--sign', '-', out]);
}
