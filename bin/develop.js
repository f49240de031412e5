#!/usr/bin/env node
// What a fresh clone needs, before there is anything but Node: this file imports nothing that has to be installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { audit } from './audit.js';
import { CACHE, imageIn } from './images.js';
import { writeLicences } from './licences.js';
import { buildAddons, dependOnPackages, makePackages, seal, tryAddons } from './platforms.js';
import { buildWasm, canBuildWasm, WASM } from './wasm.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = join(ROOT, 'node_modules', '.bin');
const USAGE = `usage: node bin/develop.js start | build | test [vitest arguments] | bench NAME | accuracy [--zfs RELEASE] DIR... | formats [--format NAME] [--pool NAME] DIR... | docs | docs-api [FOLDER] | truth [--seed S] [--pools N] [--kind K] | mutants [FILE...] | pointers [POOL...] [--only TEXT] [--all] | fuzz [SECONDS] | ztest [POOLS] | addon TARGET... | try-addons | wasm | platforms [FOLDER] | release | runtimes | licences | audit [--must] | executable [FILE [NODE]]`;
const [MAJOR = 0, MINOR = 0] = process.versions.node.split('.').map(Number);

/** @param {string} task @param {string} outcome */
const say = (task, outcome) => console.error(`  ${task.padEnd(13)} ${outcome}`);

/**
 * Runs a program with our own output and ends this one with its status when it fails.
 *
 * @param {string} program @param {readonly string[]} args @param {NodeJS.ProcessEnv} [env]
 */
function must(program, args, env = process.env) {
  const { status, error } = spawnSync(program, args, { cwd: ROOT, stdio: 'inherit', env });
  if (error !== undefined) console.error(`${program}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/** @param {string} program @param {readonly string[]} args @returns what it printed, or null when it cannot be run */
function ask(program, args) {
  const { status, stdout } = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

/** @param {readonly string[]} files @returns a digest of their names and contents */
function digest(files) {
  const hash = createHash('sha256').update(process.version);
  for (const file of files) hash.update(relative(ROOT, file)).update(readFileSync(file));
  return hash.digest('hex');
}

/** @param {string} folder @param {RegExp} name @returns {string[]} */
function filesBelow(folder, name) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes(`${join(ROOT, 'native', 'target')}/`))
    .sort();
}

/**
 * Does `work` unless it was done for the same inputs.
 *
 * @param {string} name @param {readonly string[]} inputs @param {() => string} work says what it did
 * @param {boolean} [stale] do it again whatever the stamp says
 */
function once(name, inputs, work, stale = false) {
  const stamp = join(CACHE, `${name}.stamp`);
  const wanted = digest(inputs);
  if (!stale && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say(name, work());
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(stamp, wanted);
}

function dependencies() {
  once('dependencies', [join(ROOT, 'package-lock.json')], () => {
    // Not `npm ci`: it refuses a lock file that lacks a platform's optional binary, which a registry may not carry.
    must('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
    return 'installed';
  });
}

const BUNDLE = join(ROOT, 'bin', 'bundle.js');
const BROWSER_PAGES = join(ROOT, 'bin', 'browserPages.js');
const TYPES = join(ROOT, 'bin', 'types.js');

function typescript() {
  const dist = join(ROOT, 'dist');
  const inputs = [
    ...filesBelow(join(ROOT, 'src'), /\.(ts|json|css|html)$/),
    join(ROOT, 'tsconfig.json'),
    fileURLToPath(import.meta.url),
    BUNDLE,
    BROWSER_PAGES,
    ...(existsSync(WASM) ? [WASM] : []),
    TYPES,
    ...filesBelow(join(ROOT, 'schema'), /\.json$/),
  ];
  once(
    'TypeScript',
    inputs,
    () => {
      rmSync(dist, { recursive: true, force: true });
      must(process.execPath, [BROWSER_PAGES]);
      must(process.execPath, [BUNDLE]);
      return 'built';
    },
    !existsSync(join(dist, 'modules.json')),
  );
}

function addon() {
  const cargo = ask('cargo', ['--version']);
  if (cargo === null) {
    say('addon', 'no Rust toolchain here: the pure-TypeScript path is used');
    return;
  }
  const native = join(ROOT, 'native');
  const addons = () => readdirSync(native).filter((file) => file.endsWith('.node'));
  const built = addons().length > 0 && addons().every((file) => existsSync(join(native, `${file}.json`)));
  const inputs = filesBelow(native, /\.(rs|toml|lock)$/);
  once(
    'addon',
    inputs,
    () => {
      // Cargo's own account of its work is of interest when it fails.
      const { status, stderr } = spawnSync(join(BIN, 'napi'), NAPI_BUILD, {
        cwd: ROOT,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      if (status === 0) {
        for (const file of addons()) seal(join(native, file));
        return `built with ${cargo}`;
      }
      console.error(stderr.toString());
      return 'does not build here (see above): the pure-TypeScript path is used';
    },
    !built,
  );
}

/** What there is without it is slower, and says the same. */
function wasm() {
  if (!canBuildWasm()) {
    if (!existsSync(WASM)) say('WebAssembly', 'not built: rustup target add wasm32-unknown-unknown');
    return;
  }
  once(
    'WebAssembly',
    [...filesBelow(join(ROOT, 'native'), /\.(rs|toml|lock)$/), join(ROOT, 'bin', 'wasm.js')],
    () => {
      const wrong = buildWasm();
      if (wrong === null) {
        seal(WASM);
        return 'built';
      }
      console.error(wrong);
      return 'does not build here (see above)';
    },
    !existsSync(`${WASM}.json`),
  );
}

const NAPI_BUILD = [
  'build',
  '--release',
  '--platform',
  '--manifest-path',
  'native/Cargo.toml',
  '--output-dir',
  'native',
  '--no-js',
];

function setUp() {
  if (MAJOR < 20 || (MAJOR === 20 && MINOR < 19)) {
    console.error(`zfs-uber needs Node 20.19 or newer; this is ${process.version}`);
    process.exit(1);
  }
  dependencies();
  // First: the page that scans in a browser has it in itself.
  wasm();
  typescript();
  addon();
}

async function start() {
  setUp();
  const demo = join(ROOT, 'test-images', 'demo');
  const { images, about } = JSON.parse(readFileSync(join(demo, 'truth.json'), 'utf8'));
  const sources = [];
  for (const image of images) sources.push(relative(process.cwd(), await imageIn(demo, image)));
  console.error(`\n${about}\n\n$ zfs-uber scan ${sources.join(' ')}\n`);
  must(process.execPath, [join(ROOT, 'bin', 'zfs-uber.cjs'), 'scan', ...sources]);
}

/** @param {readonly string[]} args passed on to vitest; with any, nothing else is checked */
function test(args) {
  setUp();
  if (args.length === 0) {
    must(join(BIN, 'biome'), ['check', '--error-on-warnings', '.']);
    must(join(BIN, 'tsc'), ['-p', 'tsconfig.json']);
    must(join(BIN, 'tsc'), ['-p', 'src/tsconfig.portable.json']);
    must(join(BIN, 'tsc'), ['-p', 'src/tsconfig.browser.json']);
    if (ask('cargo', ['--version']) !== null) {
      const manifest = ['--manifest-path', 'native/Cargo.toml'];
      if (ask('cargo', ['fmt', '--version']) !== null) must('cargo', ['fmt', ...manifest, '--all', '--check']);
      if (ask('cargo', ['clippy', '--version']) !== null) {
        must('cargo', ['clippy', '-q', ...manifest, '--workspace', '--all-targets', '--', '-D', 'warnings']);
      }
      must('cargo', ['test', '-q', ...manifest, '--workspace']);
    }
  }
  must(join(BIN, 'vitest'), ['run', '--root', ROOT, '--config', join('test', 'vitest.config.ts'), ...args]);
}

/**
 * Bundles one script of test/ and runs it: Node 20 does not run TypeScript.
 *
 * @param {string} script @param {readonly string[]} args
 */
function run(script, args) {
  setUp();
  const bundle = join(CACHE, `${script.replaceAll('/', '-')}.mjs`);
  must(join(BIN, 'esbuild'), [
    join('test', `${script}.ts`),
    '--bundle',
    '--format=esm',
    '--platform=node',
    '--packages=external',
    `--outfile=${bundle}`,
    '--log-level=warning',
    `--define:import.meta.dirname=${JSON.stringify(join(ROOT, 'test', dirname(script)))}`,
    // One folder below the root, as bin/ is: bin/images.js goes up from there.
    `--define:import.meta.url=${JSON.stringify(`file://${join(ROOT, 'test', 'bundled.js')}`)}`,
  ]);
  must(process.execPath, ['--expose-gc', bundle, ...args]);
}

/** @param {string} folder for the packages of the addons that are built */
function platforms(folder) {
  for (const name of makePackages(resolve(folder))) console.error(name);
}

/** @param {readonly string[]} args the file to make, and the Node to make it of */
async function executable([out = join(ROOT, 'zfs-uber'), node]) {
  dependencies();
  wasm();
  typescript();
  const native = join(ROOT, 'native');
  // For the C library that Node's own builds have. One that was built elsewhere, for older machines, is not built again.
  const here = () =>
    readdirSync(native).find(
      (file) => file.startsWith(`index.${process.platform}-${process.arch}`) && /(?<!musl)\.node$/.test(file),
    );
  if (here() === undefined) addon();
  const file = here();
  if (file === undefined) throw new Error('no addon is built for this machine');
  const { makeExecutable } = await import('./executable.js');
  await makeExecutable(join(native, file), resolve(out), node);
  say('executable', out);
}

/** TypeDoc with a TypeScript of its own: it reads the API of the compiler, which TypeScript 7 does not have. */
const TYPEDOC = ['typedoc@0.28.20', 'typescript@5.9.3', 'typedoc-plugin-missing-exports@4.1.4'];

/** The API reference, made of the docstrings: installs TypeDoc apart from the dependencies where it is not there. @param {string} folder */
function apiReference(folder) {
  const tools = join(CACHE, 'typedoc');
  const program = join(tools, 'node_modules', 'typedoc', 'bin', 'typedoc');
  if (!existsSync(program)) {
    mkdirSync(tools, { recursive: true });
    writeFileSync(join(tools, 'package.json'), '{ "private": true }\n');
    const quiet = ['--save-exact', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    must('npm', ['install', '--prefix', tools, ...quiet, ...TYPEDOC]);
  }
  const plugin = join(tools, 'node_modules', 'typedoc-plugin-missing-exports', 'index.js');
  must(process.execPath, [program, '--options', 'typedoc.json', '--plugin', plugin, '--out', folder]);
}

function benches() {
  return readdirSync(join(ROOT, 'test', 'bench')).map((file) => file.replace(/\.ts$/, ''));
}

/** Commands that take these words or none: what is left out of an answer because a word was wrong is not seen. @type {Readonly<Record<string, readonly string[]>>} */
const WORDS = {
  start: [],
  build: [],
  docs: [],
  wasm: [],
  'try-addons': [],
  release: [],
  runtimes: [],
  licences: [],
  audit: ['--must'],
};

const [command, ...args] = process.argv.slice(2);
const words = WORDS[command ?? ''];
const wrong = words && args.find((arg) => !words.includes(arg));
if (wrong !== undefined) {
  console.error(
    `${command}: expected ${words?.length ? `${words.join(', ')} or nothing` : 'nothing'}; found '${wrong}'`,
  );
  process.exit(2);
}
if (command === 'start') await start();
else if (command === 'build') setUp();
else if (command === 'test') test(args);
else if (command === 'bench' && args[0] !== undefined && benches().includes(args[0]))
  run(`bench/${args[0]}`, args.slice(1));
else if (command === 'accuracy')
  run(
    'accuracy/run',
    args.map((arg, i) => (arg.startsWith('--') || args[i - 1] === '--zfs' ? arg : resolve(arg))),
  );
else if (command === 'formats')
  run(
    'accuracy/formats',
    args.map((arg, i) => (/^--/.test(`${arg}`) || /^--(format|pool)$/.test(`${args[i - 1]}`) ? arg : resolve(arg))),
  );
else if (command === 'truth') run('truth/run', args);
else if (command === 'pointers') run('truth/pointers', args);
else if (command === 'docs') run('docs/make', []);
else if (command === 'docs-api') apiReference(resolve(args[0] ?? join(CACHE, 'api')));
else if (command === 'mutants') run('mutants/run', args);
else if (command === 'fuzz') run('fuzz/run', args);
else if (command === 'ztest') run('oracle/manyPools', args);
else if (command === 'addon') buildAddons(args);
else if (command === 'wasm') wasm();
else if (command === 'try-addons') {
  const tried = tryAddons();
  for (const name of tried) say('addon', `${name} runs`);
  if (tried.length === 0) throw new Error('no addon in native/ is for this machine');
} else if (command === 'platforms') platforms(args[0] ?? join(ROOT, 'npm'));
else if (command === 'release') dependOnPackages();
else if (command === 'licences') writeLicences();
else if (command === 'audit') process.exitCode = audit(args.includes('--must')) ? 0 : 1;
else if (command === 'executable') await executable(args);
else if (command === 'runtimes') {
  setUp();
  const { smokeRuntimes } = await import('./runtimes.js');
  if (!(await smokeRuntimes())) process.exitCode = 1;
} else {
  console.error(command === 'bench' ? `usage: npm run bench -- ${benches().join(' | ')}` : USAGE);
  process.exit(2);
}
