// The modules of dist/ as scripts: V8 keeps the code of a script from one run to the next, and of a module it does not where
// Node 20 makes it. What esbuild writes is turned into a script by its words: all imports stand first, the exports last.
const { readFileSync } = process.getBuiltinModule('node:fs');
const { join } = process.getBuiltinModule('node:path');
const { pathToFileURL } = process.getBuiltinModule('node:url');
const { Script } = process.getBuiltinModule('node:vm');
const { crc32 } = process.getBuiltinModule('node:zlib');

// Lines of dist/ are broken where they are long, between any two tokens.
const IMPORT = /^\s*import(?:\{([^}]*)\}from| ([\w$]+) from)?"([^"]+)";/;
const EXPORT = /export\{([^}]*)\};\n?$/;
const LATER = /\bimport\(\s*"([^"]+)"\s*\)/g;
const RENAMED = /([^,\s]+)\s+as\s+([^,\s]+)/g;
const OWN_URL = /\bimport\s*\.\s*meta\s*\.\s*url\b/g;

/**
 * A module as a function of what it imports by and of what it exports to.
 *
 * @param {string} module
 * @returns {{ text: string, imports: string[] }}
 */
function asScript(module) {
  const imports = [];
  let head = '';
  let at = 0;
  for (let found = IMPORT.exec(module); found !== null; found = IMPORT.exec(module.slice(at, at + 4096))) {
    const [all, names, whole, from = ''] = found;
    const into = names === undefined ? whole : `{${names.replace(RENAMED, '$1:$2')}}`;
    head += `${into === undefined ? '' : `const ${into}=`}$load("${from}");`;
    imports.push(from);
    at += all.length;
  }
  const body = module
    .slice(at)
    .replace(LATER, (_, from) => {
      imports.push(from);
      return `$later("${from}")`;
    })
    .replace(OWN_URL, '$$url()')
    .replace(EXPORT, (_, names) => `Object.assign($exports,{${names.replace(RENAMED, '$2:$1')}});`);
  return { text: `(function($load,$later,$exports,$url){"use strict";${head}${body}\n})`, imports };
}

/** The host of the command is this machine. */
const MAPPED = new Map([['#host', './host.js']]);

/** @typedef {{ text: string, code: Buffer | null }} Kept */

/**
 * @param {string} folder of the modules
 * @param {Readonly<Record<string, number>>} sums of the modules
 * @param {ReadonlyMap<string, Kept>} kept of earlier runs, by name
 * @param {(error: unknown) => never} giveUp called where a module is not as it was built, now or while the program runs
 */
function openModules(folder, sums, kept, giveUp) {
  /** @type {Map<string, { text: string, script: import('node:vm').Script, exports: object }>} */
  const loaded = new Map();
  let isNew = false;

  /** @param {string} name */
  function textOf(name) {
    try {
      const path = join(folder, name);
      const bytes = readFileSync(path);
      if (crc32(bytes) !== sums[name]) throw new Error(`${path} is not what was built`);
      return asScript(bytes.toString('latin1')).text;
    } catch (error) {
      return giveUp(error);
    }
  }

  /** @param {string} from @returns {object} */
  function load(from) {
    if (from.startsWith('node:')) return /** @type {object} */ (process.getBuiltinModule(from));
    const path = MAPPED.get(from) ?? from;
    // Packages are resolved as from the modules.
    if (!path.startsWith('./')) return require(from);
    const name = path.slice(2);
    const known = loaded.get(name);
    if (known !== undefined) return known.exports;
    const before = kept.get(name);
    const text = before?.text ?? textOf(name);
    const filename = join(folder, name);
    const script = new Script(text, { filename, ...(before?.code && { cachedData: before.code }) });
    isNew ||= !before?.code || script.cachedDataRejected === true;
    const exports = {};
    loaded.set(name, { text, script, exports });
    script.runInThisContext()(load, later, exports, () => pathToFileURL(filename).href);
    return exports;
  }

  /** @param {string} from */
  const later = async (from) => load(from);

  return {
    load,
    /** @returns {Map<string, Kept> | null} null where nothing is new */
    toKeep() {
      if (!isNew) return null;
      const all = new Map(kept);
      for (const [name, { text, script }] of loaded) all.set(name, { text, code: script.createCachedData() });
      return all;
    },
  };
}

module.exports = { asScript, openModules };
