// What V8 made of the program, kept from one run to the next: compiling takes longer than to read a disk's labels.
//
// V8 believes such code: whoever can write it can run what he likes as the user who starts the program, and one wrong
// byte crashes the process. So it lies in a folder of the user's own, a file that is not the user's is not opened, and
// what was read is compared with its sum. V8 itself refuses the code of another version, processor or set of flags.
const fs = process.getBuiltinModule('node:fs');
const { isAbsolute, join } = process.getBuiltinModule('node:path');
const { crc32 } = process.getBuiltinModule('node:zlib');

/** Of one program and one Node there are some; older ones go first. */
const FILES = 32;
/** A sum stands before the code. */
const HEAD = 4;
/** Far more than all of the program's code. */
const MOST = 64 * 1024 * 1024;
const ENDING = '.code';

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
  const isShallow = ['labels', 'ring'].includes(command) || /--depth[ =]labels\b/.test(args.join(' '));
  return isShallow ? 'labels' : 'pool';
}

/**
 * @param {string} sums of the program's modules
 * @param {string} kind of the command line
 * @returns {{ read: () => Map<string, Kept> | null, write: (modules: Map<string, Kept>) => void } | null} null where
 *   nothing is to be kept. Neither fails: what cannot be read or written is made again.
 */
function openCode(sums, kind) {
  const parent = cacheFolder();
  // The variable that turns Node's own off.
  if (parent === null || process.env['NODE_DISABLE_COMPILE_CACHE']) return null;
  const folder = join(parent, 'zfs-uber');
  const { arch, version, execArgv, env } = process;
  const engine = crc32(JSON.stringify([version, arch, process.versions.v8, execArgv, env['NODE_OPTIONS']]));
  const path = join(folder, `${[crc32(sums), engine].map((sum) => sum.toString(16)).join('-')}-${kind}${ENDING}`);
  return {
    read() {
      try {
        const bytes = readOwn(path);
        return bytes && unpack(bytes);
      } catch {
        return null;
      }
    },
    write(modules) {
      try {
        writeOwn(parent, folder, path, pack(modules));
      } catch {
        // A home that is read-only, full, or nobody's.
      }
    },
  };
}

/** @typedef {import('./modules.cjs').Kept} Kept */

/** Lengths first, a line of JSON; then of each module the text and the code. @param {Map<string, Kept>} modules */
function pack(modules) {
  const parts = [...modules].flatMap(([, { text, code }]) => [Buffer.from(text, 'latin1'), code ?? Buffer.alloc(0)]);
  const lengths = [...modules].map(([name, { text, code }]) => [name, text.length, code?.length ?? 0]);
  return Buffer.concat([Buffer.from(`${JSON.stringify(lengths)}\n`), ...parts]);
}

/** @param {Buffer} bytes @returns {Map<string, Kept>} */
function unpack(bytes) {
  let at = bytes.indexOf('\n') + 1;
  /** @type {[string, number, number][]} */
  const lengths = JSON.parse(bytes.toString('latin1', 0, at));
  const modules = new Map();
  for (const [name, text, code] of lengths) {
    const middle = at + text;
    const end = middle + code;
    modules.set(name, {
      text: bytes.toString('latin1', at, middle),
      code: code === 0 ? null : bytes.subarray(middle, end),
    });
    at = end;
  }
  return modules;
}

/** @param {string} path */
function readOwn(path) {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
  // Neither led elsewhere nor kept waiting by what is no file; and asked is what was opened, not what has the name then.
  const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const status = fs.fstatSync(fd);
    if (!status.isFile() || !isOursAlone(status) || status.size <= HEAD || status.size > MOST) return null;
    const bytes = fs.readFileSync(fd);
    const code = bytes.subarray(HEAD);
    return bytes.readUInt32LE() === crc32(code) ? code : null;
  } finally {
    fs.closeSync(fd);
  }
}

/** @param {string} parent @param {string} folder @param {string} path @param {Buffer} code */
function writeOwn(parent, folder, path, code) {
  // Of root with the home of another user, nothing is to be left there.
  const home = process.env['HOME'];
  const around = fs.existsSync(parent) || !home ? parent : home;
  if (!belongsToUs(fs.statSync(around))) return;
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isOursAlone(fs.lstatSync(folder))) return;
  const head = Buffer.alloc(HEAD);
  head.writeUInt32LE(crc32(code));
  const partial = `${path}.${process.pid}`;
  fs.writeFileSync(partial, Buffer.concat([head, code]), { flag: 'wx', mode: 0o600 });
  fs.renameSync(partial, path);
  const age = (/** @type {string} */ name) => fs.statSync(join(folder, name)).mtimeMs;
  const names = fs.readdirSync(folder).filter((name) => name.includes(ENDING));
  const byAge = names.map((name) => ({ name, at: age(name) })).sort((a, b) => b.at - a.at);
  for (const { name } of byAge.slice(FILES)) fs.rmSync(join(folder, name), { force: true });
}

module.exports = { kindOf, openCode };
