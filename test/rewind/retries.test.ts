import { describe, expect, it } from 'vitest';
import { collectCandidates } from '../../src/load/candidates.ts';
import { CLONES_FREED, CLONES_HELD, type Hazard } from '../../src/load/hazard.ts';
import { NOT_CHECKED } from '../../src/load/rootCheck.ts';
import type { StepName } from '../../src/load/stepNames.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import { plainImport } from '../../src/rewind/findings/plainImport.ts';
import type { Judged } from '../../src/rewind/judge.ts';
import { withRetries } from '../../src/rewind/retries.ts';
import { hazardWords } from '../../src/words/hazards.ts';
import { device, vdev } from '../pool/surveys.ts';
import { pool } from '../tools/images.ts';
import { said } from './said.ts';
import { scanFixture } from './scanned.ts';

interface Load {
  readonly txg: bigint;
  readonly verdict: 'importable' | 'readonly' | 'damaged';
  readonly clones?: boolean;
  readonly metaslabs?: boolean;
  readonly failsAt?: StepName;
  readonly hazard?: Hazard;
  /** Of multihost. */
  readonly sequence?: number;
}

const HANG: Hazard = {
  ...CLONES_HELD,
  meets: { step: 'spa_ld_load_brt', reason: { code: 'nothing-to-read-with' } },
  listing: false,
};

/** Newest first. */
function judgedAs(loads: readonly Load[]): Judged[] {
  const uberblocks = loads.map(({ txg, sequence }) => ({ txg, ...(sequence === undefined ? {} : { sequence }) }));
  const [made] = assemblePools([device({ name: 'd', tree: vdev(5n), uberblocks })]).pools;
  if (made === undefined) throw new Error('no pool');
  return collectCandidates(made).map((candidate, i): Judged => {
    const {
      verdict = 'importable',
      clones = false,
      metaslabs = true,
      failsAt = 'spa_load_verify',
      hazard,
    } = loads[i] ?? {};
    const hazards = hazard === undefined ? [] : [hazard];
    return {
      candidate,
      devices: made.devices,
      root: { ...NOT_CHECKED, state: 'reads' },
      prediction: { verdict, reasons: [], failsAt: verdict === 'importable' ? null : failsAt, hazards },
      logMissing: null,
      counts: null,
      metaslabs,
      clones,
    };
  });
}

/** Kind and message of the hazards, by txg. */
function hazardsOf(loads: readonly Load[]): Record<string, string[]> {
  const judged = judgedAs(loads);
  const tried = withRetries(
    judged.map(({ candidate }) => candidate),
    judged,
  );
  return Object.fromEntries(
    tried.map(({ candidate, prediction }) => [
      candidate.txg,
      prediction.hazards.map((hazard) => `${hazard.kind}: ${hazardWords(hazard)}`),
    ]),
  );
}

describe('what an import comes to after its own txg has failed', () => {
  it('is a crash where tables of cloned blocks were loaded, and an older txg comes to its metaslabs', () => {
    const found = hazardsOf([
      { txg: 9n, verdict: 'damaged', clones: true },
      { txg: 8n, verdict: 'importable', clones: true },
    ]);
    expect(found[9]).toEqual([expect.stringMatching(/^panic: importing this txg may crash .* goes on to txg 8,/)]);
    expect(found[8]).toEqual([]);
  });

  it('is none where no block was ever cloned, or nothing older is there', () => {
    expect(
      hazardsOf([
        { txg: 9n, verdict: 'damaged' },
        { txg: 8n, verdict: 'damaged', clones: true },
      ]),
    ).toEqual({ 9: [], 8: [] });
  });

  it('passes over older txgs that fail before their metaslabs', () => {
    const found = hazardsOf([
      { txg: 9n, verdict: 'damaged', clones: true },
      { txg: 8n, verdict: 'damaged', metaslabs: false },
      { txg: 7n, verdict: 'importable' },
    ]);
    expect(found[9]).toEqual([expect.stringContaining('goes on to txg 7,')]);
  });

  it('ends with one txg more than two below the first', () => {
    const rest: Load[] = [
      { txg: 5n, verdict: 'damaged', metaslabs: false },
      { txg: 4n, verdict: 'importable' },
    ];
    expect(hazardsOf([{ txg: 9n, verdict: 'damaged', clones: true }, ...rest])[9]).toEqual([]);
    expect(hazardsOf([{ txg: 7n, verdict: 'damaged', clones: true }, ...rest])[7]).toHaveLength(1);
  });

  it('is what an older txg does by itself, unless one between them loads', () => {
    const older: Load = { txg: 7n, verdict: 'damaged', hazard: HANG };
    expect(hazardsOf([{ txg: 9n, verdict: 'damaged' }, older])[9]).toEqual([
      expect.stringMatching(
        /^hang: importing this txg would never end.* goes on to txg 7, where no blocks can be read; OpenZFS waits for what it holds itself \(spa_ld_load_brt\)/,
      ),
    ]);
    expect(hazardsOf([{ txg: 9n, verdict: 'damaged' }, { txg: 8n, verdict: 'importable' }, older])[9]).toEqual([]);
  });

  it('is of a read-write import alone where read-only loads, once it has come to the clones', () => {
    const loads = (failsAt: StepName): Load[] => [
      { txg: 9n, verdict: 'readonly', clones: true, failsAt },
      { txg: 8n, verdict: 'importable' },
    ];
    expect(hazardsOf(loads('spa_ld_check_features'))[9]).toEqual([]);
    expect(hazardsOf(loads('spa_ld_verify_logs'))[9]).toEqual([
      expect.stringMatching(/^panic: importing this txg read-write may crash/),
    ]);
  });
});

describe('a plain import', () => {
  it('is warned of where the newest txg fails for it too and an older one is its end', () => {
    const judged = judgedAs([
      { txg: 9n, verdict: 'damaged', clones: true },
      { txg: 8n, verdict: 'importable' },
    ]);
    const [first, ...others] = judged;
    if (first === undefined) throw new Error('no candidate');
    const [made] = assemblePools(first.devices ?? []).pools;
    if (made === undefined) throw new Error('no pool');
    const counts = { metadataErrors: 1, dataErrors: null, blocksChecked: 9 };
    const found = (plain: 'fails' | 'passes') => {
      const all = [{ ...first, counts: { ...counts, plain } }, ...others];
      const candidates = all.map(({ candidate }) => candidate);
      return plainImport({ pool: made, judged: all, candidates });
    };
    expect(found('fails')).toMatchObject([{ code: 'plain-import-panics', severity: 'error' }]);
    expect(said(found('fails')[0])).toMatch(/^A plain zpool import, with -F and without, may crash the machine/);
    expect(found('passes')).toMatchObject([{ code: 'plain-import-passes' }]);
  });

  it.each([
    [{}, ''],
    [{ sequence: 0 }, ', which OpenZFS 2.3.6-2.3.9, 2.4.1-2.4.4 refuses, as multihost is on'],
  ])(
    'that passes over damage is said to work read-only where no claim hinders it, and how long it may write: %j',
    (mmp, refused) => {
      const [first] = judgedAs([{ txg: 9n, verdict: 'damaged', ...mmp }]);
      const [made] = assemblePools(first?.devices ?? []).pools;
      if (first === undefined || made === undefined) throw new Error('no pool');
      const counts = { metadataErrors: 1, dataErrors: null, blocksChecked: 9, plain: 'passes' } as const;
      const [finding] = plainImport({ pool: made, judged: [{ ...first, counts }], candidates: [first.candidate] });
      expect(said(finding)).toContain(`with -o readonly=on, to copy the data out${refused}: read-write it may hang`);
      expect(said(finding)).toContain('freed, five txgs later (OpenZFS 2.4.0-2.4.4).');
    },
  );
});

describe('no command leads into a hazard', () => {
  it.each(['brt-retry', 'brt-counts-lost'])('%s', async (name) => {
    const { scan } = await scanFixture(pool(name), 'meta');
    const [judgement] = scan.judgements;
    const hazardous = judgement?.candidates.filter(({ prediction }) => prediction.hazards.length > 0) ?? [];
    expect(hazardous.length).toBeGreaterThan(0);
    for (const { commands } of hazardous) expect(commands).toMatchObject({ readOnly: [], readWrite: [] });
    expect(judgement?.recommendation?.candidate.prediction).toMatchObject({ verdict: 'importable', hazards: [] });
  });

  it('where the counts of cloned blocks are lost the machine hangs, when pools are listed too', async () => {
    const { scan } = await scanFixture(pool('brt-counts-lost'), 'mos');
    const [newest] = [...(scan.judgements[0]?.candidates ?? [])].sort((a, b) =>
      a.candidate.txg > b.candidate.txg ? -1 : 1,
    );
    expect(newest?.prediction.hazards).toMatchObject([{ kind: 'hang', releases: '2.3.0-2.4.3' }]);
    expect(newest?.prediction.hazards.map(hazardWords)[0]).toMatch(/only lists the pools gets as far and hangs too$/);
  });

  it('where a load fails after it has read of cloned blocks the machine crashes', async () => {
    const { scan } = await scanFixture(pool('brt-retry'), 'meta');
    const at49 = scan.judgements[0]?.candidates.find(({ candidate }) => candidate.txg === 49n);
    expect(at49?.prediction).toMatchObject({ verdict: 'damaged', hazards: [CLONES_FREED] });
  });
});
