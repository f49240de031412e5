import { describe, expect, it } from 'vitest';
import type { CandidateEntry } from '../../src/document/candidate.types.ts';
import { candidatesBrief, candidateTable } from '../../src/text/candidateTable.ts';
import type { Page, Style } from '../../src/text/page.ts';
import { candidate, finding, leaf, pool, vdev } from '../document/sampleDocuments.ts';

const marked = (name: string) => (text: string) => `<${name} ${text}>`;
/** Shows what is set off. */
const MARKED: Style = {
  strong: marked('strong'),
  good: marked('good'),
  warn: marked('warn'),
  bad: marked('bad'),
  dim: marked('dim'),
};
const page = (width = 120): Page => ({ width, rows: null, unicode: false, style: MARKED, now: 0 });
const BEST_FIRST = { all: false, newestFirst: false };
const NEWEST_FIRST = { all: false, newestFirst: true };

type About = Parameters<typeof pool>[0];

const tableOf = (candidates: readonly CandidateEntry[], choice = BEST_FIRST, about: About = {}, width = 120) =>
  candidateTable(page(width), pool({ ...about, candidates }), choice, ['a', 'b']);

/** Without the columns of times and losses, which have tests of their own. */
const words = (line: string): string => line.replace(/ +/g, ' ').trim();

/** Each fails for something else, so that each has a row. */
const single = (txg: number, rank: number, about: Partial<CandidateEntry> = {}): CandidateEntry =>
  candidate(txg, rank, { verdict: 'damaged', reasons: [`reason ${txg}`], metadataErrors: txg, ...about });
const alone = (count: number): CandidateEntry[] =>
  Array.from({ length: count }, (_, i) => single(200 - i, i + 1, { dataErrors: i }));

describe('the table of candidates', () => {
  it('is none where there are none', () => {
    expect(tableOf([])).toEqual([]);
  });

  it('is in the order of the ranks, or newest first', () => {
    const candidates = [candidate(119, 3, { verdict: 'damaged' }), candidate(117, 2), candidate(118, 1)];
    const txgs = (choice = BEST_FIRST) =>
      tableOf(candidates, choice).flatMap((line) => /^ *(?:<strong )?(\d+)/.exec(line)?.[1] ?? []);
    expect(txgs()).toEqual(['118', '117', '119']);
    expect(txgs(NEWEST_FIRST)).toEqual(['119', '118', '117']);
  });

  it('sets off the recommended txg and the verdicts', () => {
    const verdicts = ['importable', 'readonly', 'damaged', 'incomplete', 'unverified'] as const;
    const lines = tableOf(verdicts.map((verdict, i) => candidate(119 - i, i + 1, { verdict })));
    expect(lines.slice(1).map((line) => words(line).split(/ (?=<good|<warn|<bad|unverified)/)[1])).toEqual([
      '<good importable>',
      '<warn readonly>',
      '<bad damaged>',
      '<bad incomplete>',
      'unverified',
    ]);
    expect(lines.filter((line) => line.includes('<strong')).map(words)).toEqual([
      expect.stringContaining('<strong 119>'),
    ]);
  });

  it('has its columns in their order, numbers at the right, and the times of a row from the first to the last', () => {
    const findings = [finding('history-diverged', 'warning', 'parted')];
    const two = [candidate(119, 1, { copies: 3 }), candidate(18, 2, { verdict: 'damaged', copies: 4 })];
    expect(tableOf(two)).toEqual([
      '<dim   TXG  WRITTEN         LOSS  COPIES  VERDICT     WHY>',
      '  <strong 119>  09:14:07           -     3/8  <good importable>',
      '   18  09:12:26  1 min 41 s     4/8  <bad damaged>',
      expect.stringContaining('COPIES:') as string,
    ]);
    const parted = [candidate(119, 1, { sources: [0] }), candidate(118, 2, { sources: [1] }), candidate(4, 3)];
    expect(tableOf(parted, BEST_FIRST, { findings }).slice(0, 4).map(words)).toEqual([
      expect.stringMatching(/^<dim TXG WRITTEN LOSS ON /) as string,
      expect.stringMatching(/^<strong 119> 09:14:07 - a /) as string,
      expect.stringMatching(/^118 09:14:06 - b /) as string,
      expect.stringMatching(/^4 09:12:12 1 min 55 s all /) as string,
    ]);
    expect(tableOf(parted, BEST_FIRST, { findings })[2]).toMatch(/ b {4}/);
    const alike = Array.from({ length: 5 }, (_, i) => candidate(119 - i, i + 1));
    expect(words(tableOf(alike)[2] ?? '')).toMatch(/^118-115 09:14:06-09:14:03 1-4 s /);
  });

  it('wraps what is said below it at the width of the page', () => {
    const few = [candidate(119, 1), candidate(118, 2, { copies: 3 })];
    const lines = tableOf(few, BEST_FIRST, {}, 80).filter(
      (line) => line.startsWith('<dim   ') && !line.includes('TXG'),
    );
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line.length - '<dim >'.length).toBeLessThanOrEqual(80);
    // One column more has room for all of it.
    const legend = 'COPIES: in how many of the 8 label rings (4 on each device) the uberblock is whole.';
    expect(tableOf(few, BEST_FIRST, {}, legend.length + 2).at(-1)).toBe(`<dim   ${legend}>`);
    expect(tableOf(few, BEST_FIRST, {}, legend.length + 1).at(-1)).not.toContain('COPIES');
  });

  it('shows twelve rows, and says how many are left', () => {
    expect(tableOf(alone(12)).filter((line) => line.includes('reason'))).toHaveLength(12);
    expect(tableOf(alone(12)).join('\n')).not.toContain('--all');
    const lines = tableOf(alone(15));
    expect(lines.filter((line) => line.includes('reason'))).toHaveLength(12);
    expect(lines.join('\n')).toContain('3 more txgs: --all');
    expect(tableOf(alone(15), NEWEST_FIRST).join('\n')).toContain('3 older txgs: --all');
    const all = tableOf(alone(15), { all: true, newestFirst: false });
    expect(all.filter((line) => line.includes('reason'))).toHaveLength(15);
    expect(all.join('\n')).not.toContain('--all');
  });

  it('has one row for many that are alike, and says how to see each', () => {
    const alike = Array.from({ length: 5 }, (_, i) => candidate(119 - i, i + 1));
    const lines = tableOf(alike);
    expect(lines).toHaveLength(4);
    expect(words(lines[2] ?? '')).toMatch(/^118-115 .*<good importable> 4 txgs likewise$/);
    expect(lines[3]).toContain('each txg by itself: --all');
    expect(tableOf(alike, { all: true, newestFirst: false })).toHaveLength(7);
  });

  it('says where those of a row fail for blocks of their own', () => {
    const lost = (txg: number, rank: number) =>
      candidate(txg, rank, {
        verdict: 'damaged',
        because: 'damage',
        reasonData: [{ code: 'unreadable', step: 'spa_load_verify', brief: `block ${txg}`, copies: [`0:${txg}`] }],
      });
    const lines = tableOf([lost(119, 1), lost(118, 2), lost(117, 3), lost(116, 4)]).map(words);
    expect(lines.find((line) => line.startsWith('118-116'))).toContain('3 txgs likewise, each for blocks of its own');
  });

  it('sets off what is dangerous, and cuts a reason that is too long', () => {
    const hazards = [
      { operation: 'read-only', kind: 'panic', certain: true, releases: null },
    ] as unknown as CandidateEntry['hazards'];
    const long = '\u{1f4a3}'.repeat(300);
    const [, plain = ''] = tableOf([single(119, 1, { reasons: ['x'.repeat(241)] })], BEST_FIRST, {}, 400);
    expect(plain).toContain(`${'x'.repeat(240)}...`);
    const [, whole = ''] = tableOf([single(119, 1, { reasons: ['x'.repeat(240)] })], BEST_FIRST, {}, 400);
    expect(whole).not.toContain('...');
    expect(tableOf([single(119, 1, { reasons: [long] })]).join('')).not.toMatch(/[\ud800-\udfff]/);
    const [, danger = ''] = tableOf([single(119, 1, { hazards })], BEST_FIRST, {}, 400);
    expect(danger).toMatch(/<bad .*reason 119>$/);
    // With its danger a reason takes no more room than without.
    const [, both = ''] = tableOf([single(119, 1, { hazards, reasons: ['x'.repeat(300)] })], BEST_FIRST, {}, 400);
    expect(/.*<bad (.*)>$/.exec(both)?.[1]).toHaveLength(240 + '...'.length);
  });

  it('says in how many labels an uberblock is only where that differs, or where a txg is not written everywhere', () => {
    const full = [candidate(119, 1), candidate(118, 2, { verdict: 'damaged' })];
    const head = (candidates: readonly CandidateEntry[], about: About = {}, choice = BEST_FIRST) =>
      tableOf(candidates, choice, about)[0] ?? '';
    expect(head(full)).not.toContain('COPIES');
    expect(head(full, {}, { all: true, newestFirst: false })).toContain('COPIES');
    const [first, second] = full;
    if (first === undefined || second === undefined) throw new Error('none');
    const few = [first, { ...second, copies: 3 }];
    expect(head(few)).toContain('COPIES');
    expect(words(tableOf(few)[2] ?? '')).toContain('3/8');
    expect(tableOf(few).at(-1)).toContain('<dim   COPIES: in how many of the 8 label rings (4 on each device)');
    const heldBy = { ...second, copies: 0, checkpoint: { heldBy: '119' } } as unknown as CandidateEntry;
    expect(head([first, heldBy])).not.toContain('COPIES');
    const root = (tops: number) =>
      vdev(
        'root',
        Array.from({ length: tops }, (_, i) => leaf(`${i}`, 0)),
      );
    expect(head(full, { vdevs: root(3) })).not.toContain('COPIES');
    expect(head(full, { vdevs: root(4) })).toContain('COPIES');
    const four = tableOf(full, BEST_FIRST, { vdevs: root(4) }, 200).at(-1);
    expect(four).toContain('A txg is written to 3 of the 4 top-level vdevs at most.');
    expect(head(full, { vdevs: null })).toContain('COPIES');
  });

  it('says of copies of one row from the least to the most, and no share of what is more than the rings', () => {
    const copied = (...copies: number[]) =>
      words(tableOf(copies.map((each, i) => candidate(119 - i, i + 1, { copies: each })))[2] ?? '');
    expect(copied(8, 3, 4, 5)).toContain('3-5/8');
    expect(copied(8, 3, 9, 5)).toMatch(/3-9 /);
    expect(copied(8, 8, 8, 3)).toContain('3-8/8');
  });

  it('goes by the devices of each history where they parted', () => {
    const findings = [finding('history-diverged', 'warning', 'parted')];
    const half = [candidate(119, 1, { sources: [0], copies: 4 }), candidate(118, 2, { sources: [1], copies: 4 })];
    expect(tableOf(half, BEST_FIRST, { findings })[0]).not.toContain('COPIES');
    expect(tableOf(half)[0]).toContain('COPIES');
    expect(tableOf(half, BEST_FIRST, { findings }).join('\n')).toContain('ON: whose history it is');
    expect(tableOf(half).join('\n')).not.toContain('ON:');
  });

  it('explains a loss that the clock makes no sense of', () => {
    const odd = [candidate(119, 1), candidate(118, 2, { timestamp: candidate(119, 1).timestamp + 9 })];
    expect(tableOf(odd).join('\n')).toContain('LOSS ?: written after the newest txg');
    expect(tableOf([candidate(119, 1), candidate(118, 2)]).join('\n')).not.toContain('LOSS ?');
  });
});

describe('the table in a line', () => {
  it('counts each verdict with its newest and oldest txg, and what is dangerous', () => {
    const hazards = [{ kind: 'panic' }] as unknown as CandidateEntry['hazards'];
    const candidates = [
      candidate(119, 5, { verdict: 'damaged', hazards }),
      candidate(118, 4, { verdict: 'incomplete' }),
      candidate(117, 1),
      candidate(115, 2),
      candidate(114, 3, { verdict: 'readonly' }),
      candidate(113, 6, { verdict: 'unverified' }),
    ];
    expect(candidatesBrief(pool({ candidates }))).toBe(
      '6 txgs: 2 import (117 to 115), 1 read-only (114), 1 damaged (119), 1 lack devices (118), 1 not known (113), 1 of them a danger to the machine',
    );
    expect(candidatesBrief(pool({ candidates: candidates.slice(2, 3) }))).toBe('1 txg: 1 import (117)');
    expect(candidatesBrief(pool({ candidates: [] }))).toBe('');
  });
});
