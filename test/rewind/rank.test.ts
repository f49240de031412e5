import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asTxg } from '../../src/bytes/units.ts';
import { collectCandidates } from '../../src/load/candidates.ts';
import type { Verdict } from '../../src/load/predict.ts';
import { NOT_CHECKED } from '../../src/load/rootCheck.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import type { Choice } from '../../src/rewind/choice.ts';
import type { Judged } from '../../src/rewind/judge.ts';
import { choose, rank } from '../../src/rewind/rank.ts';
import { choiceText } from '../../src/words/choices.ts';
import { device, vdev } from '../pool/surveys.ts';

const said = (choice: Choice | null): string => (choice === null ? '' : choiceText(choice.why));

/** One candidate for each verdict, the first the newest: txg 100, 99, ... */
function judgedAs(verdicts: readonly Verdict[]): Judged[] {
  const uberblocks = verdicts.map((_, i) => ({ txg: BigInt(100 - i) }));
  const [pool] = assemblePools([device({ name: 'd', tree: vdev(5n), uberblocks })]).pools;
  if (pool === undefined) throw new Error('no pool');
  return collectCandidates(pool).map((candidate, i) => ({
    candidate,
    devices: pool.devices,
    root: { ...NOT_CHECKED, state: 'reads' },
    prediction: { verdict: verdicts[i] ?? 'unverified', reasons: [], failsAt: null, hazards: [] },
    logMissing: null,
    counts: null,
    metaslabs: false,
    clones: false,
  }));
}

/** The same, and the checkpoint that txg 100 keeps. */
function withCheckpoint(verdicts: readonly Verdict[], txg: bigint, verdict: Verdict): Judged[] {
  const judged = judgedAs(verdicts);
  const [first] = judged;
  if (first === undefined) throw new Error('no candidate');
  const checkpoint = { heldBy: first.candidate.txg, plain: true };
  const candidate = { ...first.candidate, txg: asTxg(txg), taken: false, copies: [], checkpoint };
  return [...judged, { ...first, candidate, prediction: { ...first.prediction, verdict } }];
}

const names = (ranked: readonly Judged[]): string[] =>
  ranked.map(({ candidate }) => `${candidate.txg}${candidate.checkpoint === null ? '' : ' checkpoint'}`);

describe('a checkpoint among the candidates', () => {
  it('is ranked as any other, but never before what the rings have of its txg', () => {
    expect(names(rank(withCheckpoint(['importable', 'importable', 'damaged'], 50n, 'importable')))).toEqual([
      '100',
      '99',
      '50 checkpoint',
      '98',
    ]);
    expect(names(rank(withCheckpoint(['damaged', 'damaged', 'importable'], 99n, 'importable')))).toEqual([
      '98',
      '100',
      '99',
      '99 checkpoint',
    ]);
  });

  const chosen = (verdicts: readonly Verdict[], txg: bigint, verdict: Verdict) => {
    const choice = choose(rank(withCheckpoint(verdicts, txg, verdict)), 100n);
    return choice === null ? [] : names([choice.judged]);
  };

  it('is chosen where nothing in the rings imports', () => {
    expect(chosen(['damaged', 'damaged'], 50n, 'importable')).toEqual(['50 checkpoint']);
    expect(said(choose(rank(withCheckpoint(['damaged'], 50n, 'readonly')), 100n))).toBe(
      'the checkpoint, though only read-only: of the rings nothing imports; newer ones: 1 damaged',
    );
    expect(chosen(['damaged', 'unverified'], 50n, 'readonly')).toEqual(['50 checkpoint']);
    expect(chosen(['damaged', 'readonly'], 50n, 'importable')).toEqual(['99']);
    expect(chosen(['damaged', 'importable'], 99n, 'importable')).toEqual(['99']);
    expect(chosen(['damaged', 'damaged'], 50n, 'damaged')).toEqual([]);
  });
});

const best = (verdicts: readonly Verdict[]) => choose(rank(judgedAs(verdicts)), 100n);

describe('rank', () => {
  it('puts what imports first, then read-only, open, damaged, incomplete; the newest first among equals', () => {
    const verdicts: Verdict[] = [
      'incomplete',
      'damaged',
      'unverified',
      'readonly',
      'importable',
      'readonly',
      'importable',
    ];
    expect(rank(judgedAs(verdicts)).map(({ candidate }) => candidate.txg)).toEqual([
      96n,
      94n,
      97n,
      95n,
      98n,
      99n,
      100n,
    ]);
  });
});

describe('choose', () => {
  it('takes the newest that imports, and says what was passed over', () => {
    const choice = best(['damaged', 'damaged', 'readonly', 'importable', 'importable']);
    expect(choice?.judged.candidate.txg).toBe(97n);
    expect(said(choice)).toBe('the newest that imports; newer ones: 2 damaged, 1 read-only');
    expect(choice?.passedOver.map(({ candidate }) => candidate.txg)).toEqual([98n, 100n, 99n]);
  });

  it('takes the newest that imports read-only when none imports', () => {
    expect(said(best(['damaged', 'readonly', 'incomplete']))).toBe(
      'the newest that imports, though only read-only; newer ones: 1 damaged',
    );
  });

  it('takes one that only some devices lead to where nothing else imports', () => {
    const [untaken, other] = judgedAs(['importable', 'damaged']);
    if (untaken === undefined || other === undefined) throw new Error('two were made');
    const beside = { ...untaken, candidate: { ...untaken.candidate, taken: false } };
    expect(choose(rank([beside, other]), 100n)?.judged).toBe(beside);
    const better = { ...other, prediction: { ...other.prediction, verdict: 'readonly' as const } };
    expect(choose(rank([beside, better]), 100n)?.judged).toBe(better);
    expect(choose(rank([{ ...beside, devices: null }, other]), 100n)).toBeNull();
  });

  it('takes nothing when all fail', () => {
    expect(best(['damaged', 'incomplete'])).toBeNull();
  });

  it('never takes one that fails while another does not', () => {
    const verdict = fc.constantFrom<Verdict>('importable', 'readonly', 'unverified', 'damaged', 'incomplete');
    fc.assert(
      fc.property(fc.array(verdict, { minLength: 1, maxLength: 20 }), (verdicts) => {
        const fails = verdicts.every((each) => each === 'damaged' || each === 'incomplete');
        const chosen = best(verdicts)?.judged.prediction.verdict ?? null;
        expect(chosen === null).toBe(fails);
        expect(chosen === 'damaged' || chosen === 'incomplete').toBe(false);
        if (verdicts.includes('importable')) expect(chosen).toBe('importable');
      }),
    );
  });
});
