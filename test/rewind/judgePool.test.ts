import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import type { BlockReader } from '../../src/pool/blockRead.ts';
import { UnavailableBlockError } from '../../src/pool/blockRead.ts';
import type { DeviceSurvey } from '../../src/pool/survey.ts';
import type { Judged } from '../../src/rewind/judge.ts';
import type { JudgeOptions, PoolJudgement } from '../../src/rewind/judgement.ts';
import { judgePool } from '../../src/rewind/judgePool.ts';
import { scanPools } from '../../src/rewind/scanPools.ts';
import { reasonWords } from '../../src/words/reasons.ts';
import { type DeviceSpec, device, mirrorPool, vdev } from '../pool/surveys.ts';
import { fakeReader, objset } from './fakeReader.ts';
import { said } from './said.ts';

const PLACE = { source: 'd', offset: 0, path: [] };

/** Reads every root block but those born in `broken`; `outcome` says what their copies are. */
const reader = (broken: readonly bigint[], outcome: 'wrong' | 'absent' = 'wrong'): BlockReader =>
  fakeReader(({ birth }) => {
    const attempt = { place: PLACE, vdev: 'd', outcome, error: null };
    return broken.includes(birth) ? new UnavailableBlockError('gone', [attempt], PLACE) : objset(1n);
  });

const saidOf = ({ prediction }: Judged) => prediction.reasons.map((reason) => reasonWords(reason));

function judge(devices: readonly DeviceSurvey[], blocks: BlockReader | null, more: Partial<JudgeOptions> = {}) {
  const [pool] = assemblePools(devices).pools;
  if (pool === undefined) throw new Error('no pool');
  return judgePool(pool, blocks, { depth: 'mos', ...more });
}

const table = ({ candidates }: PoolJudgement) =>
  candidates.map(({ rank, candidate, prediction }) => `${rank} ${candidate.txg} ${prediction.verdict}`);

describe('judgePool', () => {
  it('ranks what reads before what is damaged, the newest first, and recommends the first', async () => {
    const judgement = await judge(mirrorPool([5n, 6n, 7n, 8n]), reader([8n, 6n]));
    expect(table(judgement)).toEqual(['1 7 unverified', '2 5 unverified', '3 8 damaged', '4 6 damaged']);
    expect(judgement.recommendation).toMatchObject({
      candidate: { lossSeconds: 1, copies: 8, blocksChecked: 1 },
      why: { kind: 'newest-fitting', verdict: 'unverified', passedOver: [{ kind: 'damaged', count: 1 }] },
      alternatives: [{ txg: 5n }],
    });
    expect(judgement.findings[0]).toMatchObject({ code: 'uberblock-ahead-of-metadata', severity: 'error' });
  });

  it('says of an open verdict what was looked at', async () => {
    const { candidates } = await judge(mirrorPool([5n]), reader([]));
    expect(candidates.slice(0, 1).flatMap(saidOf)).toEqual([
      'root block reads on 1 of 1 place looked at; nothing below it was checked at this depth',
    ]);
  });

  it('says where a destroyed root block was looked for', async () => {
    const { candidates } = await judge(mirrorPool([5n, 6n]), reader([6n]));
    expect(candidates.slice(-1).flatMap(saidOf)[0]).toMatch(
      /^the root block \(0:6000\) fails its checksum on every copy: d @ 0x0$/,
    );
  });

  it('calls a root block whose copies are all on missing devices incomplete', async () => {
    expect(table(await judge(mirrorPool([5n]), reader([5n], 'absent')))).toEqual(['1 5 incomplete']);
  });

  it('recommends nothing and reads nothing at the depth of labels', async () => {
    const judgement = await judge(mirrorPool([5n]), reader([5n]), { depth: 'labels' });
    expect(table(judgement)).toEqual(['1 5 unverified']);
    expect(judgement.recommendation).toBeNull();
    expect(judgement.candidates.slice(0, 1).flatMap(saidOf)[0]).toContain('not read at this depth');
  });

  it('judges only the txgs asked for and measures their loss against the newest of all', async () => {
    const judgement = await judge(mirrorPool([5n, 6n, 7n, 8n]), reader([]), { minTxg: 6n, maxTxg: 7n });
    expect(judgement.candidates.map(({ candidate, lossSeconds }) => [candidate.txg, lossSeconds])).toEqual([
      [7n, 1],
      [6n, 2],
    ]);
  });

  it('needs no reading to refuse a raidz that lacks more than its parity', async () => {
    const children = [21n, 22n, 23n].map((guid) => vdev(guid));
    const tree = vdev(20n, { type: 'raidz', nparity: 1, path: null, children });
    const leg = device({ name: 'r', guid: 21n, tree, uberblocks: [{ txg: 5n }] });
    const { candidates, recommendation } = await judge([leg], null);
    expect(candidates[0]?.prediction).toMatchObject({
      verdict: 'incomplete',
      failsAt: 'spa_ld_open_vdevs',
      because: 'missing-device',
      hazards: [],
    });
    expect(candidates.flatMap(saidOf)).toEqual(['raidz1-0 cannot be opened: 2 of its 3 devices are missing']);
    expect(recommendation).toBeNull();
  });

  it('does not wait for a log: a missing one is passed over with -m', async () => {
    const log = vdev(30n, { type: 'mirror', id: 1, isLog: true, children: [vdev(31n), vdev(32n)] });
    const bad = { statuses: ['bad-checksum', 'bad-checksum', 'empty', 'empty'] as const };
    const more = { vdevChildren: 2 };
    const devices = [
      device({ name: 'd', tree: vdev(5n), more, uberblocks: [{ txg: 5n }] }),
      device({ name: 'log', guid: 31n, tree: log, more, ...bad }),
    ];
    expect(table(await judge(devices, reader([])))).toEqual(['1 5 unverified']);
  });

  it('refuses to go back over a step of a raidz expansion', async () => {
    const uberblocks = [{ txg: 5n }, { txg: 6n, reflow: 99n }, { txg: 7n }];
    const judgement = await judge([device({ name: 'd', tree: vdev(5n), uberblocks })], reader([]));
    expect(table(judgement)).toEqual(['1 7 unverified', '2 5 unverified', '3 6 damaged']);
    expect(judgement.findings.map(({ code }) => code)).toContain('raidz-expansion');
  });

  it.each([0n, 29n, 4999n, 5001n])('refuses pool version %s, which OpenZFS does not know', async (version) => {
    const judgement = await judge(
      [device({ name: 'd', tree: vdev(5n), uberblocks: [{ txg: 5n, version }] })],
      reader([]),
    );
    expect(judgement.candidates.slice(0, 1).flatMap(saidOf)[0]).toContain(
      `pool version ${version}, which OpenZFS does not import`,
    );
  });

  it('gives the other branch of a split brain a command that leaves out the devices of the first', async () => {
    const tree = vdev(10n, { type: 'mirror', children: [vdev(11n), vdev(12n)] });
    const leg = (guid: bigint, root: bigint) => {
      const uberblocks = [{ txg: 5n }, { txg: 6n, root, timestamp: 1_800_000_000n + root }];
      return device({ name: `/e/d${guid}`, guid, tree, uberblocks });
    };
    const { candidates, recommendation } = await judge([leg(11n, 1n), leg(12n, 2n)], reader([]));
    const told = candidates.map(({ candidate, commands }) => `${candidate.txg} ${commands.readOnly[3]}`);
    expect(told).toEqual(['6 /e/d12', '6 /e/d11', '5 /e/d11']);
    expect(recommendation?.candidate.candidate.taken).toBe(true);
  });

  it('shows parts of images by loop devices first, and gives zpool those alone', async () => {
    const placeOf = ({ source }: DeviceSurvey) => ({
      ...{ path: '/e/image', kind: 'file' as const, name: `zu-${source.name}` },
      part: { start: 1048576, size: source.size },
      image: null,
    });
    const tree = vdev(10n, { type: 'mirror', children: [11n, 12n].map((guid) => vdev(guid, { type: 'disk' })) });
    const legs = [11n, 12n].map((guid) => device({ name: `d${guid}`, guid, tree, uberblocks: [{ txg: 5n }] }));
    const { recommendation } = await judge(legs, reader([]), { placeOf });
    expect(recommendation?.candidate.commands.readOnly.slice(0, 7)).toEqual(
      'zpool import -d /run/zu-d11 -d /run/zu-d12 -N'.split(' '),
    );
    expect(recommendation?.steps[0]).toMatchObject({
      kind: 'show-read-only',
      showings: [{ kind: 'loop', path: '/run/zu-d11' }, { path: '/run/zu-d12' }],
    });
  });

  // Asked of OpenZFS 2.3.2: a disk's image as it is is refused with "Block device required", behind losetup it imports.
  it('has the image of a disk attached, and that of a file not', async () => {
    const of = async (type: string) => {
      const only = device({ name: '/e/d', tree: vdev(5n, { type }), uberblocks: [{ txg: 5n }] });
      return (await judge([only], reader([]))).recommendation;
    };
    expect((await of('disk'))?.steps[0]?.kind).toBe('show-read-only');
    expect((await of('disk'))?.candidate.commands.readOnly).toContain('/run/zu-d0');
    expect((await of('file'))?.steps[0]?.kind).toBe('import-read-only');
    expect((await of('file'))?.candidate.commands.readOnly).toContain('/e/d');
  });

  it('says of a nameless pool that zpool does not see it', async () => {
    const { candidates } = await judge([device({ name: 'bare', uberblocks: [{ txg: 5n }] })], null);
    expect(candidates[0]).toMatchObject({ prediction: { verdict: 'damaged' }, commands: { readOnly: [] } });
  });

  it('keeps seconds a number that JSON can hold, whatever the ring says', async () => {
    const uberblocks = [
      { txg: 5n, timestamp: 0n },
      { txg: 6n, timestamp: 2n ** 64n - 1n },
    ];
    const { candidates } = await judge([device({ name: 'd', tree: vdev(5n), uberblocks })], reader([]));
    expect(candidates.map(({ lossSeconds }) => lossSeconds)).toEqual([0, Number.MAX_SAFE_INTEGER]);
  });

  it('says the same for every order of the devices', async () => {
    const tree = vdev(10n, { type: 'mirror', children: [vdev(11n), vdev(12n), vdev(13n)] });
    const leg = (guid: bigint, more: Partial<DeviceSpec>) => device({ name: `d${guid}`, guid, tree, ...more });
    const devices = [
      leg(11n, { uberblocks: [{ txg: 5n }, { txg: 6n, root: 1n }, { txg: 9n }] }),
      leg(12n, { uberblocks: [{ txg: 5n }, { txg: 6n, root: 2n }] }),
      leg(13n, { uberblocks: [{ txg: 4n }], statuses: ['ok', 'empty', 'bad-checksum', 'ok'] }),
      device({ name: 'former', tree: vdev(9n), txg: 0n, uberblocks: [{ txg: 8n }] }),
    ];
    const tell = async (order: readonly DeviceSurvey[]) => {
      const judgement = await judge(order, reader([9n]));
      return {
        rows: judgement.candidates.map(({ candidate, prediction, commands }) => [candidate.key, prediction, commands]),
        findings: judgement.findings.map((finding) => [finding.code, said(finding)]),
        best: judgement.recommendation?.why,
      };
    };
    const told = await tell(devices);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(devices, { minLength: devices.length }), async (order) => {
        expect(await tell(order)).toEqual(told);
      }),
    );
  });
});

describe('scanPools', () => {
  const single = (name: string, pool: bigint) =>
    device({ name, pool, tree: vdev(pool + 100n), uberblocks: [{ txg: 5n, guidSum: pool }] });

  it('puts guids into the commands of pools that share a name', async () => {
    const { judgements } = await scanPools([single('a', 1n), single('b', 2n)], () => reader([]), { depth: 'mos' });
    expect(judgements.map(({ candidates }) => candidates[0]?.commands.readOnly.at(-1))).toEqual(['tank-1', 'tank-2']);
  });

  it('judges only the pool that is asked for, by name or guid', async () => {
    const judged = async (only: string) => {
      const { judgements } = await scanPools([single('a', 1n), single('b', 2n)], () => null, { depth: 'labels', only });
      return judgements.map(({ pool }) => pool.guid);
    };
    expect([await judged('2'), await judged('tank'), await judged('nobody')]).toEqual([[2n], [1n, 2n], []]);
  });
});
