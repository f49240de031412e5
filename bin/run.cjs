// Loads the program and runs it. Whatever keeps it from beginning ends with a sentence and status 70, and not with
// Node's own 1, which would say that the sources have no trace of ZFS.
const { readFileSync, statSync, writeSync } = process.getBuiltinModule('node:fs');
const { dirname, join } = process.getBuiltinModule('node:path');
const { pathToFileURL } = process.getBuiltinModule('node:url');
const { isShallow, kindOf, openCode } = require('./codeCache.cjs');

const BUG = 70;
const STDERR = 2;
/** Statuses of an answer: after a wrong line there is little to be kept. */
const ANSWERED = [0, 1, 3];
const DIST = join(dirname(__dirname), 'dist');
/** Of the modules; written last. */
const SUMS = 'modules.json';
const PROGRAM = './main.js';

/**
 * Threads that read, each for one request: what a source keeps busy, how many there are at most, and at least where more
 * than labels is read. To make thirty takes longer than to read the labels of a disk.
 */
const THREADS = { source: 4, least: 32, most: 64 };

const SMALL_ROOM = '--semi-space-growth-factor=1';
const SMALL_GROWTH = '--heap-growing-percent=100';
/**
 * Flags of V8 by its version and the kind of the command.
 *
 * When a function is compiled for speed: after so many bytes of V8's own code, or so many calls. As V8 has it the compiler
 * takes a quarter of the processor, or a third where labels are all that is read, and more than is saved by functions that
 * run a few thousand times.
 *
 * And room for what is new: most of what labels are made into is kept, and to have it copied in smaller pieces takes no
 * longer. And by how much of what lives the heap grows before it is cleared: V8 takes up to four times as much, and keeps
 * that much garbage, with the memory of blocks that hangs on it.
 *
 * @type {Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>}
 */
const FLAGS = {
  11: { disks: ['--interrupt-budget=1000000', SMALL_ROOM], pool: ['--interrupt-budget=300000', SMALL_GROWTH] },
  // It has another compiler before that one.
  12: { disks: ['--invocation-count-for-turbofan=30000', SMALL_ROOM] },
  13: { disks: [SMALL_ROOM] },
};
/** Labels of so many sources are `disks`: of fewer they are read before it takes longer to say so than it saves. */
const DISKS = 8;

const WITHOUT_SOURCES = ['help', 'version'];
/** A run of so many seconds may have called more than the one before it, and has time to look. */
const LONG = 1;

/** @param {unknown} error @returns {never} */
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

/** @param {string} size of what is read */
function setFlags(size) {
  const [version = ''] = process.versions.v8.split('.');
  for (const flag of FLAGS[version]?.[size] ?? []) process.getBuiltinModule('node:v8').setFlagsFromString(flag);
}

/** @typedef {{ run: (given?: { seen?: import('./codeCache.cjs').Seen }) => Promise<void> }} Program */

/**
 * The program, with the code that this Node made of it in an earlier run.
 *
 * What each of its modules sums to was noted: one wrong byte could change an answer.
 *
 * @param {Built} built
 * @param {string} kind of the command line
 * @returns {Promise<{ run: () => Promise<void>, keep: () => void }>}
 * @throws Error where it is not as it was built
 */
async function load({ build, sums }, kind) {
  // What this is made with is Node's; the others compile in less.
  if ('bun' in process.versions || 'deno' in process.versions) {
    /** @type {Program} */
    const { run } = await import(pathToFileURL(join(DIST, PROGRAM)).href);
    return { run: () => run(), keep: () => {} };
  }
  const { openModules } = require('./modules.cjs');
  const cache = openCode(build, kind);
  const modules = openModules(DIST, sums, cache?.read() ?? new Map(), giveUp);
  const { run } = /** @type {Program} */ (modules.load(PROGRAM));
  return {
    run: () => run(cache === null ? {} : { seen: cache.seen }),
    keep() {
      if (cache === null) return;
      const scripts = modules.toKeep(process.uptime() > LONG);
      if (scripts !== null) cache.write(scripts);
      cache.writeSeen();
    },
  };
}

/**
 * How many sources `words` name, of which some are options; a directory may have any number.
 *
 * @param {readonly string[]} words
 */
function sourcesIn(words) {
  let sources = 0;
  for (const word of words) {
    if (word.startsWith('-')) continue;
    try {
      const status = statSync(word, { throwIfNoEntry: false });
      if (status !== undefined) sources += status.isDirectory() ? THREADS.most : 1;
    } catch {
      // No path, or one that the program will say more of.
    }
  }
  return sources;
}

/** @typedef {{ build: string, sums: Record<string, number> }} Built a name for what was built, and what its modules sum to */

/** @returns {Built | null} null of a clone that was never built: the package has it */
function readBuilt() {
  let text;
  try {
    text = readFileSync(join(DIST, SUMS), 'utf8');
  } catch {
    return null;
  }
  const { build, sums } = JSON.parse(text);
  if (!/^[0-9a-f]+$/.test(build)) throw new Error(`${join(DIST, SUMS)} is not what was built`);
  return { build, sums };
}

async function main() {
  const [, , command, ...words] = process.argv;
  const args = [command ?? '', ...words];
  const sources = sourcesIn(words);
  const shallow = isShallow(args);
  const least = shallow ? THREADS.source : THREADS.least;
  // A disk or a network is slow where it waits for the answer to one read before it is given the next. To be told before
  // Node makes its threads, with the first read of any.
  process.env['UV_THREADPOOL_SIZE'] ??= String(Math.max(least, Math.min(THREADS.most, sources * THREADS.source)));
  const built = readBuilt();
  if (built === null) {
    writeSync(STDERR, "zfs-uber: not built yet. Run 'npm start' or 'npm run build' in its folder first.\n");
    process.exitCode = BUG;
    return;
  }
  const kind = kindOf(args);
  const size = shallow ? (sources < DISKS ? 'disk' : 'disks') : 'pool';
  // Before any code is read: V8 refuses that of another set of flags.
  if (!WITHOUT_SOURCES.includes(kind)) setFlags(size);
  const { run, keep } = await load(built, `${kind}-${size}`);
  await run();
  if (ANSWERED.includes(Number(process.exitCode))) keep();
  // All is written. Node would take its memory apart first, a few milliseconds for each hundred megabytes of it.
  process.exit();
}

process.on('uncaughtException', giveUp);
main().catch(giveUp);
