import { expect, it } from 'vitest';
import type { Evidence } from '../../src/rewind/findings/finding.ts';
import { memoryBound } from '../../src/rewind/findings/memoryBound.ts';
import type { SpentBound } from '../../src/traverse/spentBound.ts';
import { said } from './said.ts';

const found = (spent: readonly SpentBound[]) => memoryBound({ spent } as unknown as Evidence);

it('says nothing where no bound was reached', () => {
  expect(found([])).toEqual([]);
});

it('tells each bound once, whoever reached it', () => {
  const blocks = { what: 'blocks', most: 6_000_000 } as const;
  const [finding] = found([blocks, blocks, { what: 'answers', most: 262_144 }]);
  expect(finding?.severity).toBe('info');
  expect(said(finding)).toContain('6000000 sound blocks, 262144 answers about datasets and directories');
  expect(said(finding)).not.toContain('one by one');
});

it('says of failures beyond those that are kept that they are counted only', () => {
  const [finding] = found([{ what: 'particulars', most: 10_000 }]);
  expect(said(finding)).toContain('counted and not told of one by one');
});
