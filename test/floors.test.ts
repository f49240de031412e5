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
    api: 13,
    cli: 14,
  }),
);
const HOSTS = new Set(['node', 'api', 'cli']);
/** The files that wrap a package. One package, one file. */
const WRAPPERS = new Map([
  ['block/gzip.ts', 'pako'],
  ['block/zstd.ts', 'zstddec'],
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

describe('floors', () => {
  it('import downwards only, and no platform below the hosts', () => {
    const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
      .map((file) => file.split(sep).join('/'))
      .filter((file) => file.endsWith('.ts') && file.includes('/'));
    expect(files).not.toEqual([]);
    expect(files.flatMap((file) => complaints(file, readFileSync(join(SRC, file), 'utf8')))).toEqual([]);
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
