import { afterAll, describe, expect, it } from 'vitest';
import { FormatError } from '../../src/bytes/errors.ts';
import type { Mos } from '../../src/dataset/mos.ts';
import { PoolReaders } from '../../src/dataset/poolReaders.ts';
import { holdInTurn } from '../../src/load/datasetHolds.ts';
import { ASSERTED } from '../../src/load/hazard.ts';
import type { LoadState } from '../../src/load/loadState.ts';
import { RING_PLAN } from '../../src/load/plan.ts';
import type { LoadStep, Trouble } from '../../src/load/predict.ts';
import { LABELS_ALONE } from '../../src/load/replay.ts';
import { checkRoots, NOT_CHECKED } from '../../src/load/rootCheck.ts';
import { step } from '../../src/load/step.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import { judge } from '../../src/rewind/judge.ts';
import { hazardWords } from '../../src/words/hazards.ts';
import { pool, poolImages } from '../tools/images.ts';
import { engine, openPool } from '../traverse/openedPool.ts';
import { rootDirectoryChildren } from './rootDirectory.ts';

/** Dnodes lie together in blocks, so that one alone is lost only when the directory of all of them says so. */

const opening = poolImages(pool('clones-rot')).then((paths) => openPool(paths));
afterAll(async () => (await opening).close());

/** Of clones-rot at a txg that the kernel imports, the newest before the rot. */
const TXG = 37n;
/** Deadlists of a head, of the snapshot before one, and of $ORIGIN. */
const OF_HEAD = 109n;
const OF_LAST_SNAPSHOT = 154n;
const OF_ORIGIN = 49n;
/** A directory beside the one of that head. */
const DIRECTORY = 98n;
/** A snapshot in another directory than that of the pool itself. */
const SNAPSHOT = { id: 143, snapshot: true };

/** From here on the objects are not there. */
const losing = (lost: (mos: Mos) => Promise<readonly bigint[]>) =>
  step('spa_ld_trusted_config', 'always', async (state) => {
    if (state.view === null) throw new Error('nothing is open');
    const { mos } = state.view;
    const ids = await lost(mos);
    const object = (id: bigint, signal?: AbortSignal) => {
      if (!ids.includes(id)) return mos.object(id, signal);
      return Promise.reject(new FormatError('format-value', `${id}`, 'a dnode', 'none', mos.directory.object.place));
    };
    state.view = { ...state.view, mos: Object.create(mos, { object: { value: object } }) };
    return undefined;
  });

interface Losing {
  readonly txg?: bigint;
  /** The step before which they go. */
  readonly before?: string;
  readonly last?: LoadStep<LoadState>;
}

const END = step('spa_load_verify', 'always', () => undefined);

async function judgeLosing(
  lost: (mos: Mos) => Promise<readonly bigint[]>,
  { txg = TXG, before = 'spa_ld_check_features', last = END }: Losing = {},
) {
  const one = await opening;
  const candidate = one.candidates.find((each) => each.txg === txg);
  if (candidate === undefined || one.pool.root === null) throw new Error(`no candidate of txg ${txg}`);
  const roots = await checkRoots([candidate], openBlockReader(one.pool.root, { engine }));
  const from = RING_PLAN.findIndex(({ name }) => name === before);
  const judged = judge(one.pool, one.candidates, [candidate], {
    rootOf: ({ rootKey }) => roots.get(rootKey) ?? NOT_CHECKED,
    readers: new PoolReaders((root, more) => openBlockReader(root, { engine, ...more })),
    replay: { ...LABELS_ALONE, steps: [...RING_PLAN.slice(0, from), losing(lost), ...RING_PLAN.slice(from), last] },
  });
  for await (const { prediction } of judged) return prediction;
  throw new Error('nothing was judged');
}

const objects =
  (...ids: readonly bigint[]) =>
  async () =>
    ids;

describe('a deadlist whose dnode does not read', () => {
  it.each([
    ['a head', OF_HEAD, 'spa_load_verify', /\(deadlist\) of [\w-]+\/\w+ makes no sense/],
    ['the last snapshot of one', OF_LAST_SNAPSHOT, 'spa_load_verify', /\(deadlist\) of the last snapshot of /],
  ])('of %s crashes an import, and does not keep the pool from being listed', async (_, id, failsAt, message) => {
    const { hazards, ...prediction } = await judgeLosing(objects(id));
    expect(prediction).toMatchObject({ verdict: 'damaged', failsAt });
    expect(hazards).toMatchObject([ASSERTED]);
    const [said = ''] = hazards.map(hazardWords);
    expect(said).toMatch(message);
    expect(said).not.toMatch(/lists/);
  });

  it('may crash an import that another directory fails', async () => {
    const { hazards, ...prediction } = await judgeLosing(objects(DIRECTORY, OF_HEAD));
    expect(prediction).toMatchObject({ verdict: 'damaged', failsAt: 'spa_load_verify' });
    expect(hazards).toMatchObject([{ ...ASSERTED, certain: false }]);
    const alone = await judgeLosing(objects(DIRECTORY));
    expect(alone).toMatchObject({ verdict: 'damaged', failsAt: 'spa_load_verify', hazards: [] });
  });

  it('of $ORIGIN crashes whoever lists the pools, where the newest txg has it', async () => {
    const older = await judgeLosing(objects(OF_ORIGIN));
    expect(older.failsAt).toBe('spa_ld_load_special_directories');
    expect(older.hazards).toHaveLength(1);
    expect(older.hazards.map(hazardWords)[0]).not.toMatch(/lists/);
    const newest = await judgeLosing(objects(OF_ORIGIN), { txg: 63n });
    expect(newest.hazards.map(hazardWords)[0]).toMatch(/a zpool import that only lists the pools .* crashes too$/);
  });
});

describe('a snapshot that is opened by its number', () => {
  const holds: (Trouble | null)[] = [];
  const hold = step('spa_load_verify', 'always', async (state: LoadState) => {
    holds.push(await holdInTurn(state, [SNAPSHOT], null));
    return undefined;
  });

  it('opens where the walk over the names came by its directory', async () => {
    await judgeLosing(objects(), { last: hold });
    expect(holds.pop()).toBeNull();
  });

  it('does not where no name of its directory is found, and that is no more than an error', async () => {
    const children = async (mos: Mos) => [(await rootDirectoryChildren(mos)).id];
    await judgeLosing(children, { before: 'spa_ld_get_props', last: hold });
    expect(holds.pop()).toMatchObject({
      because: 'damage',
      reason: { what: { role: 'names beside', of: { dataset: '143', snapshot: 'numbered' } } },
    });
  });
});
