import { describe, expect, it } from 'vitest';
import { asGuid, asTxg } from '../../src/bytes/units.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import type { DeviceSurvey } from '../../src/pool/survey.ts';
import type { Finding } from '../../src/rewind/findings/finding.ts';
import { judgePool } from '../../src/rewind/judgePool.ts';
import { cautionText } from '../../src/words/cautions.ts';
import { type DeviceSpec, device, mirrorPool, type UberblockSpec, vdev } from '../pool/surveys.ts';
import { pool as fixture } from '../tools/images.ts';
import { said } from './said.ts';
import { scanFixture } from './scanned.ts';

const graver = (findings: readonly Finding[]) =>
  [...new Set(findings.filter(({ severity }) => severity !== 'info').map(({ code }) => code))].sort();

describe('findings on pools that real ZFS wrote', () => {
  it.each([
    ['healthy-single', []],
    ['exported', []],
    ['no-features', []],
    ['version-28', []],
    ['four-tops', []],
    ['reguid', []],
    ['replaced-disk', []],
    ['removed-vdev', []],
    ['checkpoint', ['uberblock-ahead-of-metadata']],
    ['random-rot', []],
    ['lying-mirror-one', []],
    ['raidz-expanded', []],
    ['raidz3-rotten', []],
    ['destroyed', ['pool-destroyed']],
    ['destroyed-stale-top', ['leg-stale', 'pool-destroyed']],
    ['renamed-stale-top', ['device-other-name', 'leg-stale']],
    ['multihost', ['multihost', 'uberblock-ahead-of-metadata']],
    ['flipped-newest', ['uberblock-checksum']],
    ['added-later', ['uberblock-checksum']],
    ['torn-sector', ['ring-sector-torn']],
    ['front-wiped', ['label-lost']],
    ['tail-lost', ['label-lost']],
    ['stale-leg', ['leg-stale']],
    ['stale-leg-newer-damaged', ['leg-stale', 'uberblock-ahead-of-metadata']],
    ['split-brain', ['history-diverged', 'labels-disagree']],
    ['missing-log', ['log-missing']],
    ['abandoned-timeline', ['abandoned-timeline']],
    ['rewind-in-one-second', ['abandoned-timeline']],
    ['clock-back', ['clock-anomaly']],
    ['truncated', ['device-truncated', 'label-lost']],
    ['foreign-end', ['foreign-pool']],
    ['special-lost', ['device-missing', 'guid-sum-mismatch']],
    ['lying-single', ['uberblock-ahead-of-metadata']],
    ['draid-one-missing', ['device-missing']],
    ['raidz2-two-missing', ['device-missing']],
    ['raidz2-three-missing', ['device-missing']],
  ])('%s: graver than a note is %j and nothing else', async (name, codes) => {
    const { scan } = await scanFixture(fixture(name));
    expect(graver(scan.judgements.flatMap(({ findings }) => findings))).toEqual(codes);
  });

  const finding = async (name: string, code: string): Promise<Finding> => {
    const { scan } = await scanFixture(fixture(name));
    const found = scan.judgements.flatMap(({ findings }) => findings).find((each) => each.code === code);
    if (found === undefined) throw new Error(`no ${code}`);
    return found;
  };

  it('says where not all devices know of the destroy, so that zpool may find the pool without -D', async () => {
    expect(said(await finding('destroyed', 'pool-destroyed'))).toContain('The commands carry -D.');
    const message = said(await finding('destroyed-stale-top', 'pool-destroyed'));
    expect(message).toContain('with -D it would not find the pool');
  });

  it('says which device knows the pool by the name of before, and that an import by name leaves it out', async () => {
    expect(said(await finding('renamed-stale-top', 'device-other-name'))).toMatch(
      /d2\.img knows the pool as tank, not as other: asked for it by name, zpool import leaves it out, and the pool does not import without; the commands name the pool by its guid\.$/,
    );
  });

  it('tells which txgs a rewind left behind, and the newest that was written after it', async () => {
    const message = said(await finding('abandoned-timeline', 'abandoned-timeline'));
    expect(message).toMatch(/txg 60, 65, 74 remain from before a rewind; the pool went on at txg 59 to 66/);
    const { scan } = await scanFixture(fixture('abandoned-timeline'), 'meta');
    expect(scan.judgements[0]?.recommendation?.alternatives).toMatchObject([{ txg: 66n }]);
  });

  it('tells a rewind by the configs of the states where all was written within a second', async () => {
    const message = said(await finding('rewind-in-one-second', 'abandoned-timeline'));
    expect(message).toMatch(/txg 17, 20, 23 remain from before a rewind; the pool went on at txg 16 to 18/);
  });

  it('names the missing log of missing-log as the pool does, although none of its labels was given', async () => {
    const { scan } = await scanFixture(fixture('missing-log'));
    expect(scan.judgements[0]?.pool.missing).toEqual([
      { guid: 8624164002789451962n, type: 'file', path: '/v/d2', role: 'log' },
    ]);
    expect(said(await finding('missing-log', 'log-missing'))).toContain('file /v/d2 (guid 8624164002789451962)');
    expect(scan.judgements[0]?.recommendation?.candidate.commands.readOnly).toContain('-m');
  });

  it('tells the last txg that two branches share, and where each ends', async () => {
    const message = said(await finding('split-brain', 'history-diverged'));
    expect(message).toMatch(/last txg they share is 101 .*d1\.img went on to txg 135 .*d0\.img went on to txg 141 /);
  });

  it('tells how far a stale leg stayed behind', async () => {
    const told = await finding('stale-leg', 'leg-stale');
    const { devices } = told;
    const message = said(told);
    expect(message).toMatch(
      /d1\.img \(\/v\/d1\) stopped at txg 86 .*; its siblings go on to txg 124, 3 s and 14 uberblocks later/,
    );
    expect(devices).toHaveLength(1);
  });

  it('names the txgs of uberblocks that would have been the newest', async () => {
    expect(said(await finding('flipped-newest', 'uberblock-checksum'))).toContain('Txg 89, 92 are newer');
  });

  it('names the candidates that an expansion makes unreachable', async () => {
    expect(said(await finding('raidz-expanded', 'raidz-expansion'))).toContain('txg 66, 65, 63, 62, 59, 58');
  });

  it('tells the checkpoint that a pool keeps, of which txg and how to go back to it', async () => {
    const told = await finding('checkpoint', 'checkpoint');
    const { severity } = told;
    const message = said(told);
    expect(severity).toBe('info');
    expect(message).toMatch(
      /^The pool keeps a checkpoint of txg 59 \(2026-11-21 09:38:46 UTC\), as txg \d+ has it\. All/,
    );
    expect(message).toContain('commands are those of txg 59 in the table');
    const { scan } = await scanFixture(fixture('checkpoint'));
    expect(scan.judgements[0]?.recommendation?.alternatives.map(({ txg }) => txg)).toContain(59n);
  });

  it.each([
    ['added-later', 'Between txg 81 and 84 the pool changed: /v/d2 (guid 10187046006796542374) came. Up to txg 81'],
    ['replaced-disk', 'Between txg 73 and 74 the pool changed: /v/d1 (guid 9238330474865598768) went. Up to txg 73'],
    ['reguid', 'its guid went from 11617630801714402944 to 737702291946021940 (zpool reguid). Up to txg 59 nothing'],
  ])('%s: tells which devices came and went between the txgs of its rings', async (name, change) => {
    expect(said(await finding(name, 'devices-changed'))).toContain(change);
  });

  it('says of the missing guid that it is the log which the meta-object set names', async () => {
    const told = await finding('missing-log', 'guid-sum-mismatch');
    const { severity } = told;
    const message = said(told);
    expect(severity).toBe('info');
    expect(message).toMatch(
      /difference 8624164002789451962\)\. That is log \/v\/d2 \(guid 8624164002789451962\), known from the pool's root metadata \(MOS\)/,
    );
  });

  it('compares what the branches of a split brain have', async () => {
    expect(said(await finding('split-brain', 'history-diverged'))).toContain('no dataset or snapshot that only it has');
    const { scan } = await scanFixture(fixture('split-brain'));
    expect(scan.judgements[0]?.recommendation?.alternatives).toMatchObject([{ txg: 135n }]);
  });

  it.each(['healthy-single', 'exported', 'four-tops', 'raidz-expanded'])(
    '%s: has nothing to be careful of',
    async (name) => {
      const { scan } = await scanFixture(fixture(name), 'meta');
      expect(scan.judgements[0]?.recommendation).toMatchObject({ cautions: [], risky: false });
      expect(scan.judgements[0]?.recommendation?.steps.map(({ kind }) => kind)).not.toContain('outrun');
    },
  );

  it('warns before a rewind of what it gives up and how it comes back, and how to prevent that', async () => {
    const { scan } = await scanFixture(fixture('lying-mirror-both'), 'meta');
    const recommendation = scan.judgements[0]?.recommendation;
    expect(recommendation?.candidate.candidate.txg).toBe(106n);
    expect(recommendation?.cautions.map(cautionText).join('\n')).toMatch(
      /gives up 5 newer uberblocks \(txg 109 to 119\).*past txg 119.*issue 19163/s,
    );
    expect(recommendation?.steps.find(({ kind }) => kind === 'outrun')).toMatchObject({ pool: 'tank', syncs: 14n });
    expect(recommendation?.state?.snapshots.count).toBeGreaterThan(0);
  });

  it('notes which disk is no longer part of the pool', async () => {
    expect(said(await finding('replaced-disk', 'former-member'))).toContain('d1.img');
  });
});

/** Findings of made devices: no block can be read. */
async function of(...devices: DeviceSurvey[]): Promise<readonly Finding[]> {
  const [pool] = assemblePools(devices).pools;
  if (pool === undefined) throw new Error('no pool');
  return (await judgePool(pool, null, { depth: 'labels' })).findings;
}

const single = (more: Partial<DeviceSpec>) =>
  device({ name: 'd0', tree: vdev(5n), uberblocks: [{ txg: 5n, guidSum: 6n }], ...more });
const codes = (findings: readonly Finding[]) => findings.map(({ code, severity }) => `${severity} ${code}`);
const ring = (...specs: [txg: bigint, timestamp: bigint][]): UberblockSpec[] =>
  specs.map(([txg, timestamp]) => ({ txg, timestamp, guidSum: 6n }));

describe('findings on made pools', () => {
  it('are none for a sound single disk', async () => {
    expect(await of(single({}))).toEqual([]);
  });

  it('tell an abandoned timeline by labels that the rewound pool rewrote', async () => {
    const uberblocks = ring([5n, 100n], [6n, 200n], [7n, 210n], [8n, 130n], [9n, 140n]);
    const [found] = await of(single({ uberblocks, txg: 6n }));
    expect(found).toMatchObject({ code: 'abandoned-timeline', severity: 'warning' });
    expect(said(found)).toMatch(/txg 8, 9 remain from before a rewind; the pool went on at txg 6 to 7/);
  });

  it('tell an abandoned timeline that the pool has passed as no matter of an import', async () => {
    const uberblocks = ring([5n, 100n], [6n, 200n], [7n, 210n], [8n, 130n], [9n, 230n]);
    const [found] = await of(single({ uberblocks, txg: 6n }));
    expect(found).toMatchObject({ code: 'abandoned-timeline', severity: 'info' });
    expect(said(found)).toMatch(/txg 8 remains from before a rewind; .* has passed it: its newest, txg 9 /);
  });

  it('do not take a state of the same second for one that passed, where its config is not read', async () => {
    const uberblocks = ring([5n, 100n], [6n, 200n], [7n, 210n], [8n, 130n], [9n, 210n]);
    const [found] = await of(single({ uberblocks, txg: 6n }));
    expect(found).toMatchObject({ code: 'abandoned-timeline', severity: 'warning' });
  });

  it('tell a clock that went back where no label was rewritten, not for equal times', async () => {
    const back = await of(single({ uberblocks: ring([5n, 100n], [6n, 200n], [7n, 130n]), txg: 4n }));
    expect(codes(back)).toEqual(['warning clock-anomaly']);
    expect(await of(single({ uberblocks: ring([5n, 100n], [6n, 100n]) }))).toEqual([]);
  });

  // Asked of real ZFS: a pool of 128 MiB imports from its first 120, not from its first 112.
  it('tell a device that is too short for its vdev, down to one metaslab at the end', async () => {
    const tree = vdev(5n, { asize: 247n * 512n * 1024n, metaslabShift: 24 });
    const message = said((await of(single({ tree, sizeMib: 112 })))[0]);
    expect(message).toMatch(
      /it has 112 MiB, the vdev needs at least 119296 KiB\. 4608 KiB or more are missing at the end/,
    );
    expect(await of(single({ tree, sizeMib: 120 }))).toEqual([]);
  });

  // The same pool of 64 MiB cut to 56 is refused, though it lacks less than one metaslab.
  it('tell a device that is smaller than OpenZFS takes at all', async () => {
    const tree = vdev(5n, { asize: 119n * 512n * 1024n, metaslabShift: 24 });
    expect(said((await of(single({ tree, sizeMib: 56 })))[0])).toContain('needs at least 64 MiB');
  });

  it('tell a label that is newer than the newest uberblock', async () => {
    expect(codes(await of(single({ txg: 9n })))).toEqual(['warning label-newer-than-uberblock']);
  });

  it('tell labels of one device that differ', async () => {
    const old = single({ txg: 4n });
    const young = single({ txg: 5n });
    const labels = [...old.labels.slice(0, 2), ...young.labels.slice(2)];
    expect(codes(await of({ ...old, labels }))).toEqual(['warning labels-disagree']);
  });

  it('tell labels and uberblocks of another pool on the same device', async () => {
    const own = single({
      uberblocks: [
        { txg: 5n, guidSum: 6n },
        { txg: 900n, state: 'foreign' },
      ],
    });
    const [higher] = await of(own);
    expect(codes(await of(own))).toEqual(['error foreign-pool']);
    expect(said(higher)).toMatch(/an import without -T takes .* \(txg 900\) and fails/);
    const other = device({ name: 'd0', tree: vdev(6n), pool: 2n, poolName: 'old' });
    const labels = [...single({}).labels.slice(0, 2), ...other.labels.slice(2)];
    const [found] = await of({ ...single({}), labels });
    expect(said(found)).toContain('labels 2-3 of pool old (guid 2)');
  });

  it('tell a leg that OpenZFS takes for one of another pool, which redundancy does without', async () => {
    const [first, second] = mirrorPool([5n]);
    if (first === undefined || second === undefined) throw new Error('no legs');
    const other = device({ name: 'd11', tree: vdev(6n), pool: 2n, poolName: 'old', txg: 900n });
    const found = await of({ ...first, labels: [...first.labels.slice(0, 2), ...other.labels.slice(2)] }, second);
    expect(codes(found)).toEqual(['warning foreign-pool']);
    expect(said(found[0])).toMatch(/takes this one for a device of old and does not open it\. Redundancy does without/);
  });

  it('tell a device that OpenZFS will not open because no label is sound', async () => {
    const found = await of(single({ statuses: ['bad-checksum', 'bad-checksum', 'empty', 'empty'] }));
    expect(found[0]).toMatchObject({ code: 'label-lost', severity: 'error' });
    expect(said(found[0])).toContain('No label is left that OpenZFS accepts');
  });

  it('tell guids that do not add up although every top-level vdev is there', async () => {
    const [found] = await of(single({ uberblocks: [{ txg: 5n, guidSum: 16n }] }));
    expect(found).toMatchObject({ code: 'guid-sum-mismatch', severity: 'warning' });
    expect(said(found)).toContain('(16, found 6, difference 10)');
  });

  it('find the known vdevs that make up for the difference in guids', async () => {
    const now = single({ uberblocks: [{ txg: 5n, guidSum: 28n }] });
    const tree = vdev(10n, { type: 'mirror', path: null, children: [vdev(5n), vdev(12n)] });
    const old = device({ name: 'd0', guid: 5n, tree, txg: 3n });
    const labels = [...now.labels.slice(0, 3), ...old.labels.slice(3)];
    const found = (await of({ ...now, labels })).find(({ code }) => code === 'guid-sum-mismatch');
    expect(said(found)).toContain(
      'That is the tree of the labels without /v/5 (guid 5) and with mirror (guid 10) with its 2 children.',
    );
  });

  it('do not call the place of a removed vdev a missing device', async () => {
    const more = { vdevChildren: 2, featuresForRead: ['com.delphix:device_removal'] };
    expect(codes(await of(single({ more })))).toEqual(['info top-level-unknown']);
  });

  it('tell a pool that was rewound to a checkpoint', async () => {
    const uberblocks = [{ txg: 5n, guidSum: 6n, checkpointTxg: asTxg(3n) }];
    expect(said((await of(single({ uberblocks })))[0])).toContain('txg 5 continues the checkpoint of txg 3');
  });

  it('tell an expansion that is still running', async () => {
    const tree = vdev(10n, { type: 'raidz', nparity: 1, raidzExpanding: true, children: [vdev(5n)] });
    const found = await of(single({ guid: 5n, tree, uberblocks: [{ txg: 5n, guidSum: 16n }] }));
    expect(codes(found)).toEqual(['warning raidz-expansion']);
    expect(said(found[0])).toContain('raidz1-0 is being expanded to 1 disks');
  });

  it('tell slots that could not be read', async () => {
    const uberblocks: UberblockSpec[] = [
      { txg: 5n, guidSum: 6n },
      { txg: 6n, state: 'unreadable' },
    ];
    expect(codes(await of(single({ uberblocks })))).toEqual(['warning ring-unreadable']);
  });

  it('tell which of two copies of a device is the older one, and the commands leave it out', async () => {
    const older = single({ name: 'backup', uberblocks: ring([3n, 90n], [5n, 100n]) });
    const newer = single({ name: 'd0', uberblocks: ring([5n, 100n], [6n, 110n]) });
    const [pool] = assemblePools([older, newer]).pools;
    if (pool === undefined) throw new Error('no pool');
    const { findings, candidates } = await judgePool(pool, null, { depth: 'labels' });
    const message = said(findings.find(({ code }) => code === 'duplicate-device'));
    expect(message).toMatch(
      /^backup is an older copy of d0: it stops at txg 5, the other goes on to txg 6\. d0 was used/,
    );
    expect(message).toContain('Only it has txg 3');
    for (const { candidate, devices } of candidates) {
      if (candidate.taken) expect(devices?.map(({ source }) => source.name)).toEqual(['d0']);
    }
  });

  it('tell devices that stand beside the tree, and why', async () => {
    const spare = { role: 'spare' as const, poolGuid: null, txg: null, guid: asGuid(77n), vdevTree: null };
    const cache = { ...spare, role: 'cache' as const };
    const template: UberblockSpec[] = [{ txg: 0n, guidSum: 34n, state: 'template' }];
    const found = await of(
      ...mirrorPool([5n]),
      device({ name: 's', more: spare, uberblocks: template }),
      device({ name: 'c', more: cache, uberblocks: template }),
      device({ name: 'bare', uberblocks: [{ txg: 5n, guidSum: 34n }] }),
      device({ name: 'twin', guid: 11n, tree: vdev(10n, { type: 'mirror', children: [vdev(11n), vdev(12n)] }) }),
    );
    expect(codes(found)).toEqual([
      'error label-lost',
      'warning device-by-ring',
      'warning duplicate-device',
      'info cache-device',
      'info spare-device',
    ]);
  });
});
