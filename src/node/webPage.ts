import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UnsupportedError } from '../bytes/errors.ts';

/** The page that scans in a browser. An executable has another one in itself (bin/executable.js). */
export interface WebPage {
  readonly html: string;
  /** Text of what it loads, by a path from `modules/`; null where there is no such module. */
  module(path: string): string | null;
}

/** The modules of the program, or where building puts them beside src/. */
const FOLDERS = ['.', '../../dist'];

/** Stands for Node's modules where there are none. */
const NODE = './webNode.js';
/** What the host needs of Node stands in `NODE`. */
const HOST = './host.js';

/** Modules of packages, and of their files the one that is a module. */
const PACKAGES: Readonly<Record<string, string>> = {
  pako: 'pako.mjs',
  zstddec: 'zstddec.mjs',
  '@noble/hashes/blake3.js': 'blake3.js',
  '@noble/hashes/sha2.js': 'sha2.js',
};

/**
 * The page as files: what it does is done by the modules that this program itself has, so that they are not there twice.
 *
 * @throws UnsupportedError where they are not beside the program
 */
export function webPage(): WebPage {
  for (const each of FOLDERS) {
    try {
      const folder = fileURLToPath(new URL(each, import.meta.url));
      const html = readFileSync(join(folder, 'web', 'served.html'), 'utf8');
      const names = new Set(Object.keys(JSON.parse(readFileSync(join(folder, 'modules.json'), 'utf8')).sums));
      return { html, module: (path) => moduleIn(folder, names, path) };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  throw new UnsupportedError('the page is not beside this program: dist/web/served.html of the package', null);
}

function moduleIn(folder: string, names: ReadonlySet<string>, path: string): string | null {
  if (names.has(path)) return forBrowser(readFileSync(join(folder, path), 'utf8'));
  const found = Object.entries(PACKAGES).find(([name]) => path.startsWith(`${folderOf(name)}/`));
  const file = found && path.slice(folderOf(found[0]).length + 1);
  if (found === undefined || file === undefined || !/^\w+\.m?js$/.test(file)) return null;
  // A module imports others of its folder.
  return readFileSync(join(dirname(createRequire(import.meta.url).resolve(found[0])), file), 'utf8');
}

/** `@noble/hashes/blake3.js` lies in `@noble/hashes`. */
const folderOf = (name: string): string => name.replace(/\/\w+\.js$/, '');

/**
 * A module of dist/ as browsers load it, which find nothing by the name of a package. What is imported of Node becomes what
 * `NODE` has by that name: nothing where nobody calls it. A line may end between any two words.
 */
function forBrowser(module: string): string {
  const [head = ''] = /^(?:\s*import(?:\s*\{[^}]*\}\s*from|\s+[\w$]+\s+from)?\s*"[^"]+"\s*;)*/.exec(module) ?? [];
  const imports = head
    .replace(
      /import(\s*\{[^}]*\}\s*|\s+[\w$]+\s+)from\s*"node:[^"]+"\s*;/g,
      (_, names: string) => `const${names.replace(/([^\s{,]+)\s+as\s+/g, '$1:')}=$node;`,
    )
    .replace(/"([#@\w][^"]*)"/g, (_, name: string) => `"${addressOf(name)}"`);
  const body = module
    .slice(head.length)
    .replace(/(\bimport\s*\(\s*")([@\w][^"]*)/g, (_, before: string, name: string) => before + addressOf(name));
  return `${imports.includes('=$node;') ? `import*as $node from"${NODE}";` : ''}${imports}${body}`;
}

function addressOf(name: string): string {
  if (name === '#host') return HOST;
  if (name.startsWith('node:')) return NODE;
  const file = PACKAGES[name];
  return file === undefined ? name : `./${folderOf(name)}/${file}`;
}
