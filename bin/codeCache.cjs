// What V8 made of the program, kept from one run to the next: compiling takes longer than to read a disk's labels.
//
// V8 believes such code: whoever can write it can run what he likes as the user who starts the program, and one wrong
// byte crashes the process. So it lies in a folder of the user's own, a file that is not the user's is not opened, and
// what was read is compared with its sum. V8 itself refuses the code of another version, processor or set of flags.
const fs = process.getBuiltinModule('node:fs');
const { isAbsolute, join } = process.getBuiltinModule('node:path');

/** Of one program and one Node there are some; older ones go first. */
const FILES = 64;
/** A sum stands before the code. */
const HEAD = 4;
/** Far more than all of the program's code. */
const MOST = 64 * 1024 * 1024;
/** Far more than is said of a few files. */
const MOST_SEEN = 64 * 1024;
const CODE = '.code';
const SEEN = '.seen';
/** A file that was changed no longer ago may be changed again at what a filesystem takes for the same time. */
const UNSETTLED_MS = 3000;

/** Node loads streams with it, which takes longer than to read a disk's labels. @param {Uint8Array} bytes @returns {number} */
const crc32 = (bytes) => process.getBuiltinModule('node:zlib').crc32(bytes);

/** The user's folder for what can be made again, or null where there is none that is known. */
function cacheFolder() {
  const { HOME, LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
  if (process.platform === 'win32') return LOCALAPPDATA || null;
  if (process.platform === 'darwin') return HOME ? join(HOME, 'Library', 'Caches') : null;
  // The specification wants what is not absolute to be ignored.
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return XDG_CACHE_HOME;
  return HOME ? join(HOME, '.cache') : null;
}

/**
 * Windows has no owners in this sense; the folder is its user's there.
 *
 * @param {import('node:fs').Stats} status
 */
const belongsToUs = ({ uid }) => process.getuid === undefined || uid === process.getuid();

/**
 * Whether nobody else has a say in it.
 *
 * @param {import('node:fs').Stats} status
 */
const isOursAlone = (status) => belongsToUs(status) && (process.platform === 'win32' || (status.mode & 0o022) === 0);

/**
 * Which functions of the program a command line runs: code of functions that are not called costs time all the same.
 *
 * @param {readonly string[]} args
 * @returns {string} part of a file's name
 */
function kindOf(args) {
  const [command = ''] = args;
  if (args.includes('--version')) return 'version';
  if (args.includes('--help') || args.length === 0) return 'help';
  // What is no command is not kept.
  const name = /^[a-z]+$/.test(command) ? command : 'none';
  return args.includes('--json') ? `${name}-json` : name;
}

/** Whether labels are all that is read. @param {readonly string[]} args */
const isShallow = (args) => ['labels', 'ring'].includes(args[0] ?? '') || /--depth[ =]labels\b/.test(args.join(' '));

/**
 * Of a text, for a file's name.
 *
 * @param {string} text
 */
function hashOf(text) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16);
}

/**
 * Files that were found to sum to what was noted of them, by how they stood then: as long as one stands so, none of its
 * bytes was written.
 *
 * @typedef {{ is: (path: string) => boolean, note: (path: string) => void }} Seen
 */

/** How a file stands; a link as what it leads to. @param {import('node:fs').Stats} status */
const standingOf = ({ dev, ino, size, mtimeMs, ctimeMs }) => [dev, ino, size, mtimeMs, ctimeMs].join();

/**
 * @param {Readonly<Record<string, string>>} before of earlier runs
 * @returns {Seen & { judge: (path: string, status: import('node:fs').Stats) => boolean,
 *   toKeep: () => Record<string, string> | null }} null where nothing is new
 */
function seenFiles(before) {
  /** @type {Map<string, import('node:fs').Stats>} */
  const asked = new Map();
  /** @type {Record<string, string>} */
  const found = {};
  /** @param {string} path @param {import('node:fs').Stats} status */
  const judge = (path, status) => {
    asked.set(path, status);
    return before[path] === standingOf(status);
  };
  return {
    judge,
    is(path) {
      const status = fs.statSync(path, { throwIfNoEntry: false });
      return status !== undefined && judge(path, status);
    },
    note(path) {
      const status = asked.get(path);
      if (status !== undefined && Date.now() - status.ctimeMs > UNSETTLED_MS) found[path] = standingOf(status);
    },
    toKeep() {
      if (Object.keys(found).length === 0) return null;
      const still = [...asked].filter(([path, status]) => before[path] === standingOf(status));
      return { ...Object.fromEntries(still.map(([path, status]) => [path, standingOf(status)])), ...found };
    },
  };
}

/**
 * @param {string} build of the program
 * @param {string} kind of the command line
 * @returns {{ read: () => Map<string, Kept> | null, write: (scripts: Map<string, Kept>) => void, seen: Seen,
 *   writeSeen: () => void } | null} null where nothing is to be kept. None fails: what cannot be read or written is made
 *   again.
 */
function openCode(build, kind) {
  const parent = cacheFolder();
  // The variable that turns Node's own off.
  if (parent === null || process.env['NODE_DISABLE_COMPILE_CACHE']) return null;
  const folder = join(parent, 'zfs-uber');
  const { arch, version, execArgv, env } = process;
  const engine = JSON.stringify([version, arch, process.versions.v8, execArgv, env['NODE_OPTIONS']]);
  const name = `${build}-${hashOf(engine)}-${kind}`;
  const path = join(folder, name + CODE);
  const seen = seenFiles(readSeen(join(folder, name + SEEN)));
  /** @param {string} ending @param {Uint8Array} bytes */
  const write = (ending, bytes) => {
    try {
      writeOwn(parent, folder, join(folder, name + ending), bytes);
    } catch {
      // A home that is read-only, full, or nobody's.
    }
  };
  return {
    seen,
    read() {
      try {
        const bytes = readOwn(path, MOST);
        if (bytes === null) return null;
        const code = bytes.content.subarray(HEAD);
        if (!seen.judge(path, bytes.status)) {
          if (bytes.content.readUInt32LE() !== crc32(code)) return null;
          seen.note(path);
        }
        return unpack(code);
      } catch {
        return null;
      }
    },
    write(scripts) {
      const code = pack(scripts);
      const head = Buffer.alloc(HEAD);
      head.writeUInt32LE(crc32(code));
      write(CODE, Buffer.concat([head, code]));
    },
    writeSeen() {
      const all = seen.toKeep();
      if (all !== null) write(SEEN, Buffer.from(JSON.stringify(all)));
    },
  };
}

/** @param {string} path @returns {Readonly<Record<string, string>>} */
function readSeen(path) {
  try {
    return Object(JSON.parse(readOwn(path, MOST_SEEN)?.content.toString() ?? '{}'));
  } catch {
    return {};
  }
}

/** @typedef {import('./modules.cjs').Kept} Kept */

/** Lengths first, a line of JSON; then of each script the text and the code. @param {Map<string, Kept>} scripts */
function pack(scripts) {
  const parts = [...scripts].flatMap(([, { text, code }]) => [Buffer.from(text, 'latin1'), code ?? Buffer.alloc(0)]);
  const lengths = [...scripts].map(([name, { names, text, code }]) => [name, names, text.length, code?.length ?? 0]);
  return Buffer.concat([Buffer.from(`${JSON.stringify(lengths)}\n`), ...parts]);
}

/** @param {Buffer} bytes @returns {Map<string, Kept>} */
function unpack(bytes) {
  let at = bytes.indexOf('\n') + 1;
  /** @type {[string, string[], number, number][]} */
  const lengths = JSON.parse(bytes.toString('latin1', 0, at));
  const scripts = new Map();
  for (const [name, names, text, code] of lengths) {
    const middle = at + text;
    const end = middle + code;
    scripts.set(name, {
      names,
      text: bytes.toString('latin1', at, middle),
      code: code === 0 ? null : bytes.subarray(middle, end),
    });
    at = end;
  }
  return scripts;
}

/** @param {string} path @param {number} most bytes */
function readOwn(path, most) {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
  // Neither led elsewhere nor kept waiting by what is no file; and asked is what was opened, not what has the name then.
  const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const status = fs.fstatSync(fd);
    const { size } = status;
    if (!status.isFile() || !isOursAlone(status) || size <= HEAD || size > most) return null;
    const content = Buffer.allocUnsafeSlow(size);
    for (let done = 0; done < content.length; ) {
      const read = fs.readSync(fd, content, done, content.length - done, done);
      if (read === 0) return null;
      done += read;
    }
    return { status, content };
  } finally {
    fs.closeSync(fd);
  }
}

/** @param {string} parent @param {string} folder @param {string} path @param {Uint8Array} bytes */
function writeOwn(parent, folder, path, bytes) {
  // Of root with the home of another user, nothing is to be left there.
  const home = process.env['HOME'];
  const around = fs.existsSync(parent) || !home ? parent : home;
  if (!belongsToUs(fs.statSync(around))) return;
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isOursAlone(fs.lstatSync(folder))) return;
  const partial = `${path}.${process.pid}`;
  fs.writeFileSync(partial, bytes, { flag: 'wx', mode: 0o600 });
  fs.renameSync(partial, path);
  const age = (/** @type {string} */ name) => fs.statSync(join(folder, name)).mtimeMs;
  const names = fs.readdirSync(folder).filter((name) => name.includes(CODE) || name.includes(SEEN));
  const byAge = names.map((name) => ({ name, at: age(name) })).sort((a, b) => b.at - a.at);
  for (const { name } of byAge.slice(FILES)) fs.rmSync(join(folder, name), { force: true });
}

module.exports = { isShallow, kindOf, openCode };
