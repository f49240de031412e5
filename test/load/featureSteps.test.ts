import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FormatError } from '../../src/bytes/errors.ts';
import { CHECK_FEATURES, CHECK_FEATURES_TO_WRITE, isActive } from '../../src/load/featureSteps.ts';
import { LoadMemo } from '../../src/load/loadMemo.ts';
import type { LoadState } from '../../src/load/loadState.ts';
import { JUDGED_AS, type OpenZfs } from '../../src/load/openzfs.ts';
import { viewOf } from '../../src/load/viewOf.ts';
import { loadUpTo, troubleAt, withDirectory } from './loadedPool.ts';

let loaded: Awaited<ReturnType<typeof loadUpTo>>;
beforeAll(async () => {
  loaded = await loadUpTo('torn-sector', 94n, CHECK_FEATURES);
});
afterAll(() => loaded.close());

const fresh = (): LoadState => ({ ...loaded.state, memo: new LoadMemo() });
const withVersion = (version: bigint): LoadState => {
  const state = fresh();
  return { ...state, candidate: { ...state.candidate, uberblock: { ...state.candidate.uberblock, version } } };
};
/** One that knows all features but these. */
const without = (...unknown: string[]): OpenZfs =>
  Object.assign(Object.create(JUDGED_AS) as OpenZfs, {
    release: 'of this test',
    knows: (guid: string) => !unknown.includes(guid),
  });
const withFeatures = (features: readonly (readonly [string, bigint])[], openZfs: OpenZfs): LoadState => ({
  ...loaded.state,
  openZfs,
  view: { ...viewOf(loaded.state), features: new Map(features) },
});

/** In use in the pool, needed to read; and one that is only needed to write. */
const READ = 'org.zfsonlinux:large_dnode';
const ENABLED_TXG = 'com.delphix:enabled_txg';

async function lacking(key: string, state = fresh()) {
  const told = withDirectory(state, ({ integer }) => ({
    integer: (name, signal) => (name === key ? Promise.resolve(null) : integer(name, signal)),
  }));
  return troubleAt(CHECK_FEATURES, told);
}

describe('the features of a pool', () => {
  it('are looked at for both kinds of import, and then for one that writes', () => {
    expect([CHECK_FEATURES, CHECK_FEATURES_TO_WRITE].map(({ name, when }) => `${name} ${when}`)).toEqual([
      'spa_ld_check_features always',
      'spa_ld_check_features read-write-only',
    ]);
  });

  it('are counted, those needed to read and those needed to write', async () => {
    const state = fresh();
    expect(await troubleAt(CHECK_FEATURES, state)).toBeNull();
    const counted = await viewOf(state).mos.features();
    expect([...viewOf(state).features].sort()).toEqual(
      counted.map(({ guid, references }) => [guid, references] as const).sort(),
    );
    expect(counted.some(({ readOnlyCompatible }) => readOnlyCompatible)).toBe(true);
    expect(counted.some(({ readOnlyCompatible }) => !readOnlyCompatible)).toBe(true);
  });

  it('are none before version 5000', async () => {
    const state = withVersion(4999n);
    expect(await troubleAt(CHECK_FEATURES, state)).toBeNull();
    expect(viewOf(state).features.size).toBe(0);
    expect(await lacking('features_for_read', withVersion(28n))).toBeNull();
    expect(await lacking('features_for_read', withVersion(5000n))).not.toBeNull();
  });

  it.each(['feature_descriptions', 'features_for_read', 'features_for_write', 'feature_enabled_txg'])(
    'need the list %s',
    async (key) => {
      expect(await lacking(key)).toMatchObject({
        because: 'damage',
        reason: { code: 'nonsense', what: { role: 'list', key }, error: expect.any(FormatError) as FormatError },
      });
    },
  );

  it('need the list of the txgs at which they were enabled only where something uses that', async () => {
    const counting = (...counts: readonly (readonly [string, bigint])[]): LoadState => {
      const memo = Object.assign(new LoadMemo(), { of: () => Promise.resolve(counts) });
      return { ...loaded.state, memo };
    };
    expect(await lacking('feature_enabled_txg', counting())).toBeNull();
    expect(await lacking('feature_enabled_txg', counting([ENABLED_TXG, 0n]))).toBeNull();
    expect(await lacking('feature_enabled_txg', counting([ENABLED_TXG, 1n]))).toMatchObject({ because: 'damage' });
  });

  it('that are needed to read and in use have to be known', async () => {
    const features = await viewOf(loaded.state).mos.features();
    const used = features.filter(({ readOnlyCompatible, references }) => !readOnlyCompatible && references > 0n);
    const unused = features.filter(({ readOnlyCompatible, references }) => !readOnlyCompatible && references === 0n);
    const [known] = used;
    if (known === undefined) throw new Error('none is in use');
    const writing = features.filter(({ readOnlyCompatible }) => readOnlyCompatible).map(({ guid }) => guid);
    expect(await troubleAt(CHECK_FEATURES, { ...fresh(), openZfs: without(known.guid) })).toEqual({
      reason: { code: 'features-unknown', release: 'of this test', features: [known.guid] },
      because: 'damage',
    });
    const others = without(...unused.map(({ guid }) => guid), ...writing);
    expect(await troubleAt(CHECK_FEATURES, { ...fresh(), openZfs: others })).toBeNull();
  });

  it('that are in use have to be known to write', async () => {
    const check = (count: bigint, openZfs: OpenZfs) =>
      troubleAt(
        CHECK_FEATURES_TO_WRITE,
        withFeatures(
          [
            ['a:used', count],
            ['b:known', 2n],
          ],
          openZfs,
        ),
      );
    expect(await check(1n, without('a:used'))).toEqual({
      reason: { code: 'features-unknown-to-write', release: 'of this test', features: ['a:used'] },
      because: 'damage',
    });
    expect(await check(0n, without('a:used'))).toBeNull();
    expect(await check(1n, without())).toBeNull();
  });

  it('are in use where something counts', () => {
    const state = withFeatures(
      [
        [READ, 1n],
        [ENABLED_TXG, 0n],
      ],
      JUDGED_AS,
    );
    expect(isActive(state, READ)).toBe(true);
    expect(isActive(state, ENABLED_TXG)).toBe(false);
    expect(isActive(state, 'no:such')).toBe(false);
  });
});
