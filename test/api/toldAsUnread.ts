import { expect } from 'vitest';
import type { CandidateEntry } from '../../src/document/candidate.types.ts';
import type { PoolEntry } from '../../src/document/pool.types.ts';
import type { ScanDocument } from '../../src/document/scanDocument.ts';

/** Findings that give something else than failed reads as the cause. */
const BLAMES = ['uberblock-ahead-of-metadata', 'metadata-damaged', 'ring-lost', 'device-truncated'];

export const onlyPool = ({ pools }: ScanDocument): PoolEntry => {
  const [pool] = pools;
  if (pool === undefined || pools.length > 1) throw new Error(`${pools.length} pools`);
  return pool;
};
export const codes = ({ findings }: PoolEntry): string[] => findings.map(({ code }) => code);
export const txgs = ({ candidates }: PoolEntry): string[] => candidates.map(({ txg }) => txg).sort();
export const blamed = (pool: PoolEntry): string[] => codes(pool).filter((code) => BLAMES.includes(code));

/** Another verdict than before is one for a failed read, in its own words. */
export function expectSameOrUnread(now: CandidateEntry, before: CandidateEntry | undefined, code = 'EIO'): void {
  if (now.verdict === before?.verdict) return;
  expect(now.because).toBe('failed-read');
  const [reason] = now.reasons;
  expect(reason).not.toMatch(/checksum on every copy|makes no sense/);
  expect(reason).toMatch(/cannot be read|cannot read|does not open/);
  expect(now.failedReads?.map((each) => each.code)).toContain(code);
}
