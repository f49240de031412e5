import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FINDING_CODES } from '../../src/rewind/findings/codes.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Codes in the first column of the table, with the severities in the second. A code may have several rows. */
function documented(): Map<string, Set<string>> {
  const rows = readFileSync(join(ROOT, 'docs', 'findings.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const codes = new Map<string, Set<string>>();
  for (const row of rows) {
    const [, first = '', second = ''] = row.split('|');
    for (const [, code = ''] of first.matchAll(/`([a-z-]+)`/g)) {
      const known = codes.get(code) ?? new Set();
      for (const severity of second.split(',')) known.add(severity.trim());
      codes.set(code, known);
    }
  }
  return codes;
}

const sorted = (codes: Iterable<readonly [string, Iterable<string>]>): [string, string[]][] =>
  [...codes].map(([code, severities]): [string, string[]] => [code, [...severities].sort()]).sort();

describe('docs/findings.md', () => {
  it('has a row for every code that a finding can have, with its severities, and for no other', () => {
    expect(sorted(documented())).toEqual(sorted(Object.entries(FINDING_CODES)));
  });
});
