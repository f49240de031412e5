import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/bytes/errors.ts';
import { documentParts } from '../../src/document/jsonParts.ts';
import { readScanDocument, type Schema } from '../../src/document/readScanDocument.ts';
import { reportPage } from '../../src/page/reportPage.ts';
import { documents } from './arbitraryDocument.ts';
import { lyingMirror } from './sampleDocuments.ts';

const SCHEMA: Schema = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'schema', 'scan.json'), 'utf8'));
const read = (text: string) => readScanDocument(text, SCHEMA, 'report.json');
const changed = (change: (document: Record<string, unknown>) => void): string => {
  const document = JSON.parse(JSON.stringify(lyingMirror()));
  change(document);
  return JSON.stringify(document);
};

describe('readScanDocument', () => {
  it('takes what scan --json prints', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const printed = [...documentParts(document)].join('');
        expect(read(printed)).toEqual(JSON.parse(printed));
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['other text', 'zfs-uber scan', 'expected JSON, found other text'],
    ['another document', changed((d) => Object.assign(d, { schema: 'zfs-uber/ring/1' })), "found 'zfs-uber/ring/1'"],
    ['a lacking field', changed((d) => delete d['pools']), 'expected a field pools, found none'],
    ['a field of another type', changed((d) => Object.assign(d, { sources: {} })), 'sources: '],
    ['a list', '[]', 'expected object, found a list'],
    ['nothing', '', 'expected JSON'],
    ['too deep a tree', '['.repeat(100_000), 'expected JSON'],
  ])('refuses %s and says where', (_, text, said) => {
    expect(() => read(text)).toThrow(FormatError);
    expect(() => read(text)).toThrow(said);
  });

  it('refuses a txg that is no number', () => {
    const text = JSON.stringify(lyingMirror()).replaceAll('"txg":"114"', '"txg":"<b>"');
    expect(() => read(text)).toThrow("expected a txg, found '<b>'");
  });

  it('lets nothing through that a page cannot be made of', () => {
    const values = fc.oneof(
      fc.string(),
      fc.double(),
      fc.constantFrom(null, true, [], {}, '1e9', -1, '99999999999999999999'),
    );
    fc.assert(
      fc.property(fc.nat(), values, (which, value) => {
        let at = 0;
        const text = JSON.stringify(lyingMirror(), (key, each) =>
          key !== '' && typeof each !== 'object' && at++ === which % 900 ? value : each,
        );
        let document: ReturnType<typeof read>;
        try {
          document = read(text);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
          return;
        }
        const choice = { pool: null, commandLine: null, scannedAt: null, pageAt: 0, told: [] };
        expect(reportPage(document, { style: '', script: '' }, choice)).toContain('<!doctype html>');
      }),
      { numRuns: 300 },
    );
  });
});
