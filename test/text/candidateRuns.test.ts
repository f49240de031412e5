import { describe, expect, it } from 'vitest';
import type { CandidateEntry } from '../../src/document/candidate.types.ts';
import { branchesOf, dangerOf, dangerText, runsOf, SHARED } from '../../src/text/candidateRuns.ts';
import { candidate, finding, pool } from '../document/sampleDocuments.ts';

type About = Partial<CandidateEntry>;
type Reason = CandidateEntry['reasonData'][number];

const reason = (about: Partial<Reason> = {}): About => ({
  verdict: 'damaged',
  because: 'damage',
  reasonData: [{ code: 'unreadable', step: 'spa_load_verify', brief: 'a block', ...about }],
});
const lost = reason({ copies: ['0:1000'] });

/** Candidates of txgs 119, 118, ... */
const listed = (...about: readonly About[]): CandidateEntry[] =>
  about.map((each, i) => candidate(119 - i, i + 1, each));

/** The txgs of each row, and whether all of it have one reason. */
function rows(candidates: readonly CandidateEntry[], about: Parameters<typeof pool>[0] = {}, ordered = candidates) {
  const why = (each: CandidateEntry) => ({ danger: '', said: each.reasonData[0]?.brief ?? '' });
  return runsOf(pool({ ...about, candidates }), ordered, why).map(
    ({ candidates: run, sameReason }) => `${run.map(({ txg }) => txg).join()}${sameReason ? '' : ' differ'}`,
  );
}

const times = (count: number, about: About): About[] => Array.from({ length: count }, () => about);

describe('rows of the table', () => {
  it('stand one by one up to two alike, and from three on the first and one for the others', () => {
    expect(rows(listed(...times(2, lost)))).toEqual(['119', '118']);
    expect(rows(listed(...times(3, lost)))).toEqual(['119', '118,117']);
    expect(rows(listed(...times(5, lost)))).toEqual(['119', '118,117,116,115']);
  });

  it('begin anew where something else stands between, and say then nothing of what was told before', () => {
    const broken = [...times(3, lost), {}, ...times(2, lost), {}, lost];
    expect(rows(listed(...broken))).toEqual(['119', '118,117', '116', '115,114', '113', '112']);
  });

  it('never speak for a txg that is not next to the one before', () => {
    const all = listed(lost, lost, {}, lost, lost);
    const ordered = [
      ...all.filter(({ verdict }) => verdict === 'damaged'),
      ...all.filter(({ verdict }) => verdict !== 'damaged'),
    ];
    expect(rows(all, {}, ordered)).toEqual(['119', '118', '116,115', '117']);
  });

  it('say where the reasons of a row are not the same', () => {
    const other = reason({ copies: ['0:2000'], brief: 'another block' });
    expect(rows(listed(lost, lost, other))).toEqual(['119', '118,117 differ']);
    expect(rows(listed(lost, other, other))).toEqual(['119', '118,117 differ']);
    expect(rows(listed(...times(3, lost), {}, lost, other))).toEqual(['119', '118,117', '116', '115,114 differ']);
  });

  it.each<[string, About]>([
    ['the verdict', { ...lost, verdict: 'incomplete' }],
    ['the data errors', { ...lost, dataErrors: 3 }],
    ['the cause', { ...lost, because: 'failed-read' }],
    ['a danger', { ...lost, hazards: [{ ...hazard('panic', true) }] }],
    ['a root block that makes no sense', reason({ copies: ['0:1000'], rootState: 'corrupted' })],
    ['a reason that is no lost block', reason({ code: 'nonsense' })],
    ['no reason', { ...lost, reasonData: [] }],
  ])('part where %s differs', (_, about) => {
    expect(rows(listed(lost, lost, about, lost, lost))).toEqual(['119', '118', '117', '116,115']);
  });

  it.each<[string, Partial<Reason>]>([
    ['another code', { code: 'unjudged' }],
    ['another step', { step: 'vdev_load' }],
    ['another thing that was read', { what: { role: 'config' } as Reason['what'] & object }],
    ['another state of the root', { rootState: 'destroyed' }],
  ])('of reasons that are no lost block part by %s', (_, about) => {
    const plain = reason({ code: 'nonsense', what: { role: 'mos' } as Reason['what'] & object });
    const other = reason({ code: 'nonsense', what: { role: 'mos' } as Reason['what'] & object, ...about });
    expect(rows(listed(plain, plain, plain, other, plain))).toEqual(['119', '118,117', '116', '115']);
  });
});

function hazard(kind: 'panic' | 'hang', certain: boolean): CandidateEntry['hazards'][number] {
  return { kind, certain, releases: '2.3', message: '', brief: '', writes: false };
}

describe('the danger of a txg', () => {
  it('is that of its first hazard, and how sure that is', () => {
    expect(dangerText(hazard('panic', true))).toMatch(/^WOULD CRASH/);
    expect(dangerText(hazard('panic', false))).toMatch(/^MAY CRASH/);
    expect(dangerText(hazard('hang', true))).toMatch(/^WOULD HANG/);
    expect(dangerText(hazard('hang', false))).toMatch(/^WOULD HANG/);
    expect(dangerOf(candidate(1, 1, { hazards: [hazard('hang', true), hazard('panic', true)] }))).toMatch(
      /^WOULD HANG/,
    );
    expect(dangerOf(candidate(1, 1))).toBe('');
  });
});

describe('branches', () => {
  const parted = { findings: [finding('history-diverged', 'warning', '')] };
  const on = (...sources: number[]): About => ({ sources });

  it('are none where a pool has one history', () => {
    expect([...branchesOf(pool({ candidates: listed(on(0), on(1)) }))]).toEqual([]);
  });

  it('are the devices that have a txg, up to the last that all have', () => {
    const candidates = listed(on(0), on(1), on(0, 1), on(0), on(1));
    const branches = branchesOf(pool({ ...parted, candidates }), ['d0']);
    expect(candidates.map((each) => branches.get(each))).toEqual(['d0', '1', SHARED, SHARED, SHARED]);
    const apart = listed(on(0), on(1));
    expect([...branchesOf(pool({ ...parted, candidates: apart })).values()]).toEqual(['0', '1']);
    expect(SHARED).toBe('all');
    const since = listed(on(0, 1), on(0));
    expect([...branchesOf(pool({ ...parted, candidates: since })).values()]).toEqual([SHARED, SHARED]);
    const ofThree = pool({ ...parted, sources: [0, 1, 2], candidates: listed(on(0, 2)) });
    expect([...branchesOf(ofThree, ['d0', 'd1', 'd2']).values()]).toEqual(['d0 d2']);
  });

  it('have rows of their own, of txgs that are next to each other in them', () => {
    const sides = [0, 1, 0, 1, 0, 1].map((side) => ({ ...lost, sources: [side] }));
    expect(rows(listed(...sides, on(0, 1)), parted)).toEqual(['119', '117,115', '118', '116,114', '113']);
  });
});
