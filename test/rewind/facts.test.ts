import { describe, expect, it } from 'vitest';
import { asTxg } from '../../src/bytes/units.ts';
import { collectCandidates } from '../../src/load/candidates.ts';
import { NOT_CHECKED } from '../../src/load/rootCheck.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import type { PoolFacts } from '../../src/rewind/facts/poolFacts.ts';
import type { TrimFacts } from '../../src/rewind/facts/trimFacts.ts';
import { trimHazard } from '../../src/rewind/findings/trim.ts';
import type { Judged } from '../../src/rewind/judge.ts';
import { mirrorPool } from '../pool/surveys.ts';
import { pool as fixture } from '../tools/images.ts';
import { said } from './said.ts';
import { scanFixture } from './scanned.ts';

async function stateOf(name: string) {
  const { scan } = await scanFixture(fixture(name));
  const state = scan.judgements[0]?.recommendation?.state;
  if (state == null) throw new Error('no state');
  return state;
}

describe('the state at the recommended txg', () => {
  it('counts its snapshots and names the newest first', async () => {
    const { snapshots } = await stateOf('added-later');
    expect(snapshots).toMatchObject({ count: 3, incomplete: false });
    expect(snapshots.newest.map(({ name }) => name)).toEqual(['tank/b@s8', 'tank/c@s4', expect.any(String)]);
    const times = snapshots.newest.map(({ creationTxg }) => Number(creationTxg));
    expect(times).toEqual([...times].sort((a, b) => b - a));
  });

  it('has no intent log where the pool was exported', async () => {
    expect((await stateOf('exported')).intentLogs).toEqual([]);
  });
});

describe('trim-hazard', () => {
  it.each([
    ['trim-running', 'a trim of /dev/vdA1 is not finished'],
    ['initialize-running', 'an initialize of /dev/vdA1 is not finished'],
  ])('is told of a real pool whose power was cut: %s', async (name, told) => {
    const { scan } = await scanFixture(fixture(name));
    const hazards = scan.judgements[0]?.findings.filter(({ code }) => code === 'trim-hazard');
    expect(hazards?.map(said)).toEqual([expect.stringContaining(told)]);
  });

  const [pool] = assemblePools(mirrorPool([5n, 6n])).pools;
  if (pool === undefined) throw new Error('no pool');
  const candidates = collectCandidates(pool);
  const bests = candidates.map(
    (candidate): Judged => ({
      candidate,
      devices: pool.devices,
      root: NOT_CHECKED,
      prediction: { verdict: 'importable', reasons: [], failsAt: null, hazards: [] },
      logMissing: null,
      counts: null,
      metaslabs: false,
      clones: false,
    }),
  );
  const found = (trim: Partial<TrimFacts>, best: Judged | null) => {
    const facts: PoolFacts = {
      trees: [],
      trim: { txg: asTxg(5n), autotrim: false, running: [], ...trim },
      branches: [],
      configTxgs: new Map(),
      state: null,
      ongoing: null,
    };
    return trimHazard({
      pool,
      candidates,
      judged: bests,
      best,
      facts,
      stopped: [],
      cut: null,
      overlaps: [],
      placeOf: () => null,
      checkpoint: null,
    });
  };

  it('warns where the txg to import is not the newest, and is a note where it is', () => {
    const [newest, older] = bests;
    expect(found({ autotrim: true }, older ?? null)[0]).toMatchObject({ code: 'trim-hazard', severity: 'warning' });
    expect(found({ autotrim: true }, newest ?? null)[0]?.severity).toBe('info');
  });

  it('names the devices on which something was under way', () => {
    const running = [{ vdev: '/v/11', what: 'initialize' as const }];
    expect(said(found({ running }, null)[0])).toContain('an initialize of /v/11 is not finished');
  });

  it('is silent where the pool leaves unused space alone', () => {
    expect(found({}, null)).toEqual([]);
  });
});
