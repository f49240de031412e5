import { expect, it } from 'vitest';
import { buildVerifyDocument, type VerifyFacts } from '../../src/document/verifyDocument.ts';
import type { ViewHead } from '../../src/document/viewHead.ts';
import { NO_COMMANDS } from '../../src/rewind/commands.ts';
import type { Examination } from '../../src/rewind/examine.ts';

const NOTHING = { commands: NO_COMMANDS, toImport: [], located: [], counted: null, stopped: false };

/** The findings of an examination of which nothing but its bounds is known. */
function findings(spent: Examination['spent']) {
  const examination = { prediction: { verdict: 'importable', reasons: [], hazards: [] }, steps: [], spent };
  const facts = { ...NOTHING, depth: 'meta', examination } as unknown as VerifyFacts;
  return buildVerifyDocument({} as ViewHead, facts).findings;
}

it('tells of bounds of what is remembered that were reached, and of nothing where none was', () => {
  expect(findings([])).toEqual([]);
  expect(findings([{ what: 'fail', most: 100_000 }])).toMatchObject([{ code: 'memory-bound', severity: 'info' }]);
});
