import { describe, expect, it } from 'vitest';
import { type ByteSource, SourceError } from '../../src/source/source.ts';
import { reasonWords } from '../../src/words/reasons.ts';
import { pool as fixture } from '../tools/images.ts';
import { said } from './said.ts';
import { scanFixture } from './scanned.ts';

const SECTOR = 4096;
const LABEL = 256 * 1024;

/** A source of which one sector cannot be read. */
const failingAt =
  (bad: (size: number) => number) =>
  (source: ByteSource, index: number): ByteSource => {
    if (index > 0) return source;
    const at = bad(source.size);
    return {
      name: source.name,
      size: source.size,
      read: (offset, length, signal) =>
        offset < at + SECTOR && at < offset + length
          ? Promise.reject(new SourceError('EIO', 'input/output error', { source: source.name, offset: at, path: [] }))
          : source.read(offset, length, signal),
    };
  };
const inConfig = failingAt((size) => size - LABEL + 5 * SECTOR);
const inRing = failingAt((size) => size - LABEL + 37 * SECTOR);

// What zpool import answered for these pools behind a device-mapper target with one sector of errors.
describe('a sector that cannot be read', () => {
  it('in the config of one label hides a single device from zpool import', async () => {
    const { scan } = await scanFixture(fixture('trim-running'), 'mos', inConfig);
    const [judgement] = scan.judgements;
    for (const { prediction } of judgement?.candidates ?? []) {
      expect(prediction.verdict).toBe('damaged');
      expect(prediction.reasons.map((reason) => reasonWords(reason)).join()).toContain('passes the whole device over');
    }
    expect(judgement?.recommendation).toBeNull();
    const lost = judgement?.findings.find(({ code }) => code === 'label-lost');
    expect(lost?.severity).toBe('error');
    expect(said(lost)).toContain('ddrescue');
  });

  it('in the config of one label of a mirror leaves the other leg', async () => {
    const { scan } = await scanFixture(fixture('stale-leg'), 'meta', inConfig);
    const verdicts = scan.judgements[0]?.candidates.map(({ prediction }) => prediction.verdict);
    expect(verdicts).toContain('importable');
  });

  it('in a ring hides nothing', async () => {
    const { scan } = await scanFixture(fixture('trim-running'), 'meta', inRing);
    expect(scan.judgements[0]?.recommendation?.candidate.candidate.txg).toBe(43n);
  });
});
