// Loads the program and runs it. Whatever keeps it from beginning ends with a sentence and status 70, and not with
// Node's own 1, which would say that the sources have no trace of ZFS.
const { existsSync, readFileSync, statSync, writeSync } = process.getBuiltinModule('node:fs');
const { dirname, join } = process.getBuiltinModule('node:path');
const { kindOf, openCode } = require('./codeCache.cjs');

const BUG = 70;
const STDERR = 2;
/** Statuses of an answer: after a wrong line there is little to be kept. */
const ANSWERED = [0, 1, 3];
const PROGRAM = join(dirname(__dirname), 'dist', 'program.cjs');

/**
 * Threads that read, each for one request: what a source keeps busy, how many there are at most, and at least where more
 * than labels is read. To make thirty takes longer than to read the labels of a disk.
 */
const THREADS = { source: 4, least: 32, most: 64 };

/**
 * Bytes of V8's own code that a function runs before it is compiled for speed. At V8's 66 KiB the compiler takes more of
 * the processor than all functions of which a scan runs a few thousand calls then save.
 */
const COMPILED_AFTER = 300_000;

/** @typedef {{ run: () => Promise<void> }} Program */

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

/** What follows V8 11 has a compiler between the two, and no longer the flag. */
function compileLater() {
  if (!process.versions.v8.startsWith('11.')) return;
  process.getBuiltinModule('node:v8').setFlagsFromString(`--interrupt-budget=${COMPILED_AFTER}`);
}

/**
 * The program, with the code that this Node made of it in an earlier run.
 *
 * Its first line notes what the rest sums to: one wrong byte could change an answer.
 *
 * @returns {{ program: Program, keepCode: () => void }}
 * @throws Error where it is not as it was built
 */
function load() {
  // What this is made with is Node's; the others compile in less.
  if ('bun' in process.versions || 'deno' in process.versions) {
    return { program: require(PROGRAM), keepCode: () => {} };
  }
  const { Script } = process.getBuiltinModule('node:vm');
  const { crc32 } = process.getBuiltinModule('node:zlib');
  const bytes = readFileSync(PROGRAM);
  const begin = bytes.indexOf('\n') + 1;
  const sum = crc32(bytes.subarray(begin));
  if (`// ${sum}\n` !== bytes.toString('latin1', 0, begin)) throw new Error(`${PROGRAM} is not what was built`);
  const args = process.argv.slice(2);
  // Before any code is read: V8 refuses that of another set of flags.
  if (kindOf(args) === 'pool') compileLater();
  const cache = openCode(sum, args);
  const code = cache?.read();
  // As Node itself wraps a CommonJS module.
  const script = new Script(`(function(exports,require,module,__filename){${bytes.toString('latin1', begin)}\n})`, {
    filename: PROGRAM,
    ...(code && { cachedData: code }),
  });
  const module = { exports: { run: async () => {} } };
  script.runInThisContext()(module.exports, require, module, PROGRAM);
  return {
    program: module.exports,
    keepCode() {
      if (!code || script.cachedDataRejected) cache?.write(script.createCachedData());
    },
  };
}

/**
 * Threads for the reads of `words`, of which some are options: a disk or a network is slow where it waits for the answer
 * to one read before it is given the next. To be told before Node makes its threads, with the first read of any.
 *
 * @param {readonly string[]} words
 * @param {number} least
 */
function threadsFor(words, least) {
  let sources = 0;
  for (const word of words) {
    const status = statSync(word, { throwIfNoEntry: false });
    if (status !== undefined) sources += status.isDirectory() ? THREADS.most : 1;
  }
  return Math.max(least, Math.min(THREADS.most, sources * THREADS.source));
}

async function main() {
  const [, , command, ...words] = process.argv;
  const least = kindOf([command ?? '', ...words]) === 'labels' ? THREADS.source : THREADS.least;
  process.env['UV_THREADPOOL_SIZE'] ??= String(threadsFor(words, least));
  if (!existsSync(PROGRAM)) {
    // A clone that was never built; the package has it.
    writeSync(STDERR, "zfs-uber: not built yet. Run 'npm start' or 'npm run build' in its folder first.\n");
    process.exitCode = BUG;
    return;
  }
  const { program, keepCode } = load();
  await program.run();
  if (ANSWERED.includes(Number(process.exitCode))) keepCode();
}

process.on('uncaughtException', giveUp);
main().catch(giveUp);
