// Builds dist/types: the types of what the package exports, and none of what only its own files import of each other.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const TYPES = join(ROOT, 'dist', 'types');

/** What package.json names, without the ending. */
const ENTRIES = ['index', 'parser'];

/** A declaration begins a line, behind its comment; what is within it is indented. */
const BEGIN = /^(?:export|import|declare|type|interface|\/\*\*)/;
const DECLARED = /^(?:export )?(?:declare )?(?:abstract )?(?:const|let|function|class|interface|type|enum) ([\w$]+)/;
const LINKED = /^(import|export) (?:type )?(?:\{([^}]*)\}|\*) from '([^']+)';/;
const INLINE = /\bimport\("([^"]+)"\)\.([\w$]+)/g;
/** Says that a file is a module where nothing else does. */
const MARK = 'export {};';

/**
 * @typedef {{ text: string, code: string, name: string | null, links: readonly Link[], isExport: boolean, all: string | null }} Statement
 *   `all`: the file of which every name is exported
 * @typedef {{ text: string, own: string, theirs: string, file: string | null }} Link a name here, and its name in a file; null for a package
 */

/** @param {string} text @returns {string} it without its comments */
const codeOf = (text) => text.replace(/\/\*[\s\S]*?\*\//g, '').trim();

/** @param {string} text of a file @returns {string[]} its statements, each with the comment before it */
function statementsOf(text) {
  /** @type {string[]} */
  const statements = [];
  let statement = '';
  for (const line of text.trimEnd().split('\n')) {
    // A comment may also stand within a union.
    if (BEGIN.test(line) && /[;}]$/.test(codeOf(statement))) {
      statements.push(statement);
      statement = '';
    }
    statement += `${line}\n`;
  }
  return [...statements, statement];
}

/** @param {string} file @param {string} from @returns {string | null} the file that it imports; null for a package */
const fileOf = (file, from) => (from.startsWith('.') ? join(dirname(file), from.replace(/\.ts$/, '.d.ts')) : null);

/** @param {string} file @returns {Statement[]} */
function parse(file) {
  return statementsOf(readFileSync(file, 'utf8')).map((text) => {
    const code = codeOf(text);
    const [linked, kind, names, from = ''] = LINKED.exec(code) ?? [];
    const links = (names ?? '')
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '')
      .map((each) => {
        const [theirs = '', own = theirs] = each.replace(/^type /, '').split(' as ');
        return { text: each, own, theirs, file: fileOf(file, from) };
      });
    const all = linked !== undefined && names === undefined ? fileOf(file, from) : null;
    return { text, code, name: DECLARED.exec(code)?.[1] ?? null, links, isExport: kind === 'export', all };
  });
}

/** Leaves in dist/types what the entries lead to, by name. */
function shake() {
  /** @type {Map<string, Statement[]>} */
  const files = new Map();
  /** @type {Map<Statement, Set<Link>>} kept, and what of its names is */
  const kept = new Map();

  /** @param {string} file */
  const statementsIn = (file) => {
    const known = files.get(file) ?? parse(file);
    files.set(file, known);
    return known;
  };
  /** @param {Statement} statement @param {Link} link */
  const follow = (statement, link) => {
    const links = kept.get(statement) ?? new Set();
    kept.set(statement, links);
    if (links.has(link)) return;
    links.add(link);
    if (link.file !== null) need(link.file, link.theirs);
  };
  /** @param {string} file @param {Statement} statement */
  const keep = (file, statement) => {
    if (kept.has(statement)) return;
    kept.set(statement, new Set());
    for (const word of new Set(statement.code.match(/[\w$]+/g))) need(file, word);
    for (const [, from = '', name = ''] of statement.code.matchAll(INLINE)) need(fileOf(file, from) ?? '', name);
  };
  /** @param {string} file @param {string} name that is declared there, or comes from elsewhere */
  const need = (file, name) => {
    for (const statement of statementsIn(file)) {
      if (statement.name === name) keep(file, statement);
      for (const link of statement.links) if (link.own === name) follow(statement, link);
    }
  };

  /** @param {string} file all that it exports */
  const needAll = (file) => {
    for (const statement of statementsIn(file)) {
      if (statement.name !== null && statement.code.startsWith('export')) keep(file, statement);
      if (statement.isExport) for (const link of statement.links) follow(statement, link);
      if (statement.all === null) continue;
      kept.set(statement, new Set());
      needAll(statement.all);
    }
  };
  for (const entry of ENTRIES) needAll(join(TYPES, `${entry}.d.ts`));
  for (const entry of readdirSync(TYPES, { withFileTypes: true, recursive: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile()) continue;
    const statements = (files.get(file) ?? []).filter((each) => kept.has(each) || each.code === MARK);
    if (statements.every(({ code }) => code === MARK)) rmSync(file);
    else writeFileSync(file, tabbed(statements.map((each) => textOf(each, kept.get(each))).join('')));
  }
}

/** @param {Statement} statement @param {ReadonlySet<Link>} [needed] of its links */
function textOf({ text, links }, needed = new Set()) {
  if (links.length === 0) return text;
  const names = links.filter((each) => needed.has(each)).map((each) => each.text);
  return text.replace(/\{[^}]*\}/, () => `{ ${names.join(', ')} }`);
}

/** @param {string} text indented by spaces, as tsc does it @returns {string} it in fewer bytes */
const tabbed = (text) => text.replace(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4));

export function buildTypes() {
  const { status } = spawnSync(join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', 'src/tsconfig.types.json'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`tsc ends with status ${status}`);
  shake();
}
