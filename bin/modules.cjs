// The modules of dist/ as scripts: V8 keeps the code of a script from one run to the next, and of a module it does not where
// Node 20 makes it.
const { join } = process.getBuiltinModule('node:path');
const { pathToFileURL } = process.getBuiltinModule('node:url');
const { Script } = process.getBuiltinModule('node:vm');

/** Code that is worth being written again, by the length of what there is. */
const MORE = 1.02;

/** A list of functions, and which modules they are. @typedef {{ names: string[], text: string, code: Buffer | null }} Kept */

/**
 * @param {string} folder of the modules
 * @param {Readonly<Record<string, number>>} sums of the modules
 * @param {ReadonlyMap<string, Kept>} kept scripts of earlier runs, by the module that they were made for
 * @param {(error: unknown) => never} giveUp called where a module is not as it was built, now or while the program runs
 */
function openModules(folder, sums, kept, giveUp) {
  /** @type {Map<string, Function>} */
  const functions = new Map();
  /** @type {Map<string, object>} */
  const loaded = new Map();
  /** @type {Map<string, { names: string[], text: string, script: import('node:vm').Script }>} */
  const scripts = new Map();
  let isNew = false;

  /** @param {string} name of a module @returns {Function} */
  function functionOf(name) {
    const known = functions.get(name);
    if (known !== undefined) return known;
    const before = kept.get(name);
    const { names, text } = before ?? newScript(name);
    const filename = join(folder, name);
    const script = new Script(text, { filename, ...(before?.code && { cachedData: before.code }) });
    isNew ||= !before?.code || script.cachedDataRejected === true;
    scripts.set(name, { names, text, script });
    const made = script.runInThisContext();
    for (const [i, each] of names.entries()) if (!functions.has(each)) functions.set(each, made[i]);
    return /** @type {Function} */ (functions.get(name));
  }

  /** @param {string} name */
  function newScript(name) {
    try {
      return require('./scripts.cjs').scriptOf(folder, sums, name, (each) => functions.has(each));
    } catch (error) {
      return giveUp(error);
    }
  }

  /** @param {string} from @returns {object} */
  function load(from) {
    if (from.startsWith('node:')) return /** @type {object} */ (process.getBuiltinModule(from));
    // Packages are resolved as from the modules.
    if (!from.startsWith('./')) return require(from);
    const name = from.slice('./'.length);
    const known = loaded.get(name);
    if (known !== undefined) return known;
    const exports = {};
    const run = functionOf(name);
    loaded.set(name, exports);
    run(load, later, exports, () => pathToFileURL(join(folder, name)).href);
    return exports;
  }

  /** @param {string} from */
  const later = async (from) => load(from);

  return {
    load,
    /**
     * What was kept, with all that was run.
     *
     * @param {boolean} isPatient looks whether functions were compiled that no code was kept of, which takes some time
     * @returns {Map<string, Kept> | null} null where nothing is new
     */
    toKeep(isPatient) {
      if (!isNew && !isPatient) return null;
      const all = new Map(kept);
      for (const [name, { names, text, script }] of scripts) {
        const code = script.createCachedData();
        isNew ||= code.length > (kept.get(name)?.code?.length ?? 0) * MORE;
        all.set(name, { names, text, code });
      }
      return isNew ? all : null;
    },
  };
}

module.exports = { openModules };
