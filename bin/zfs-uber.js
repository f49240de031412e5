#!/usr/bin/env node
// No import here: those of Node's own modules take longer than to read a disk's labels.
const { existsSync, readFileSync } = process.getBuiltinModule('node:fs');
const { createRequire } = process.getBuiltinModule('node:module');
const { dirname, join } = process.getBuiltinModule('node:path');
const { fileURLToPath, pathToFileURL } = process.getBuiltinModule('node:url');

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist');

/**
 * Options with which nothing but labels and rings is read; true for one that takes a value.
 *
 * @type {Readonly<Record<string, boolean>>}
 */
const SHALLOW = {
  depth: true,
  pool: true,
  'min-txg': true,
  'max-txg': true,
  json: false,
  'no-color': false,
  quiet: false,
  progress: false,
  all: false,
  'newest-first': false,
};

/**
 * Whether labels and rings are all that is asked for: what is not certain is left to the whole program.
 *
 * @param {readonly string[]} args
 */
function isShallow([command = '', ...words]) {
  let depth = command === 'scan' ? 'meta' : 'labels';
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!word.startsWith('-')) continue;
    const [name = '', inline] = word.slice(2).split('=', 2);
    if (!word.startsWith('--') || !Object.hasOwn(SHALLOW, name)) return false;
    if (!SHALLOW[name]) continue;
    const value = inline ?? words[++i];
    if (name === 'depth') depth = value ?? '';
  }
  return depth === 'labels' && ['scan', 'labels', 'ring'].includes(command);
}

/**
 * Runs dist/start.cjs, with the code that V8 made of it when it was built where this is the same Node.
 *
 * @param {string} file
 */
async function quickStart(file) {
  const { Script } = process.getBuiltinModule('node:vm');
  const cache = join(dist, 'start.cache');
  const script = new Script(readFileSync(file, 'latin1'), {
    filename: file,
    ...(existsSync(cache) ? { cachedData: readFileSync(cache) } : {}),
  });
  const module = { exports: { run: async () => {} } };
  script.runInThisContext()(module.exports, createRequire(file), module, file);
  await module.exports.run();
}

const start = join(dist, 'start.cjs');
if (isShallow(process.argv.slice(2)) && existsSync(start)) await quickStart(start);
else if (existsSync(join(dist, 'cli.js'))) {
  const { run } = await import(pathToFileURL(join(dist, 'cli.js')).href);
  await run();
} else {
  // A clone that was never built; the package has it.
  console.error("zfs-uber: not built yet. Run 'npm start' or 'npm run build' in its folder first.");
  // Not 1 to 3, which say something about the sources.
  process.exitCode = 70;
}
