// Loads the program and runs it. Whatever keeps it from beginning ends with a sentence and status 70, and not with
// Node's own 1, which would say that the sources have no trace of ZFS.
const { existsSync, readFileSync, statSync, writeSync } = process.getBuiltinModule('node:fs');
const { dirname, join } = process.getBuiltinModule('node:path');
const { pathToFileURL } = process.getBuiltinModule('node:url');
const { kindOf, openCode } = require('./codeCache.cjs');

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

/** @param {string} kind of the command line */
function setFlags(kind) {
  const [version = ''] = process.versions.v8.split('.');
  for (const flag of FLAGS[version]?.[kind] ?? []) process.getBuiltinModule('node:v8').setFlagsFromString(flag);
}

/** @typedef {{ run: () => Promise<void> }} Program */

/**
 * The program, with the code that this Node made of it in an earlier run.
 *
 * What each of its modules sums to was noted: one wrong byte could change an answer.
 *
 * @param {string} kind of the command line
 * @returns {Promise<{ program: Program, keepCode: () => void }>}
 * @throws Error where it is not as it was built
 */
async function load(kind) {
  // What this is made with is Node's; the others compile in less.
  if ('bun' in process.versions || 'deno' in process.versions) {
    return { program: await import(pathToFileURL(join(DIST, PROGRAM)).href), keepCode: () => {} };
  }
  const { openModules } = require('./modules.cjs');
  // Before any code is read: V8 refuses that of another set of flags.
  setFlags(kind);
  const sums = readFileSync(join(DIST, SUMS), 'utf8');
  const cache = openCode(sums, kind);
  const modules = openModules(DIST, JSON.parse(sums), cache?.read() ?? new Map(), giveUp);
  return {
    program: /** @type {Program} */ (modules.load(PROGRAM)),
    keepCode() {
      const kept = modules.toKeep();
      if (kept !== null) cache?.write(kept);
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
    try {
      const status = statSync(word, { throwIfNoEntry: false });
      if (status !== undefined) sources += status.isDirectory() ? THREADS.most : 1;
    } catch {
      // No path, or one that the program will say more of.
    }
  }
  return sources;
}

async function main() {
  const [, , command, ...words] = process.argv;
  const asked = kindOf([command ?? '', ...words]);
  const sources = sourcesIn(words);
  const least = asked === 'labels' ? THREADS.source : THREADS.least;
  // A disk or a network is slow where it waits for the answer to one read before it is given the next. To be told before
  // Node makes its threads, with the first read of any.
  process.env['UV_THREADPOOL_SIZE'] ??= String(Math.max(least, Math.min(THREADS.most, sources * THREADS.source)));
  const kind = asked === 'labels' && sources >= DISKS ? 'disks' : asked;
  if (!existsSync(join(DIST, SUMS))) {
    // A clone that was never built; the package has it.
    writeSync(STDERR, "zfs-uber: not built yet. Run 'npm start' or 'npm run build' in its folder first.\n");
    process.exitCode = BUG;
    return;
  }
  const { program, keepCode } = await load(kind);
  await program.run();
  if (ANSWERED.includes(Number(process.exitCode))) keepCode();
  // All is written. Node would take its memory apart first, a few milliseconds for each hundred megabytes of it.
  process.exit();
}

process.on('uncaughtException', giveUp);
main().catch(giveUp);
