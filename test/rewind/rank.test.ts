import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asTxg } from '../../src/bytes/units.ts';
import { collectCandidates } from '../../src/load/candidates.ts';
import { ASSERTED } from '../../src/load/hazard.ts';
import type { Verdict } from '../../src/load/predict.ts';
import { NOT_CHECKED } from '../../src/load/rootCheck.ts';
import type { RootState } from '../../src/load/rootState.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import type { Choice } from '../../src/rewind/choice.ts';
import type { Judged } from '../../src/rewind/judge.ts';
import { choose, rank } from '../../src/rewind/rank.ts';
import { SourceError } from '../../src/source/source.ts';
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
    expect(names(rank(withCheckpoint(['importable', 'damaged', 'damaged'], 100n, 'importable')))).toEqual([
      '100',
      '100 checkpoint',
      '99',
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

/** A device that went away and does not come back. */
class GoneError extends SourceError {
  constructor() {
    super('ENXIO', 'the device went away', { source: 'd', offset: 0, path: [] });
  }

  override get gone(): boolean {
    return true;
  }
}

/** The same candidates with other things known of them, by their place. */
function told(verdicts: readonly Verdict[], about: Readonly<Record<number, (judged: Judged) => Judged>>): Judged[] {
  return judgedAs(verdicts).map((each, i) => about[i]?.(each) ?? each);
}

const leftByGone = (each: Judged): Judged => ({
  ...each,
  prediction: { ...each.prediction, unread: [new GoneError()], because: 'unknown' },
});
const withRoot =
  (state: RootState) =>
  (each: Judged): Judged => ({ ...each, root: { ...each.root, state } });
const untaken = (each: Judged): Judged => ({ ...each, candidate: { ...each.candidate, taken: false } });
const hazardous = (each: Judged): Judged => ({
  ...each,
  prediction: { ...each.prediction, hazards: [{ ...ASSERTED, meets: 'freed-tables', listing: false }] },
});
const unreadOnly = (each: Judged): Judged => ({
  ...each,
  prediction: { ...each.prediction, because: 'failed-read' },
});
const order = (judged: readonly Judged[]): bigint[] => rank(judged).map(({ candidate }) => candidate.txg);

describe('rank among what is open', () => {
  it('puts a root that reads before one that nobody looked at, and that before one that does not', () => {
    const verdicts: Verdict[] = ['unverified', 'unverified', 'unverified', 'damaged'];
    const judged = told(verdicts, { 0: withRoot('unsupported'), 1: withRoot('not-checked'), 3: withRoot('destroyed') });
    expect(order(judged)).toEqual([98n, 99n, 100n, 97n]);
  });

  it('puts what a device left open with what nobody looked at, whatever its root', () => {
    const judged = told(['unverified', 'unverified', 'unverified', 'unverified'], {
      0: leftByGone,
      1: withRoot('not-checked'),
      2: (each) => leftByGone(withRoot('unsupported')(each)),
    });
    expect(order(judged)).toEqual([97n, 100n, 99n, 98n]);
  });

  it('puts damage after a root that nobody reads, and what lacks devices last', () => {
    const judged = told(['incomplete', 'damaged', 'unverified'], { 2: withRoot('unsupported') });
    expect(order(judged)).toEqual([98n, 99n, 100n]);
  });
});

describe('rank among equals', () => {
  it('puts the one that zpool takes first', () => {
    const [first, second] = judgedAs(['importable', 'importable']);
    if (first === undefined || second === undefined) throw new Error('two were made');
    const other = { ...untaken(first), devices: null };
    const ranked = rank([other, first, second]);
    expect(ranked).toEqual([first, other, second]);
    expect(rank([first, other, second])).toEqual([first, other, second]);
  });
});

describe('choose', () => {
  it('passes over what is open and would take the machine down', () => {
    expect(choose(rank(told(['unverified'], { 0: hazardous })), 100n)).toBeNull();
    expect(choose(rank(told(['unverified', 'unverified'], { 0: hazardous })), 100n)?.judged.candidate.txg).toBe(99n);
    expect(choose(rank(told(['readonly'], { 0: hazardous })), 100n)?.judged.candidate.txg).toBe(100n);
  });

  it('names nothing that is open where a device left others open, but what imports all the same', () => {
    expect(choose(rank(told(['unverified', 'unverified'], { 0: leftByGone })), 100n)).toBeNull();
    expect(choose(rank(told(['unverified', 'readonly'], { 0: leftByGone })), 100n)?.judged.candidate.txg).toBe(99n);
  });

  it('names nothing whose root nobody read', () => {
    expect(choose(rank(told(['unverified'], { 0: withRoot('not-checked') })), 100n)).toBeNull();
  });

  it('says whether it is the newest there is, the newest asked for, or the newest that fits', () => {
    const kind = (judged: readonly Judged[], newest: bigint) => choose(rank(judged), newest)?.why.kind;
    expect(kind(judgedAs(['importable', 'importable']), 100n)).toBe('newest');
    expect(kind(judgedAs(['importable', 'importable']), 101n)).toBe('newest-asked-for');
    expect(kind(judgedAs(['damaged', 'importable']), 100n)).toBe('newest-fitting');
    expect(kind(withCheckpoint(['damaged'], 50n, 'importable'), 100n)).toBe('checkpoint');
  });

  it('counts what it passed over by verdict, damage that rests on failed reads by itself, and no txg that zpool does not take', () => {
    const judged = told(['damaged', 'damaged', 'unverified', 'incomplete', 'importable', 'damaged'], {
      0: unreadOnly,
      2: unreadOnly,
      3: untaken,
    });
    const { why, passedOver } = choose(rank(judged), 100n) ?? {};
    expect(why).toEqual({
      kind: 'newest-fitting',
      verdict: 'importable',
      passedOver: [
        { kind: 'unverified', count: 1 },
        { kind: 'unread', count: 1 },
        { kind: 'damaged', count: 1 },
      ],
      aim: null,
    });
    expect(passedOver?.map(({ candidate }) => candidate.txg)).toEqual([98n, 100n, 99n]);
  });

  it('passes over a checkpoint that is open and would take the machine down', () => {
    const kept = withCheckpoint(['damaged'], 50n, 'unverified');
    expect(choose(rank(kept), 100n)?.why.kind).toBe('checkpoint');
    expect(choose(rank(kept.map(hazardous)), 100n)).toBeNull();
  });

  it('prefers what the rings have to the checkpoint, though that would be writable', () => {
    const choice = choose(rank(withCheckpoint(['readonly'], 50n, 'importable')), 100n);
    expect(choice?.judged.candidate.txg).toBe(100n);
  });

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
