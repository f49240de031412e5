// Makes scripts of the modules in dist/, where none are kept. What esbuild writes is turned into one by its words: all imports
// stand first, the exports last.
const { readFileSync } = process.getBuiltinModule('node:fs');
const { join } = process.getBuiltinModule('node:path');
const { crc32 } = process.getBuiltinModule('node:zlib');

// Lines of dist/ are broken where they are long, between any two tokens.
const IMPORT = /^\s*import(?:\{([^}]*)\}from| ([\w$]+) from)?"([^"]+)";/;
const EXPORT = /export\{([^}]*)\};\n?$/;
const LATER = /\bimport\(\s*"([^"]+)"\s*\)/g;
const RENAMED = /([^,\s]+)\s+as\s+([^,\s]+)/g;
const OWN_URL = /\bimport\s*\.\s*meta\s*\.\s*url\b/g;

/** The host of the command is this machine. */
const MAPPED = new Map([['#host', './host.js']]);

/**
 * A module as a function of what it imports by and of what it exports to.
 *
 * @param {string} module
 * @returns {{ text: string, imports: string[], later: string[] }}
 */
function asFunction(module) {
  /** @type {string[]} */
  const imports = [];
  /** @type {string[]} */
  const later = [];
  let head = '';
  let at = 0;
  for (let found = IMPORT.exec(module); found !== null; found = IMPORT.exec(module.slice(at, at + 4096))) {
    const [all, names, whole, named = ''] = found;
    const from = MAPPED.get(named) ?? named;
    const into = names === undefined ? whole : `{${names.replace(RENAMED, '$1:$2')}}`;
    head += `${into === undefined ? '' : `const ${into}=`}$load("${from}");`;
    imports.push(from);
    at += all.length;
  }
  const body = module
    .slice(at)
    .replace(LATER, (_, from) => {
      later.push(from);
      return `$later("${from}")`;
    })
    .replace(OWN_URL, '$$url()')
    .replace(EXPORT, (_, names) => `Object.assign($exports,{${names.replace(RENAMED, '$2:$1')}});`);
  return { text: `function($load,$later,$exports,$url){"use strict";${head}${body}\n}`, imports, later };
}

/**
 * A module and all that it needs from the beginning, as one script: V8 takes one in less time than its parts.
 *
 * @param {string} folder of the modules
 * @param {Readonly<Record<string, number>>} sums of the modules
 * @param {string} first name of the module
 * @param {(name: string) => boolean} isThere whether another script has a module
 * @returns {{ names: string[], text: string }} a list of functions, and which modules they are
 * @throws Error where one is not as it was built
 */
function scriptOf(folder, sums, first, isThere) {
  /** @type {Map<string, string>} */
  const functions = new Map();
  const wanted = [first];
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    if (functions.has(name) || isThere(name)) continue;
    const path = join(folder, name);
    const bytes = readFileSync(path);
    if (crc32(bytes) !== sums[name]) throw new Error(`${path} is not what was built`);
    const { text, imports } = asFunction(bytes.toString('latin1'));
    functions.set(name, text);
    wanted.push(...imports.filter((from) => from.startsWith('./')).map((from) => from.slice('./'.length)));
  }
  return { names: [...functions.keys()], text: `[${[...functions.values()].join(',\n')}]` };
}

module.exports = { asFunction, scriptOf };
