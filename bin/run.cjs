// Loads the program and runs it. Whatever keeps it from beginning ends with a sentence and status 70, and not with
// Node's own 1, which would say that the sources have no trace of ZFS.
const { existsSync, readdirSync, readFileSync, writeSync } = process.getBuiltinModule('node:fs');
const { createRequire } = process.getBuiltinModule('node:module');
const { dirname, join } = process.getBuiltinModule('node:path');
const { pathToFileURL } = process.getBuiltinModule('node:url');

const BUG = 70;
const STDERR = 2;
const dist = join(dirname(__dirname), 'dist');

/** @param {unknown} error */
function giveUp(error) {
  const stack = error instanceof Error ? error.stack : undefined;
  // Paths and messages are not to be obeyed by a terminal.
  const text = String(stack || error).replace(/[^\n\x20-\x7e]/g, '?');
  try {
    writeSync(STDERR, `zfs-uber: the program cannot go on; nothing is said of the sources\n${text}\n`);
  } catch {
    // Nobody reads it.
  }
  process.exit(BUG);
}

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
 * dist/start.cjs, with the code that V8 made of it when it was built where this is the same Node. V8 believes what such
 * code says, and one wrong byte crashes the process: it is taken only if it sums to what was noted beside it.
 *
 * @param {string} file
 * @returns {{ run: () => Promise<void> } | null} null where it is not as it was built: the whole program does the same
 */
function quickStart(file) {
  const { Script } = process.getBuiltinModule('node:vm');
  const { crc32 } = process.getBuiltinModule('node:zlib');
  try {
    const sums = JSON.parse(readFileSync(join(dist, 'start.json'), 'utf8'));
    const source = readFileSync(file);
    if (crc32(source) !== sums.script) return null;
    const cache = join(dist, 'start.cache');
    const code = existsSync(cache) ? readFileSync(cache) : null;
    const script = new Script(source.toString('latin1'), {
      filename: file,
      ...(code !== null && crc32(code) === sums.cache ? { cachedData: code } : {}),
    });
    const module = { exports: { run: async () => {} } };
    script.runInThisContext()(module.exports, createRequire(file), module, file);
    return module.exports;
  } catch {
    return null;
  }
}

/** Files that modules of the program may open at once while they are loaded, and some for the sources. */
const PLENTY = 256;

/** Whether this process can open fewer: as far as the system says. Source: proc_pid_limits(5), proc_pid_fd(5) */
function opensFew() {
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return limit !== undefined && Number(limit) - readdirSync('/proc/self/fd').length < PLENTY;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EMFILE';
  }
}

async function main() {
  const start = join(dist, 'start.cjs');
  const quick = isShallow(process.argv.slice(2)) && existsSync(start) ? quickStart(start) : null;
  if (quick !== null) return quick.run();
  const alone = join(dist, 'alone.js');
  const program = existsSync(alone) && opensFew() ? alone : join(dist, 'cli.js');
  if (existsSync(program)) return (await import(pathToFileURL(program).href)).run();
  // A clone that was never built; the package has it.
  writeSync(STDERR, "zfs-uber: not built yet. Run 'npm start' or 'npm run build' in its folder first.\n");
  process.exitCode = BUG;
}

process.on('uncaughtException', giveUp);
main().catch(giveUp);
