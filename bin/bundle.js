// Builds what a package runs from, dist/: command, library and parser as modules that share what they have in common; their
// types; the schemas without layout. The command takes the same modules as scripts (bin/modules.cjs).
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';
import { build, transform } from 'esbuild';
import { rollup } from 'rollup';
import { CACHE } from './images.js';
import scripts from './scripts.cjs';
import { buildTypes } from './types.js';

const { asFunction } = scripts;
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const DIST = join(ROOT, 'dist');
const SRC = join(ROOT, 'src');

/** Packages that few runs need. */
export const OUTSIDE = ['@noble/hashes', 'pako', 'yargs', 'zstd-codec', 'zstddec'];
/** This one is in the program: to find and to read its files takes longer than to run them. */
const INSIDE = 'chalk';
/** What the library has of the machine it runs on; package.json says which of two modules it is. */
const HOST = '#host';

/** @satisfies {import('esbuild').BuildOptions} */
export const COMMON = /** @type {const} */ ({
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  target: 'node20',
  logLevel: 'warning',
  write: false,
});

/** @returns {Promise<string>} the module `src/cli/helpPages.ts` with the pages in it */
export async function layOutHelp() {
  const { outputFiles } = await build({
    ...COMMON,
    stdin: {
      contents: "export { helpText } from './src/cli/help.ts'; export { COMMANDS } from './src/cli/commands.ts';",
      resolveDir: ROOT,
    },
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  // Below the packages that it imports.
  const file = join(CACHE, 'help.mjs');
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(file, outputFiles[0]?.contents ?? '');
  const { helpText, COMMANDS } = await import(pathToFileURL(file).href);
  /** @type {Record<string, string>} */
  const pages = {};
  for (const command of [null, ...COMMANDS]) {
    pages[command?.name ?? ''] = await helpText(command, Number.POSITIVE_INFINITY);
  }
  return `export const HELP_PAGES = ${JSON.stringify(pages)};`;
}

/** @param {string} name of a package @returns {Promise<string>} it as one module */
async function inlined(name) {
  const { outputFiles } = await build({
    ...COMMON,
    stdin: { contents: `export * from '${name}';`, resolveDir: ROOT },
    format: 'esm',
    platform: 'node',
  });
  return outputFiles[0]?.text ?? '';
}

/** @param {string} name of a file of src/, without its ending */
const source = (name) => join(SRC, `${name}.ts`);

/** Files of dist/ by what they are made of. */
const ENTRIES = {
  main: source('cli/main'),
  index: source('index'),
  parser: source('parser'),
  host: source('api/host'),
  hostOfBrowser: source('api/hostOfBrowser'),
  // The page that `zfs-uber web` serves, and what its worker has in place of Node's modules.
  web: source('browser/web'),
  webWorker: source('browser/webWorker'),
  webNode: source('browser/web/node'),
};
/** Floors of which nothing runs outside a browser: each entry has its own. */
const PAGE = join(SRC, 'browser');

/** What reading labels takes: more than few runs load no more. */
const LABELS = ['cli/nodeLibrary', 'cli/scanCommand', 'cli/labelsCommand', 'api/scan', 'api/surveyDocuments'];
/** And what tells of it where no JSON is asked for. */
const TOLD = ['text/scanText'];

/**
 * TypeScript to rollup, and which modules are not what their names say.
 *
 * @returns {import('rollup').Plugin}
 */
const sources = () => ({
  name: 'sources',
  resolveId(name, importer) {
    if (name === INSIDE) return name;
    if (name === './host.ts' && importer?.startsWith(join(SRC, 'api'))) return { id: HOST, external: true };
    if (name === '#page-assets') return join(DIST, 'page', 'assets.js');
    if (builtinModules.includes(name)) return { id: `node:${name}`, external: true };
    return name.startsWith('.') || name.startsWith('/') ? null : { id: name, external: true };
  },
  async load(id) {
    if (id === INSIDE) return inlined(id);
    if (id === source('cli/helpPages')) return layOutHelp();
    if (!id.endsWith('.ts')) return null;
    const { code } = await transform(readFileSync(id, 'utf8'), {
      loader: 'ts',
      target: COMMON.target,
      sourcefile: id,
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    });
    return code;
  },
  async renderChunk(code) {
    // An error that nobody catches has the line printed where it was thrown.
    const made = await transform(code, { minify: true, format: 'esm', target: COMMON.target, lineLimit: 160 });
    return { code: inOneLine(made.code), map: null };
  },
});

/** Names of modules are found by their words (bin/scripts.cjs), which a break of lines must not part. @param {string} code */
const inOneLine = (code) =>
  code.replace(/\bimport\.\s*meta\.\s*url\b/g, 'import.meta.url').replace(/\bimport\(\s*("[^"]*")\s*\)/g, 'import($1)');

/**
 * Which file of dist/ a module goes to: what runs in a browser apart from what needs Node, and what few runs load apart from
 * what all do.
 *
 * @param {string} id
 * @param {Pick<import('rollup').PluginContext, 'getModuleInfo'>} graph
 * @param {Map<string, Set<string>>} known
 */
function placeOf(id, { getModuleInfo }, known) {
  /** @param {string} name @param {readonly string[]} from @param {boolean} [later] also what is imported later */
  const reach = (name, from, later = false) => {
    const seen = known.get(name) ?? new Set();
    if (known.has(name)) return seen;
    known.set(name, seen);
    const ways = [...from];
    for (let next = ways.pop(); next !== undefined; next = ways.pop()) {
      const module = getModuleInfo(next);
      if (seen.has(next) || module === null || module.isExternal) continue;
      seen.add(next);
      ways.push(...module.importedIds, ...(later ? module.dynamicallyImportedIds : []));
    }
    return seen;
  };
  if (id.startsWith(PAGE)) return null;
  const { main, index, parser, host, hostOfBrowser, web } = ENTRIES;
  const isPortable = reach('portable', [parser, hostOfBrowser, web], true).has(id);
  // Each imports none but its own kind and those before it: of the portable ones the host is no importer.
  if (reach('main', [main]).has(id)) return isPortable ? 'base' : 'command';
  if (reach('host', [host, hostOfBrowser, source('cli/nodeLibrary')]).has(id)) return isPortable ? 'sources' : 'system';
  // By floors as well: a bundler for a browser leaves out a file of which it needs nothing.
  const [, floor = ''] = id.slice(SRC.length).split(sep);
  if (reach('labels', LABELS.map(source)).has(id)) return isPortable ? `labels-${floor}` : 'labels';
  if (reach('told', TOLD.map(source)).has(id)) return `told-${floor}`;
  if (isPortable) return `${reach('parser', [parser]).has(id) ? 'more' : 'later'}-${floor}`;
  if (reach('index', [index]).has(id)) return 'library';
  if (id === INSIDE) return 'colours';
  if (id.startsWith(join(SRC, 'node', 'network'))) return 'network';
  if (reach('page', [source('api/report')]).has(id)) return 'page';
  return reach('help', [source('cli/help'), source('cli/completion')]).has(id) ? 'help' : 'commands';
}

/** All modules of the package, and what each sums to for who takes them as scripts. */
async function buildModules() {
  /** @type {Map<string, Set<string>>} */
  const known = new Map();
  const bundle = await rollup({
    input: ENTRIES,
    plugins: [sources()],
    preserveEntrySignatures: 'strict',
    // It sets what there is of Node in all modules.
    treeshake: { moduleSideEffects: (id) => id === ENTRIES.webNode },
    onwarn(warning) {
      throw new Error(`rollup: ${warning.message}`);
    },
  });
  const { output } = await bundle.generate({
    format: 'es',
    chunkFileNames: '[name].js',
    manualChunks: (id, graph) => placeOf(id, graph, known),
    generatedCode: 'es2015',
    hoistTransitiveImports: false,
  });
  await bundle.close();
  const written = output.filter((file) => file.type === 'chunk');
  const names = new Map(written.map((file) => [file.fileName, file]));
  checkPortable(names);
  /** @type {Record<string, number>} */
  const sums = {};
  for (const { fileName, code } of written) {
    checkScript(fileName, code, names);
    writeFileSync(join(DIST, fileName), code);
    sums[fileName] = crc32(code);
  }
  const build = crc32(JSON.stringify(sums)).toString(16);
  writeFileSync(join(DIST, 'modules.json'), `${JSON.stringify({ build, sums })}\n`);
}

/**
 * That the parser needs nothing of Node, whatever it loads. Types alone do not tell: it has files of `src/api`, where the
 * host is.
 *
 * @param {ReadonlyMap<string, import('rollup').OutputChunk>} files @throws Error
 */
function checkPortable(files) {
  const names = new Set(['parser.js', 'hostOfBrowser.js', 'web.js', 'webNode.js']);
  for (const name of names) {
    const { imports = [], dynamicImports = [] } = files.get(name) ?? {};
    for (const each of [...imports, ...dynamicImports]) {
      if (each.startsWith('node:')) throw new Error(`dist/${name}, which browsers load, imports ${each}`);
      if (files.has(each)) names.add(each);
    }
  }
}

/**
 * That a module becomes a script which imports what the module does.
 *
 * @param {string} name @param {string} code @param {ReadonlyMap<string, unknown>} names of all modules
 * @throws Error
 */
function checkScript(name, code, names) {
  const { text, imports, later } = asFunction(code);
  new Script(`(${text})`, { filename: name });
  for (const each of [...imports, ...later]) {
    if (each.startsWith('node:') || OUTSIDE.some((one) => each === one || each.startsWith(`${one}/`))) continue;
    if (!each.startsWith('./') || !names.has(each.slice(2))) throw new Error(`dist/${name} imports ${each}`);
  }
  if (Buffer.byteLength(code) !== code.length) throw new Error(`dist/${name} is more than ASCII`);
}

function copySchemas() {
  const from = join(ROOT, 'schema');
  mkdirSync(join(DIST, 'schema'), { recursive: true });
  for (const name of readdirSync(from)) {
    const schema = JSON.parse(readFileSync(join(from, name), 'utf8'));
    writeFileSync(join(DIST, 'schema', name), JSON.stringify(schema));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(DIST, { recursive: true });
  await buildModules();
  copySchemas();
  buildTypes();
}
