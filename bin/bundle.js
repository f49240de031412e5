// Builds what a package runs from, dist/: the program and the library of Node in one CommonJS file, which starts fastest
// and goes into any bundle; the parser as modules, for browsers; the schemas without their layout.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { build } from 'esbuild';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const DIST = join(ROOT, 'dist');

/**
 * Packages that few runs need and the package depends on all the same, for the parser. The others are in the program: to
 * find and to read their files takes longer than to run them.
 */
const OUTSIDE = ['@noble/hashes', 'pako', 'zstd-codec', 'zstddec'];

/** The command, and the library for who asks for it: neither loads the other. */
const ENTRIES = `
  export const run = () => require('./src/cli/main.ts').run();
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
  });
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
}
