import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '..', 'src');
const FLOOR = new Map(
  Object.entries({
    bytes: 0,
    format: 1,
    block: 2,
    source: 3,
    pool: 4,
    dataset: 5,
    traverse: 6,
    load: 7,
    locate: 8,
    rewind: 9,
    words: 10,
    document: 11,
    node: 11,
    text: 12,
    page: 13,
    browser: 15,
    api: 14,
    cli: 16,
  }),
);
const HOSTS = new Set(['node', 'api', 'cli', 'browser']);
/** The files that wrap a package. One package, one file. */
const WRAPPERS = new Map([
  ['block/gzip.ts', 'pako'],
  ['block/zstd.ts', 'zstddec'],
  ['block/zstdFrames.ts', 'zstd-codec'],
  ['block/blake3.ts', '@noble/hashes/blake3.js'],
]);

/** `import ... from 'x'` and `export ... from 'x'`, over several lines; `import 'x'` and `import('x')`. */
const IMPORT =
  /^(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]|(?:^import\s*|\bimport\s*\(\s*)['"]([^'"]+)['"]/gm;

function complaints(file: string, text: string): string[] {
  const own = file.split('/')[0] ?? '';
  const found: string[] = [];
  for (const [, from, bare] of text.matchAll(IMPORT)) {
    const target = from ?? bare ?? '';
    if (!target.startsWith('.')) {
      if (!HOSTS.has(own) && WRAPPERS.get(file) !== target) found.push(`${file} imports ${target}`);
      continue;
    }
    const other = join(file, '..', target).split(sep)[0] ?? '';
    const below = (FLOOR.get(other) ?? Number.POSITIVE_INFINITY) < (FLOOR.get(own) ?? Number.NEGATIVE_INFINITY);
    if (other !== own && !below) found.push(`${file} imports ${other}/, which is not below it`);
    else if (file.endsWith('.layout.ts') && other !== 'bytes') found.push(`${file} is a table and imports ${target}`);
  }
  return found;
}

/**
 * A circle of imports, from a file back to it; null where there is none. Imports of types and those made while the program
 * runs count: a reader has to know both files at once all the same.
 */
function circle(texts: ReadonlyMap<string, string>): string[] | null {
  const done = new Set<string>();
  const way: string[] = [];
  const from = (file: string): string[] | null => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    const text = texts.get(file);
    if (done.has(file) || text === undefined) return null;
    way.push(file);
    for (const [, named, bare] of text.matchAll(IMPORT)) {
      const found = from(
        join(file, '..', named ?? bare ?? '')
          .split(sep)
          .join('/'),
      );
      if (found !== null) return found;
    }
    way.pop();
    done.add(file);
    return null;
  };
  for (const file of texts.keys()) {
    const found = from(file);
    if (found !== null) return found;
  }
  return null;
}

const texts = new Map(
  readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [file.split(sep).join('/'), readFileSync(join(SRC, file), 'utf8')]),
);

describe('floors', () => {
  it('import downwards only, and no platform below the hosts', () => {
    const files = [...texts].filter(([file]) => file.includes('/'));
    expect(files).not.toEqual([]);
    expect(files.flatMap(([file, text]) => complaints(file, text))).toEqual([]);
  });

  it('have no circle of imports, within a floor either', () => {
    expect(circle(texts)).toBeNull();
  });

  it.each([
    ['types', "import type { B } from './b.ts';"],
    ['code', "export { b } from './b.ts';"],
    ['code that is loaded when it is needed', "const load = () => import('./b.ts');"],
  ])('would notice a circle through %s', (_, text) => {
    const files = { 'pool/a.ts': text, 'pool/b.ts': "import { c } from './c.ts';", 'pool/c.ts': "import './a.ts';" };
    expect(circle(new Map(Object.entries(files)))).toEqual(['pool/a.ts', 'pool/b.ts', 'pool/c.ts', 'pool/a.ts']);
  });

  it.each([
    ['format/x.ts', "import { read } from '../pool/read.ts';"],
    ['format/x.ts', "import fs from 'node:fs';"],
    ['pool/x.ts', "await import('yargs')"],
    ['format/x.layout.ts', "import { decode } from './blkptr.ts';"],
    ['node/x.ts', "export { text } from '../text/page.ts';"],
  ])('would notice in %s: %s', (file, text) => {
    expect(complaints(file, text)).toHaveLength(1);
  });
});
