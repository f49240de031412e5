import { describe, expect, it } from 'vitest';
import { asGuid } from '../../src/bytes/units.ts';
import type { VdevConfig } from '../../src/format/vdevConfig.ts';
import { collectCandidates } from '../../src/load/candidates.ts';
import {
  isKnownVersion,
  LABEL_STEPS,
  mayLack,
  OPEN_ROOTBP,
  OPEN_VDEVS,
  SELECT_UBERBLOCK,
} from '../../src/load/labelSteps.ts';
import { LoadMemo } from '../../src/load/loadMemo.ts';
import type { LoadState } from '../../src/load/loadState.ts';
import type { LoadStep, Trouble } from '../../src/load/predict.ts';
import { NOT_CHECKED, type RootState } from '../../src/load/rootState.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import { UnavailableBlockError } from '../../src/pool/blockRead.ts';
import type { VdevNode } from '../../src/pool/pool.ts';
import type { DeviceSurvey } from '../../src/pool/survey.ts';
import { newLoad } from '../../src/rewind/judge.ts';
import { SourceError } from '../../src/source/source.ts';
import { inner } from '../pool/madePool.ts';
import { type DeviceSpec, device, type UberblockSpec, vdev } from '../pool/surveys.ts';

const mirror = (more: Partial<VdevConfig> = {}): VdevConfig =>
  vdev(10n, { type: 'mirror', path: null, children: [vdev(11n), vdev(12n)], ...more });
const leg = (guid: bigint, more: Partial<DeviceSpec> = {}) =>
  device({ name: `d${guid}`, guid, tree: mirror(), uberblocks: [{ txg: 5n }], ...more });
const disk = (more: Partial<DeviceSpec> = {}) =>
  device({ name: 'd5', guid: 5n, tree: vdev(5n), uberblocks: [{ txg: 5n }], ...more });

/** Its last label gives a read error. */
const unreadable = (survey: DeviceSurvey, code: 'EIO' | 'EAGAIN' = 'EIO'): DeviceSurvey => ({
  ...survey,
  labels: survey.labels.map((label) =>
    label.index < 3
      ? label
      : {
          ...label,
          status: 'unreadable',
          trouble: new SourceError(code, code, { source: survey.source.name, offset: 0, path: [] }),
        },
  ),
});

/** The load of the newest candidate of the pool on `devices`. */
function load(devices: readonly DeviceSurvey[], about: Partial<LoadState> = {}): LoadState {
  const [pool] = assemblePools(devices).pools;
  const all = pool === undefined ? [] : collectCandidates(pool);
  const [candidate] = all;
  if (pool === undefined || candidate === undefined) throw new Error('no candidate');
  const given = { root: NOT_CHECKED, readers: null, memo: new LoadMemo(), signal: undefined };
  return { ...newLoad(pool, all, candidate, given), ...about };
}

async function troubleAt(step: LoadStep<LoadState>, state: LoadState): Promise<Trouble | null> {
  return step.check(state);
}

const withRoot = (state: LoadState, change: (root: VdevNode) => VdevNode | null): LoadState => {
  const { pool } = state;
  return { ...state, pool: { ...pool, root: pool.root && change(pool.root) } };
};
const withTops = (state: LoadState, change: (top: VdevNode) => VdevNode[]): LoadState =>
  withRoot(state, (root) => ({ ...root, children: root.children.flatMap(change) }));

it('are taken in the order of the load', () => {
  expect(LABEL_STEPS).toEqual([OPEN_VDEVS, SELECT_UBERBLOCK, OPEN_ROOTBP]);
  expect(LABEL_STEPS.map(({ name, when }) => `${name} ${when}`)).toEqual([
    'spa_ld_open_vdevs always',
    'spa_ld_select_uberblock always',
    'spa_ld_open_rootbp always',
  ]);
});

describe('opening the vdevs', () => {
  const opening = (state: LoadState) => troubleAt(OPEN_VDEVS, state);
  const legs = [leg(11n), leg(12n)];

  it('asks for a label', async () => {
    expect(await opening(withRoot(load(legs), () => null))).toEqual({
      reason: { code: 'no-label' },
      because: 'damage',
    });
  });

  it('passes where each vdev has what its redundancy needs', async () => {
    expect(await opening(load(legs))).toBeNull();
    expect(await opening(load([leg(11n)]))).toBeNull();
  });

  it('takes the devices that are given, else those of the pool', async () => {
    expect(await opening(load(legs, { devices: null }))).toBeNull();
    expect(await opening(load(legs, { devices: [] }))).toMatchObject({
      reason: { code: 'top-closed', absent: 2, leaves: 2, closed: [] },
      because: 'missing-device',
    });
  });

  it('starts from the tree that the candidate starts from', async () => {
    const state = load(legs);
    const { root } = load([disk()]).pool;
    if (root === null) throw new Error('no root');
    const startsFrom = { root, located: root, refused: new Map(), former: [] };
    const trouble = await opening({ ...state, candidate: { ...state.candidate, startsFrom } });
    expect(trouble).toMatchObject({ because: 'missing-device', reason: { absent: 1, leaves: 1 } });
  });

  it('does without logs, and without what no label describes', async () => {
    const none = load(legs, { devices: [] });
    expect(await opening(withTops(none, (top) => [{ ...top, role: 'log' }]))).toBeNull();
    expect(await opening(withTops(none, (top) => [{ ...top, config: { ...top.config, type: 'missing' } }]))).toBeNull();
  });

  it('does not count spares that are spread over the disks of a dRAID as absent', async () => {
    const spare = inner('dspare', []);
    const none = withTops(load(legs, { devices: [] }), (top) => [
      { ...top, config: { ...top.config, type: 'draid', nparity: 1 }, children: [...top.children, spare] },
    ]);
    expect(await opening(none)).toMatchObject({ reason: { absent: 2, leaves: 3 } });
  });

  it('calls a vdev closed whose devices are there and not opened, and says why', async () => {
    const bad = disk({ statuses: ['bad-checksum', 'bad-checksum', 'bad-checksum', 'bad-checksum'] });
    expect(await opening({ ...load([disk()]), ...load([bad], {}) })).toMatchObject({
      reason: { code: 'top-closed', absent: 0, leaves: 1, closed: [{ refusal: { code: 'no-sound-label' } }] },
      because: 'damage',
    });
  });

  it('rests on a read error where the device would open but for that', async () => {
    const trouble = await opening(load([unreadable(disk())]));
    expect(trouble).toMatchObject({
      reason: { closed: [{ refusal: { code: 'label-unreadable' } }] },
      because: 'failed-read',
      unread: [{ code: 'EIO' }],
    });
  });

  it('lacks a device where one is offline or was faulted by force', async () => {
    for (const kept of [{ offline: true }, { auxState: 'external' }] as const) {
      const closed = load([disk({ tree: vdev(5n, kept) })]);
      expect(await opening(closed)).toMatchObject({ because: 'missing-device', reason: { absent: 0 } });
    }
  });

  it('is damage where one leg is offline and the other has no sound label', async () => {
    const tree = mirror({ children: [vdev(11n, { offline: true }), vdev(12n)] });
    const bad = leg(12n, { tree, statuses: ['bad-checksum', 'bad-checksum', 'bad-checksum', 'bad-checksum'] });
    const state = load([leg(11n, { tree }), bad]);
    expect(await opening(state)).toMatchObject({ because: 'damage', reason: { closed: [{}, {}] } });
  });

  it('rests on a read error where the other leg is not there, and lacks a device where it is neither', async () => {
    expect(await opening(load([unreadable(leg(11n))]))).toMatchObject({
      because: 'failed-read',
      reason: { absent: 1 },
    });
    const stripe = withTops(load(legs, { devices: [] }), (top) => [top, top]);
    expect(await opening(stripe)).toMatchObject({ because: 'missing-device' });
  });

  it('lets as many be closed as are allowed, and never all', async () => {
    const two = (missingTops: number) =>
      withTops(load(legs, { devices: [], missingTops }), (top) => [
        top,
        { ...top, config: { ...top.config, guid: asGuid(99n) } },
      ]);
    expect(await opening(two(0))).toMatchObject({ reason: { top: { guid: 10n } } });
    expect(await opening(two(1))).toMatchObject({ reason: { top: { guid: 99n } } });
    expect(await opening(two(2))).toMatchObject({ reason: { top: { guid: 99n } } });
  });
});

describe('how many vdevs may be lacking', () => {
  const tops = (...types: string[]): VdevNode => ({
    ...inner('root', []),
    role: 'root',
    children: types.map((type) => ({ ...inner(type, []), role: type === 'log' ? 'log' : 'normal' })),
  });

  it.each<[string[], number, number, boolean]>([
    [['disk', 'disk'], 1, 1, true],
    [['disk', 'disk'], 1, 0, false],
    [['disk', 'disk'], 2, 2, false],
    [['disk', 'disk', 'disk'], 2, 2, true],
    [['disk', 'log'], 1, 1, false],
    [['disk', 'hole'], 1, 1, false],
    [['disk', 'indirect'], 1, 1, false],
    [['disk', 'missing'], 1, 1, true],
  ])('of %j: %i closed, %i allowed: %s', (types, closed, allowed, may) => {
    expect(mayLack(tops(...types), closed, allowed)).toBe(may);
  });
});

describe('selecting the uberblock', () => {
  const selecting = (state: LoadState) => troubleAt(SELECT_UBERBLOCK, state);
  const withCandidate = (state: LoadState, about: Partial<LoadState['candidate']>): LoadState => ({
    ...state,
    candidate: { ...state.candidate, ...about },
  });

  it('passes where a leaf carries it', async () => {
    expect(await selecting(load([disk()]))).toBeNull();
  });

  it('fails where no leaf that opens carries it, for a read error where there was one', async () => {
    expect(await selecting(withCandidate(load([disk()]), { seen: false }))).toEqual({
      reason: { code: 'uberblock-not-seen' },
      because: 'damage',
    });
    const hidden = withCandidate(load([unreadable(disk())]), { seen: false });
    expect(await selecting(hidden)).toMatchObject({
      reason: { code: 'uberblock-not-seen' },
      because: 'failed-read',
      unread: [{ code: 'EIO' }],
    });
    const asked = withCandidate(load([unreadable(disk(), 'EAGAIN')]), { seen: false });
    expect(await selecting(asked)).toMatchObject({ because: 'damage' });
  });

  it('does not ask who carries it where the load starts from another tree', async () => {
    const state = load([disk()]);
    const { root } = state.pool;
    if (root === null) throw new Error('no root');
    const startsFrom = { root, located: root, refused: new Map(), former: [] };
    expect(await selecting(withCandidate(state, { seen: false, startsFrom }))).toBeNull();
  });

  it('fails where no choice of devices takes it', async () => {
    expect(await selecting(load([disk()], { devices: null }))).toEqual({
      reason: { code: 'other-uberblock-first', txg: 5n },
      because: 'damage',
    });
  });

  it.each<[string, { offset: bigint; state: number }]>([
    ['further', { offset: 4096n, state: 0 }],
    ['in another state', { offset: 0n, state: 1 }],
  ])('fails where the newest has a raidz grown %s', async (_, raidzReflow) => {
    const state = load([disk()]);
    const { newest } = state;
    if (newest === null) throw new Error('no newest');
    const later = { ...newest, uberblock: { ...newest.uberblock, raidzReflow } };
    expect(await selecting({ ...state, newest: later })).toEqual({
      reason: { code: 'reflow-differs', at: 0n, newest: raidzReflow.offset },
      because: 'damage',
    });
    expect(await selecting({ ...state, newest: null })).toBeNull();
  });

  const ofVersion = (version: bigint, more: Partial<DeviceSpec> = {}) => {
    const uberblocks: UberblockSpec[] = [{ txg: 5n, version }];
    return load([disk({ uberblocks, ...more })]);
  };

  it.each([0n, 29n, 4999n, 5001n])('fails for version %i, which there is not', async (version) => {
    expect(isKnownVersion(version)).toBe(false);
    const state = load([disk()]);
    const uberblock = { ...state.candidate.uberblock, version };
    expect(await selecting(withCandidate(state, { uberblock }))).toEqual({
      reason: { code: 'version-unknown', version },
      because: 'damage',
    });
  });

  it.each([1n, 28n])('asks nobody for features at version %i', async (version) => {
    expect(await selecting(ofVersion(version, { more: { featuresForRead: null } }))).toBeNull();
  });

  const features = (featuresForRead: string[] | null) => ({ more: { featuresForRead } });

  it('asks the label of a carrier for the features that reading needs', async () => {
    expect(await selecting(ofVersion(5000n, features(null)))).toEqual({
      reason: { code: 'label-without-features', device: 'd5' },
      because: 'damage',
    });
    expect(await selecting(ofVersion(5000n, features(['org.example:new', 'com.delphix:hole_birth'])))).toEqual({
      reason: { code: 'label-features-unknown', device: 'd5', release: '2.3', features: ['org.example:new'] },
      because: 'damage',
    });
    expect(await selecting(ofVersion(5000n, features(['com.delphix:hole_birth'])))).toBeNull();
  });

  it('is content with one carrier that answers well, and gives the first trouble where none does', async () => {
    const both = (first: string[] | null, second: string[] | null) =>
      load([leg(11n, features(first)), leg(12n, features(second))]);
    expect(await selecting(both(null, []))).toBeNull();
    expect(await selecting(both(['a:b'], []))).toBeNull();
    expect(await selecting(both(null, ['a:b']))).toMatchObject({ reason: { code: 'label-without-features' } });
    expect(await selecting(both(['a:b'], null))).toMatchObject({ reason: { code: 'label-features-unknown' } });
  });

  it('asks no carrier whose labels are all damaged', async () => {
    const bad = leg(11n, {
      ...features(null),
      statuses: ['bad-checksum', 'bad-checksum', 'bad-checksum', 'bad-checksum'],
    });
    const state = load([leg(12n)]);
    const [copy] = state.candidate.copies;
    if (copy === undefined) throw new Error('no copy');
    expect(await selecting(withCandidate(state, { copies: [{ ...copy, device: bad }], heartbeats: [] }))).toBeNull();
  });
});

describe('opening the root block', () => {
  const place = { source: 'd', offset: 0, path: [] };
  const failed = new SourceError('EIO', 'input/output error', place);
  const attempts = [{ place, vdev: 'd', outcome: 'unreadable', error: failed }] as const;

  it('passes where that reads', async () => {
    expect(await troubleAt(OPEN_ROOTBP, load([disk()], { root: { ...NOT_CHECKED, state: 'reads' } }))).toBeNull();
  });

  it.each<[Exclude<RootState, 'reads'>, Trouble['because'], number | null]>([
    ['destroyed', 'damage', null],
    ['corrupted', 'damage', null],
    ['unread', 'failed-read', 1],
    ['missing-devices', 'missing-device', null],
    ['unsupported', 'unknown', 1],
    ['not-checked', 'unknown', null],
  ])('%s: %s', async (state, because, unread) => {
    const root = {
      ...NOT_CHECKED,
      state,
      attempts,
      error: new UnavailableBlockError('lost', [...attempts], place, []),
    };
    const trouble = await troubleAt(OPEN_ROOTBP, load([disk()], { root }));
    expect(trouble).toMatchObject({ reason: { code: 'root-block', state, root }, because });
    expect(trouble?.unread?.length ?? null).toBe(unread);
  });
});
