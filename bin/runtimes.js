// Smoke test of the package over what can run it: the versions of Node that are supported, Bun and Deno, as npm's packages
// of those names have them. Run by hand and in the release workflow; docs/releasing.md has what it last said.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CACHE, imageIn } from './images.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const COMMAND = join(ROOT, 'bin', 'zfs-uber.cjs');
/** Compressed and summed in every way that there is. */
const POOLS = ['all-compressions', 'every-checksum'];

/** @typedef {{ name: string, packages: readonly string[], program: string, before: readonly string[] }} Runtime */

/** @param {number} version @returns {Runtime} */
const node = (version) => ({
  name: `Node ${version}`,
  packages: [`node@${version}`],
  program: 'node/bin/node',
  before: [],
});

/** @type {readonly Runtime[]} */
const RUNTIMES = [
  ...[20, 22, 24, 26].map(node),
  { name: 'Bun', packages: ['bun'], program: '.bin/bun', before: [] },
  { name: 'Deno', packages: ['deno'], program: '.bin/deno', before: ['run', '--allow-all'] },
];

/** @param {string} program @param {readonly string[]} args @param {string} [cwd] */
const run = (program, args, cwd = ROOT) =>
  spawnSync(program, args, { cwd, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' }, maxBuffer: 1 << 28 });

/**
 * @param {Runtime} runtime
 * @returns {string | null} its program; null where it is not to be had
 */
function install({ name, packages, program }) {
  const folder = join(CACHE, 'runtimes', name.replace(' ', '-').toLowerCase());
  const path = join(folder, 'node_modules', program);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages], folder);
  }
  return existsSync(path) ? path : null;
}

/** As a package manager does: Deno resolves what lies in node_modules by the package's own manifest. @param {string} folder */
function installInto(folder) {
  const modules = join(folder, 'node_modules');
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  for (const part of ['dist', 'package.json', 'native']) {
    cpSync(join(ROOT, part), join(modules, manifest.name, part), {
      recursive: true,
      filter: (path) => !path.startsWith(join(ROOT, 'native', 'target')),
    });
  }
  const own = { type: 'module', dependencies: { [manifest.name]: '*' } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(own));
  for (const name of Object.keys(manifest.dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
}

/** @param {string} text a document @returns {string} it without what says when and by which engine it was made */
const comparable = (text) => text.replace(/"(native|engine)": *("[a-z]*"|true|false),?/g, '');

/**
 * Compares what the command answers, and the library imported and required, with what this Node answers.
 *
 * @param {(args: readonly string[]) => ReturnType<typeof run>} ask
 * @param {readonly { args: readonly string[], answer: string }[]} expected
 */
function differences(ask, expected) {
  return expected.flatMap(({ args, answer }) => {
    const { status, stdout, stderr } = ask(args);
    if (status !== 0)
      return [`${args.slice(0, 4).join(' ')}: status ${status}: ${stderr.split('\n').slice(0, 3).join(' ')}`];
    if (stderr !== '') return [`${args.slice(0, 4).join(' ')}: ${stderr.split('\n')[0]}`];
    return comparable(stdout) === answer ? [] : [`${args.slice(0, 4).join(' ')}: another answer`];
  });
}

/** @returns {Promise<boolean>} whether all that could be had answer the same */
export async function smokeRuntimes() {
  const images = [];
  for (const pool of POOLS) images.push(await imageIn(join(ROOT, 'test-images', pool), 'd0.img'));
  const lines = [
    ...images.flatMap((image) => [
      [COMMAND, 'scan', '--json', '--depth', 'data', image],
      [COMMAND, 'labels', '--json', image],
    ]),
    [COMMAND, 'datasets', '--json', images[0] ?? ''],
    [COMMAND, 'scan', '--help'],
  ];
  const uses = join(mkdtempSync(join(tmpdir(), 'zfs-uber-runtimes-')), 'uses.mjs');
  installInto(dirname(uses));
  writeFileSync(
    uses,
    `import { scan } from 'zfs-uber';
     const { pools } = await scan([${JSON.stringify(images[0])}], { depth: 'mos' });
     console.log(pools.map(({ name, recommendation }) => name + ' ' + recommendation?.txg).join());`,
  );
  lines.push([uses]);
  const expected = lines.map((args) => ({ args, answer: comparable(run(process.execPath, args).stdout) }));
  let good = true;
  for (const runtime of RUNTIMES) {
    const program = install(runtime);
    if (program === null) {
      console.log(`${runtime.name.padEnd(8)} not to be had here`);
      continue;
    }
    const ask = (/** @type {readonly string[]} */ args) => run(program, [...runtime.before, ...args]);
    const [version = ''] = run(program, ['--version']).stdout.split('\n');
    const engine = ask([COMMAND, '--version'])
      .stdout.trim()
      .replace(/^zfs-uber \S+, /, '');
    const found = differences(ask, expected);
    good &&= found.length === 0;
    console.log(
      `${runtime.name.padEnd(8)} ${version}: ${found.length === 0 ? `the same answers, ${engine}` : found.join('; ')}`,
    );
  }
  rmSync(dirname(uses), { recursive: true });
  return good;
}
