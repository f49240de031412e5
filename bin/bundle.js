// Builds what a package runs from, dist/: the program and the library of Node in one CommonJS file, which starts fastest
// and goes into any bundle; the parser as modules, for browsers; their types; the schemas without layout.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { crc32 } from 'node:zlib';
import { build } from 'esbuild';
import { CACHE } from './images.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const DIST = join(ROOT, 'dist');

/** Packages that few runs need. The others are in the program: to find and to read their files takes longer than to run them. */
const OUTSIDE = ['@noble/hashes', 'pako', 'yargs', 'zstd-codec', 'zstddec'];

/** The command, and the library for who asks for it: neither loads the other. */
const ENTRIES = `
  export const run = (load) => require('./src/cli/main.ts').run(load);
  export const library = () => require('./src/index.ts');
`;

/** @satisfies {import('esbuild').BuildOptions} */
const COMMON = /** @type {const} */ ({
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  target: 'node20',
  logLevel: 'warning',
  write: false,
});

/**
 * One CommonJS file of the program. Its Node modules come from `process.getBuiltinModule`: a bundler that makes a module
 * of it has no `require` to give.
 *
 * @param {readonly string[]} outside packages that are left out
 * @returns {Promise<string>}
 */
export async function bundleProgram(outside) {
  const pages = `export const HELP_PAGES = ${JSON.stringify(await layOutHelp())};`;
  const { outputFiles } = await build({
    ...COMMON,
    stdin: { contents: ENTRIES, resolveDir: ROOT },
    format: 'cjs',
    platform: 'node',
    external: outside.flatMap((name) => [name, `${name}/*`]),
    // A script whose code is kept cannot import.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: {
      // In a bundle that is a module there is none.
      js: 'const importMetaUrl=typeof __filename==="string"?process.getBuiltinModule("node:url").pathToFileURL(__filename).href:"";',
    },
    plugins: [
      {
        name: 'help pages',
        setup({ onLoad }) {
          onLoad({ filter: /[/\\]cli[/\\]helpPages\.ts$/ }, () => ({ contents: pages }));
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

/** @returns {Promise<Record<string, string>>} the pages of `src/cli/helpPages.ts` */
async function layOutHelp() {
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
  return pages;
}

/** The program, its sum before it, and the modules that give out its library by name. */
async function buildProgram() {
  const program = await bundleProgram(OUTSIDE);
  writeFileSync(join(DIST, 'program.cjs'), `// ${crc32(program)}\n${program}`);
  const names = await exportsOf('index');
  const takes = `import program from './program.cjs';\nexport const { ${names.join(', ')} } = program.library();\n`;
  writeFileSync(join(DIST, 'index.js'), takes);
  // What both export is to be the same: an error of the one is caught as an error of the other.
  const portable = (await exportsOf('parser')).join(', ');
  writeFileSync(join(DIST, 'parserOfNode.js'), `export { ${portable} } from './index.js';\n`);
}

/** @param {string} name of a file of src/ @returns {Promise<string[]>} what it exports */
async function exportsOf(name) {
  const { metafile } = await build({
    ...COMMON,
    entryPoints: [join('src', `${name}.ts`)],
    outdir: 'dist',
    format: 'esm',
    platform: 'node',
    packages: 'external',
    metafile: true,
  });
  return Object.values(metafile.outputs).flatMap((output) => output.exports);
}

/**
 * Where there is nothing of Node another module stands for what the library has of it.
 *
 * @type {import('esbuild').Plugin}
 */
export const HOST_OF_BROWSER = {
  name: 'host of browser',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/host\.ts$/ }, ({ resolveDir }) => ({ path: join(resolveDir, 'hostOfBrowser.ts') }));
  },
};

async function buildParser() {
  await build({
    ...COMMON,
    write: true,
    entryPoints: { parser: join('src', 'parser.ts') },
    outdir: 'dist',
    splitting: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    packages: 'external',
    plugins: [HOST_OF_BROWSER],
  });
}

/** The types of what the package exports, and none of what only its own files import. */
function buildTypes() {
  const types = join(DIST, 'types');
  const { status } = spawnSync(join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', 'src/tsconfig.types.json'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`tsc ends with status ${status}`);
  /** @type {Set<string>} */
  const reached = new Set();
  /** @param {string} file */
  const reach = (file) => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]+)\.ts['"]/g)) {
      reach(join(dirname(file), `${path}.d.ts`));
    }
  };
  for (const name of ['index', 'parser']) reach(join(types, `${name}.d.ts`));
  for (const entry of readdirSync(types, { withFileTypes: true, recursive: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !reached.has(file)) rmSync(file);
  }
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
  await buildProgram();
  await buildParser();
  copySchemas();
  buildTypes();
}
