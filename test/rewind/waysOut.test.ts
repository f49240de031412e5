import { describe, expect, it } from 'vitest';
import { buildPoolEntry } from '../../src/document/poolEntry.ts';
import { pool as fixture } from '../tools/images.ts';
import { scanFixture } from './scanned.ts';

// Each way was tried with OpenZFS 2.3.2, in a process or in its kernel module, with the parameters that it names.

/** The ways out of a pool, without the places of its images. */
async function waysOf(name: string, images = fixture(name).images) {
  const { scan, devices } = await scanFixture({ ...fixture(name), images }, 'meta');
  const [judgement] = scan.judgements;
  if (judgement === undefined) throw new Error('no pool');
  const entry = buildPoolEntry(judgement, (device) => devices.indexOf(device));
  return (entry.waysOut ?? []).map(({ kind, txg, steps, risks, sources, commandReadOnly, commandReadWrite }) => ({
    kind,
    txg,
    steps: steps.map((step) => step.kind).join(' '),
    set: steps.flatMap((step) => (step.kind === 'set-parameters' ? step.lines : [])),
    risks,
    sources,
    outrun: steps.flatMap((step) => (step.kind === 'outrun' ? step.lines : [])),
    readOnly: withoutPlaces(commandReadOnly),
    readWrite: withoutPlaces(commandReadWrite),
  }));
}

const withoutPlaces = (command: readonly string[]): string =>
  command.filter((word, i) => word !== '-d' && command[i - 1] !== '-d').join(' ');

const BOTH =
  'show-read-only import-read-only copy-out export detach show-read-write import-read-write outrun export detach';
const missingTops = 'echo 1 > /sys/module/zfs/parameters/zfs_max_missing_tvds';

describe('the ways out', () => {
  it('of a top-level vdev that was faulted by force: without it, from before that, and with the other devices alone', async () => {
    expect(await waysOf('forced-offline-top')).toEqual([
      {
        kind: 'missing-tops',
        txg: '63',
        set: [missingTops],
        risks: ['lost-blocks'],
        outrun: [],
        steps: 'set-parameters show-read-only import-read-only copy-out export detach reset-parameters',
        readOnly: 'zpool import -N -f -o readonly=on zroot',
        readWrite: '',
      },
      {
        kind: 'missing-tops',
        txg: '32',
        set: [missingTops],
        risks: ['later-state-lost'],
        steps: `set-parameters ${BOTH} reset-parameters`,
        outrun: ['for i in $(seq 32); do zpool sync -f zroot; done'],
        readOnly: 'zpool import -N -f -o readonly=on -F -T 32 zroot',
        readWrite: 'zpool import -N -f -F -T 32 zroot',
      },
      {
        kind: 'other-devices',
        txg: '23',
        set: [],
        steps: BOTH,
        risks: ['later-state-lost'],
        sources: [0, 1],
        outrun: ['for i in $(seq 41); do zpool sync -f zroot; done'],
        readOnly: 'zpool import -N -f -o readonly=on -F -T 23 zroot',
        readWrite: 'zpool import -N -f -F -T 23 zroot',
      },
    ]);
  });

  it('of a mirror of which both legs were faulted by force: the leg that was first, which does not say so itself', async () => {
    expect(await waysOf('forced-offline-mirror')).toMatchObject([
      { kind: 'other-devices', txg: '31', set: [], sources: [1], readWrite: 'zpool import -N -f -F -T 31 tank' },
    ]);
  });

  it('of a single leg that was faulted by force: a copy whose labels do not say so', async () => {
    const [way, ...more] = await waysOf('forced-offline-mirror', ['d0.img']);
    expect(more).toEqual([]);
    expect(way).toMatchObject({
      kind: 'edited-labels',
      steps: 'repair-labels import-read-only copy-out export import-read-write outrun export',
      readWrite: 'zpool import -N -f -F -T 43 tank',
    });
  });

  it('of a lost top-level vdev lead to what is newer than the txg that imports without it', async () => {
    expect(await waysOf('added-top-lost')).toMatchObject([
      { kind: 'missing-tops', txg: '59', set: [missingTops], readOnly: expect.stringMatching(/readonly=on \w+$/) },
    ]);
  });

  it('of damage that only the last verification meets leave that out', async () => {
    expect(await waysOf('demo')).toMatchObject([
      {
        kind: 'unverified',
        txg: '84',
        set: ['echo 0 > /sys/module/zfs/parameters/spa_load_verify_metadata'],
        risks: ['damage-unseen'],
        readWrite: '',
      },
    ]);
  });

  it('of a device that was detached lead to the state of that moment, on a copy whose labels are repaired', async () => {
    expect(await waysOf('detached-only')).toMatchObject([
      {
        kind: 'repaired-labels',
        txg: '31',
        steps: 'repair-labels import-read-only copy-out export import-read-write export',
        readOnly: 'zpool import -N -f -o readonly=on -F -T 31 tank',
        readWrite: 'zpool import -N -f -F -T 31 tank',
        sources: [0],
      },
    ]);
  });

  it('are none where the newest state imports, and none where no parameter helps', async () => {
    expect(await waysOf('offline-leg')).toEqual([]);
    expect(await waysOf('special-lost')).toEqual([]);
  });
});
