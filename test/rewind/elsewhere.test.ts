import { beforeAll, describe, expect, it } from 'vitest';
import type { VdevConfig } from '../../src/format/vdevConfig.ts';
import { collectCandidates } from '../../src/load/candidates.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import type { DeviceSurvey } from '../../src/pool/survey.ts';
import type { Choice } from '../../src/rewind/choice.ts';
import { elsewhereAt } from '../../src/rewind/elsewhere.ts';
import type { JudgedCandidate } from '../../src/rewind/judgedCandidate.ts';
import { choose } from '../../src/rewind/rank.ts';
import { stateCautions } from '../../src/rewind/stateCautions.ts';
import { stoppedTops } from '../../src/rewind/stoppedTops.ts';
import { cautionText } from '../../src/words/cautions.ts';
import { device, type UberblockSpec, vdev } from '../pool/surveys.ts';
import { pool as fixture } from '../tools/images.ts';
import { scanFixture } from './scanned.ts';

const written = (...txgs: bigint[]): UberblockSpec[] => txgs.map((txg) => ({ txg, guidSum: 6n }));

function newestOf(devices: readonly DeviceSurvey[]) {
  const [pool] = assemblePools(devices).pools;
  if (pool === undefined) throw new Error('no pool');
  const candidates = collectCandidates(pool);
  const [newest] = candidates;
  if (newest === undefined) throw new Error('no uberblock');
  return elsewhereAt(pool, newest.txg, stoppedTops(pool, candidates));
}

const mirror = (other: Partial<VdevConfig> = {}) => vdev(4n, { type: 'mirror', children: [vdev(5n), vdev(6n, other)] });
const leg = (other: Partial<VdevConfig> = {}) =>
  device({ name: 'd0', guid: 5n, tree: mirror(other), uberblocks: written(5n, 6n) });

describe('what the pool wrote that is not here', () => {
  it('is nothing where all devices are', () => {
    expect(newestOf([device({ name: 'd0', tree: vdev(5n), uberblocks: written(5n, 6n) })])).toBeNull();
  });

  it('is what came after an older copy of one disk of a stripe', () => {
    const more = { vdevChildren: 2 };
    const first = device({ name: 'd0', tree: vdev(5n), more, uberblocks: written(5n, 6n, 7n) });
    const older = device({ name: 'd1', tree: vdev(6n, { id: 1 }), more, uberblocks: written(5n) });
    expect(newestOf([first, older])).toEqual({ after: 5n, certain: true });
  });

  it('may be on a missing leg, unless the labels say that it was left behind', () => {
    expect(newestOf([leg()])).toEqual({ after: 6n, certain: false });
    for (const state of [{ offline: true }, { auxState: 'external' }, { notPresent: true }]) {
      expect(newestOf([leg(state)])).toBeNull();
    }
  });

  it('is not on one missing disk of a raidz, which cannot go on alone', () => {
    const tree = vdev(4n, { type: 'raidz', nparity: 1, children: [vdev(5n), vdev(6n), vdev(7n)] });
    const at = (guid: bigint) => device({ name: `d${guid}`, guid, tree, uberblocks: written(5n, 6n) });
    expect(newestOf([at(5n), at(6n)])).toBeNull();
  });

  it('is to be found before the pool is rewound to a txg from before the vdev was added', async () => {
    const { scan } = await scanFixture(fixture('added-top-lost'), 'meta');
    const cautions = scan.judgements.flatMap(({ recommendation }) => recommendation?.cautions ?? []);
    expect(cautions.map(cautionText).join('\n')).toMatch(
      /^Find \S+ \(guid \d+\) first and scan again with it: newer txgs lack/m,
    );
  });
});

describe('a device that stayed behind', () => {
  const cautionsOf = (others: 'siblings' | 'pool') => {
    const at = { txg: 5n, time: 100n };
    const values = { device: 'd1', vdev: '/v/6', stopped: at, newest: at, others, behind: 1 };
    const findings = [{ code: 'leg-stale', severity: 'warning', values, devices: [] }] as const;
    const [judged] = scanned;
    const [choice] = choices;
    if (judged === undefined || choice === undefined) throw new Error('nothing judged');
    return stateCautions({ findings, choice: { ...choice, passedOver: [judged] } });
  };
  let scanned: readonly JudgedCandidate[] = [];
  let choices: readonly Choice<JudgedCandidate>[] = [];
  beforeAll(async () => {
    const { scan } = await scanFixture(fixture('healthy-single'));
    scanned = scan.judgements.flatMap(({ candidates }) => candidates);
    choices = [choose(scanned, 0n)].flatMap((choice) => choice ?? []);
  });

  it('is resilvered by a read-write import where it has siblings, and not where it is all of its vdev', () => {
    expect(cautionsOf('siblings')).toEqual([{ kind: 'resilvers-stale-leg' }]);
    expect(cautionsOf('pool')).toEqual([]);
  });
});
