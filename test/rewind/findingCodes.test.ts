import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const SOURCES = join(ROOT, 'src', 'rewind');

/** Codes in the first column of the table. */
function documented(): string[] {
  const rows = readFileSync(join(ROOT, 'docs', 'findings.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  return rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([a-z-]+)`/g)].flatMap(([, code]) => code ?? []),
  );
}

/** Every text that stands where a finding has its code, also one of several that a condition chooses from. */
function produced(): string[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const texts = files.map((file) => readFileSync(join(SOURCES, file), 'utf8'));
  const places = texts.flatMap((text) =>
    [...text.matchAll(/\b(?:code:|code =|finding\()([^,;}]*)/g)].flatMap(([, place]) => place ?? []),
  );
  return places.flatMap((place) => [...place.matchAll(/'([a-z]+(?:-[a-z]+)*)'/g)].flatMap(([, code]) => code ?? []));
}

const unique = (codes: readonly string[]): string[] => [...new Set(codes)].sort();

describe('docs/findings.md', () => {
  it('has a row for every code that a finding can have, and for no other', () => {
    const codes = unique(produced());
    expect(codes.length).toBeGreaterThan(30);
    expect(unique(documented())).toEqual(codes);
  });
});
