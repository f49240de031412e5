/** One small change of a source file. */
export interface Mutant {
  /** From 1. */
  readonly line: number;
  /** `<= becomes <`. */
  readonly what: string;
  /** The whole file with it. */
  readonly code: string;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly into: string;
  readonly what: string;
}

/** Operators stand between spaces here; type arguments do not. */
const SWAPS: Readonly<Record<string, string>> = {
  '===': '!==',
  '!==': '===',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '&&': '||',
  '||': '&&',
  '??': '&&',
  '+': '-',
  '-': '+',
};

/**
 * All small changes of a file: a comparison or connective turned, a negation or condition dropped, a constant changed, a
 * statement removed, two lines of a list swapped. By its text: what is formatted by the formatter needs no parser.
 */
export function* mutantsOf(code: string): Generator<Mutant> {
  const bare = blanked(code);
  const edits = [...operators(bare), ...negations(bare), ...conditions(bare), ...constants(code, bare), ...lines(bare)];
  for (const { start, end, into, what } of edits.sort((a, b) => a.start - b.start || a.end - b.end)) {
    yield {
      line: code.slice(0, start).split('\n').length,
      what,
      code: code.slice(0, start) + into + code.slice(end),
    };
  }
}

/** The code with comments, strings and what only the compiler reads blanked out; nothing moves. */
function blanked(code: string): string {
  const blank = (text: string): string => text.replace(/[^\n]/g, ' ');
  return code
    .replace(/\/\*[\s\S]*?\*\//g, blank)
    .replace(/(^|\s)\/\/.*$/gm, blank)
    .replace(/^(import|export) (type )?\{[^}]*\} from .*$/gm, blank)
    .replace(/^import .*$/gm, blank)
    .replace(/^(export )?interface [\s\S]*?^\}/gm, blank)
    .replace(/^(export )?type [\s\S]*?;$(?!\n )/gm, blank)
    .replace(/\b(Pick|Omit|Record|Required|Extract|Exclude|Parameters)<[^<>]*>/g, blank)
    .replace(/\b[A-Z]\w*(\['\w+'\])+/g, blank)
    .replace(/'(?:[^'\\\n]|\\.)*'/g, (text) => `'${blank(text.slice(1, -1))}'`);
}

function* operators(bare: string): Generator<Edit> {
  for (const { 0: found, index } of bare.matchAll(/(?<= )(===|!==|<=|>=|<|>|&&|\|\||\?\?|\+|-)(?=[ \n])/g)) {
    const into = SWAPS[found];
    if (into !== undefined) yield { start: index, end: index + found.length, into, what: `${found} becomes ${into}` };
  }
}

function* negations(bare: string): Generator<Edit> {
  for (const { index } of bare.matchAll(/(?<=[( ])!(?=[a-zA-Z(])/g)) {
    yield { start: index, end: index + 1, into: '', what: '! dropped' };
  }
}

/** `if (…)` taken for true and for false. */
function* conditions(bare: string): Generator<Edit> {
  for (const { index } of bare.matchAll(/\bif \(/g)) {
    const start = index + 4;
    let depth = 1;
    let end = start;
    for (; depth > 0 && end < bare.length; end++) depth += bare[end] === '(' ? 1 : bare[end] === ')' ? -1 : 0;
    for (const into of ['true', 'false']) yield { start, end: end - 1, into, what: `if (…) becomes if (${into})` };
  }
}

function* constants(code: string, bare: string): Generator<Edit> {
  for (const { 0: found, index } of bare.matchAll(/(?<=[[( -])\d+n?(?=[\s;,)\]])/g)) {
    const into = found.endsWith('n') ? `${BigInt(found.slice(0, -1)) + 1n}n` : `${Number(found) + 1}`;
    yield { start: index, end: index + found.length, into, what: `${found} becomes ${into}` };
  }
  for (const { 0: found, index } of bare.matchAll(/\b(true|false)\b/g)) {
    const into = found === 'true' ? 'false' : 'true';
    yield { start: index, end: index + found.length, into, what: `${found} becomes ${into}` };
  }
  for (const { 0: found, index } of bare.matchAll(/'[^'\n]*'/g)) {
    const text = code.slice(index, index + found.length);
    yield { start: index, end: index + found.length, into: `'mutant'`, what: `${text} becomes 'mutant'` };
  }
}

/** Statements of one line removed; lines of a list swapped with the next. */
function* lines(bare: string): Generator<Edit> {
  const all = [...bare.matchAll(/^.*$/gm)].map(({ 0: text, index }) => ({
    text,
    start: index,
    end: index + text.length,
  }));
  for (const [i, { text, start, end }] of all.entries()) {
    if (/^\s+(?!const |let |return;?$|\}|readonly |case |default)[a-zA-Z.#?]+[^{]*;$/.test(text) && isWhole(text)) {
      yield { start, end, into: '', what: `${text.trim()} removed` };
    }
    const next = all[i + 1];
    const isItem = (line: string): boolean => /^\s+([A-Z][A-Z_]+|\.\.\.[a-zA-Z.(){}, ]+|\{.*\}),$/.test(line);
    if (next !== undefined && isItem(text) && isItem(next.text)) {
      yield { start, end: next.end, into: `${next.text}\n${text}`, what: `${text.trim()} and the next swapped` };
    }
  }
}

const isWhole = (text: string): boolean => (text.match(/[([]/g)?.length ?? 0) === (text.match(/[)\]]/g)?.length ?? 0);
