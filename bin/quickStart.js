// Builds dist/start.cjs: labels and rings in one file, compiled beforehand. Half of what a look at one disk takes is
// the loading of a program of many files that also does everything else; test/bench/scan.ts measures it.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';
import { build } from 'esbuild';
import { imageIn } from './images.js';

/** Parts loaded on demand that are needed for it. All others stay out: bin/run.cjs takes the whole program then. */
const PARTS =
  /\/(nodeLibrary|scanCommand|labelsCommand|api\/scan|api\/surveyDocuments|api\/shiftedSources|source\/images\/openImage|node\/bundledDisks|src\/text\/(scanText|labelsText|ringText))\.ts$/;

/** What is run for its code to be kept. */
const ASKED = [
  ['scan', '--depth', 'labels', '--json'],
  ['scan', '--depth', 'labels', '--no-color'],
  ['scan', '--depth', 'labels', '--no-color', '--all'],
  ['labels', '--no-color'],
  ['ring', '--no-color'],
];

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

async function bundle() {
  await build({
    absWorkingDir: ROOT,
    entryPoints: { start: join('src', 'cli', 'main.ts') },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    minifyWhitespace: true,
    minifySyntax: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    // A script compiled beforehand cannot import; what it is given can require, modules too.
    supported: { 'dynamic-import': false },
    logLevel: 'warning',
    define: { 'import.meta.url': 'importMetaUrl' },
    // A function of what a CommonJS module is given: bin/run.cjs calls it.
    banner: {
      js: '(function(exports,require,module,__filename){const importMetaUrl=require("node:url").pathToFileURL(__filename).href;',
    },
    footer: { js: '})' },
    plugins: [
      {
        name: 'parts',
        setup({ onResolve }) {
          onResolve({ filter: /^\.\.?\// }, ({ kind, path, resolveDir }) =>
            kind === 'dynamic-import' && !PARTS.test(join(resolveDir, path)) ? { path, external: true } : null,
          );
        },
      },
    ],
  });
}

/** The whole program in one file, for a process that can open few: a module is loaded with all that it imports at once. */
async function bundleAlone() {
  await build({
    absWorkingDir: ROOT,
    entryPoints: { alone: join('src', 'cli', 'main.ts') },
    outdir: 'dist',
    bundle: true,
    minifyWhitespace: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Packages among them that are no modules.
    banner: { js: "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
}

/** Leaves V8's code for what the commands ran beside it. Every other version of Node refuses it and compiles as usual. */
async function compile() {
  const pool = join(ROOT, 'test-images', 'torn-sector');
  if (!existsSync(pool)) return;
  const image = await imageIn(pool, 'd0.img');
  // A process of its own, for its arguments and its stdout.
  const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), image], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`dist/start.cjs ends with status ${status}`);
}

/** Notes what the files sum to, without which bin/run.cjs takes neither. */
function seal() {
  /** @param {string} name */
  const sum = (name) => {
    const file = join(ROOT, 'dist', name);
    return existsSync(file) ? crc32(readFileSync(file)) : null;
  };
  const sums = { script: sum('start.cjs'), cache: sum('start.cache') };
  writeFileSync(join(ROOT, 'dist', 'start.json'), JSON.stringify(sums));
}

/** @param {string} image to scan */
async function compileHere(image) {
  const file = join(ROOT, 'dist', 'start.cjs');
  const script = new Script(readFileSync(file, 'latin1'), { filename: file });
  const module = { exports: { run: async () => {} } };
  script.runInThisContext()(module.exports, createRequire(file), module, file);
  // The code of a function is made when it is first called, so each form of the answer is asked for once.
  for (const args of ASKED) {
    process.argv.splice(2, Number.POSITIVE_INFINITY, ...args, image);
    await module.exports.run();
    // A part that PARTS leaves out would only be missed where a user asks for it.
    if (process.exitCode !== 0) throw new Error(`${args.join(' ')} ends with status ${process.exitCode}`);
  }
  writeFileSync(join(ROOT, 'dist', 'start.cache'), script.createCachedData());
}

const [image] = process.argv.slice(2);
if (image === undefined) {
  await bundle();
  await bundleAlone();
  await compile();
  seal();
} else await compileHere(image);
