import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FormatError } from '../../src/bytes/errors.ts';
import { ASSERTED } from '../../src/load/hazard.ts';
import type { LoadState } from '../../src/load/loadState.ts';
import { GET_PROPS, OPEN_AUX_VDEVS, SPECIAL_DIRECTORIES } from '../../src/load/poolObjectSteps.ts';
import type { LoadStep } from '../../src/load/predict.ts';
import { viewOf } from '../../src/load/viewOf.ts';
import { loadUpTo, mosWith, troubleAt, withDirectory } from './loadedPool.ts';

let loaded: Awaited<ReturnType<typeof loadUpTo>>;
beforeAll(async () => {
  loaded = await loadUpTo('torn-sector', 94n, SPECIAL_DIRECTORIES);
});
afterAll(() => loaded.close());

const place = { source: 'd', offset: 0, path: [] };
const damage = () => new FormatError('format-value', 'entry', 'something', 'nothing', place);

/** What the step was reading when the lookup of `key` failed; null where it passes without. */
async function readingWithout(step: LoadStep<LoadState>, key: string, state = loaded.state) {
  const broken = withDirectory(state, ({ get, integer }) => ({
    get: (name, signal) => (name === key ? Promise.reject(damage()) : get(name, signal)),
    integer: (name, signal) => (name === key ? Promise.reject(damage()) : integer(name, signal)),
  }));
  const reason = (await troubleAt(step, broken))?.reason;
  return reason !== undefined && 'what' in reason ? reason.what : null;
}

/** The same where the directory has no such entry. */
async function troubleLacking(step: LoadStep<LoadState>, key: string, state = loaded.state) {
  const lacking = withDirectory(state, ({ get, integer }) => ({
    get: (name, signal) => (name === key ? Promise.resolve(null) : get(name, signal)),
    integer: (name, signal) => (name === key ? Promise.resolve(null) : integer(name, signal)),
  }));
  return troubleAt(step, lacking);
}

/** With an entry that leads to another object. */
const leading = (key: string, object: bigint, state = loaded.state) =>
  withDirectory(state, ({ integer }) => ({
    integer: (name, signal) => (name === key ? Promise.resolve(object) : integer(name, signal)),
  }));

async function namesAsked(step: LoadStep<LoadState>, state = loaded.state): Promise<string[]> {
  const names: string[] = [];
  expect(
    await troubleAt(
      step,
      withDirectory(
        state,
        () => ({}),
        (name) => names.push(name),
      ),
    ),
  ).toBeNull();
  return names;
}

const withVersion = (version: bigint): LoadState => {
  const { state } = loaded;
  return { ...state, candidate: { ...state.candidate, uberblock: { ...state.candidate.uberblock, version } } };
};
const withFeatures = (features: readonly (readonly [string, bigint])[]): LoadState => ({
  ...loaded.state,
  view: { ...viewOf(loaded.state), features: new Map(features) },
});

describe('opening the directories of the pool', () => {
  it('is the step of that name for both kinds of import', () => {
    expect([SPECIAL_DIRECTORIES, GET_PROPS, OPEN_AUX_VDEVS].map(({ name, when }) => `${name} ${when}`)).toEqual([
      'spa_ld_load_special_directories always',
      'spa_ld_get_props always',
      'spa_ld_open_aux_vdevs always',
    ]);
  });

  it.each([
    ['root_dataset', { role: 'root directory' }],
    ['free_bpobj', { role: 'list', key: 'free_bpobj' }],
    ['tmp_userrefs', { role: 'temporary holds' }],
    ['scrub_func', { role: 'last scrub' }],
    ['error_scrub', { role: 'last scrub' }],
    ['scan', { role: 'last scrub' }],
  ])('needs %s to read', async (key, what) => {
    expect(await readingWithout(SPECIAL_DIRECTORIES, key)).toEqual(what);
  });

  it('does without temporary holds and scrubs, not without a root directory and what is to be freed', async () => {
    for (const key of ['tmp_userrefs', 'scan', 'error_scrub', 'scrub_func']) {
      expect(await troubleLacking(SPECIAL_DIRECTORIES, key)).toBeNull();
    }
    for (const key of ['root_dataset', 'free_bpobj']) {
      expect(await troubleLacking(SPECIAL_DIRECTORIES, key)).toMatchObject({ because: 'damage' });
    }
  });

  it('asks for the features that are in use', async () => {
    const all = [
      ['com.delphix:obsolete_counts', 'com.delphix:obsolete_bpobj', { role: 'obsolete blocks' }],
      ['com.delphix:async_destroy', 'bptree_obj', { role: 'destroyed trees' }],
      ['com.delphix:empty_bpobj', 'empty_bpobj', { role: 'empty list' }],
    ] as const;
    for (const [feature, key, what] of all) {
      expect(await readingWithout(SPECIAL_DIRECTORIES, key, withFeatures([[feature, 1n]]))).toEqual(what);
      expect(await readingWithout(SPECIAL_DIRECTORIES, key, withFeatures([[feature, 0n]]))).toBeNull();
    }
    expect(
      await troubleLacking(
        SPECIAL_DIRECTORIES,
        'com.delphix:obsolete_bpobj',
        withFeatures([['com.delphix:obsolete_counts', 1n]]),
      ),
    ).toBeNull();
    for (const [feature, key] of all.slice(1)) {
      expect(await troubleLacking(SPECIAL_DIRECTORIES, key, withFeatures([[feature, 1n]]))).toMatchObject({
        because: 'damage',
      });
      const there = leading(key, 1n, withFeatures([[feature, 1n]]));
      expect(await troubleAt(SPECIAL_DIRECTORIES, there)).toBeNull();
    }
  });

  it('meets an assertion where a list of what is to be freed is none', async () => {
    expect(await troubleAt(SPECIAL_DIRECTORIES, leading('free_bpobj', 1n))).toMatchObject({
      reason: { what: { role: 'list', key: 'free_bpobj' } },
      danger: ASSERTED,
    });
    const counted = withFeatures([['com.delphix:obsolete_counts', 1n]]);
    const obsolete = leading('com.delphix:obsolete_bpobj', 1n, counted);
    expect(await troubleAt(SPECIAL_DIRECTORIES, obsolete)).toMatchObject({
      reason: { what: { role: 'obsolete blocks' } },
      danger: ASSERTED,
    });
    expect((await troubleLacking(SPECIAL_DIRECTORIES, 'free_bpobj'))?.danger).toBeUndefined();
  });

  it('looks no further where a scrub of before version 28 is noted', async () => {
    const names: string[] = [];
    const old = withDirectory(
      leading('scrub_func', 7n),
      ({ get, integer }) => ({ get, integer }),
      (name) => names.push(name),
    );
    expect(await troubleAt(SPECIAL_DIRECTORIES, old)).toBeNull();
    expect(names).not.toContain('scan');
    expect(await namesAsked(SPECIAL_DIRECTORIES)).toContain('scan');
  });

  it('wants scrubs as integers of 8 bytes', async () => {
    const { state } = loaded;
    const { directory } = viewOf(state).mos;
    const entry = await directory.get('config');
    if (entry === null) throw new Error('no entry to make one of');
    const odd4 = Object.assign(Object.create(entry) as typeof entry, { integerSize: 4 });
    for (const key of ['scan', 'error_scrub']) {
      const odd = withDirectory(state, ({ get }) => ({
        get: (name, signal) => (name === key ? Promise.resolve(odd4) : get(name, signal)),
      }));
      expect(await troubleAt(SPECIAL_DIRECTORIES, odd)).toMatchObject({ because: 'damage' });
      const even = withDirectory(state, ({ get }) => ({
        get: (name, signal) =>
          name === key ? Promise.resolve(Object.assign(odd4, { integerSize: 8 })) : get(name, signal),
      }));
      expect(await troubleAt(SPECIAL_DIRECTORIES, even)).toBeNull();
      Object.assign(odd4, { integerSize: 4 });
    }
  });

  it('asks for an origin from version 11 and for deadlists from version 26 on', async () => {
    const asked = async (version: bigint) =>
      (await namesAsked(SPECIAL_DIRECTORIES, withVersion(version))).includes('free_bpobj');
    expect([await asked(25n), await asked(26n), await asked(27n)]).toEqual([false, true, true]);
    const named = async (version: bigint) => {
      const state = { ...withVersion(version), names: new Map<bigint, string>() };
      expect(await troubleAt(SPECIAL_DIRECTORIES, state)).toBeNull();
      return [...state.names.values()].filter((name) => name.startsWith('$ORIGIN'));
    };
    expect(await named(10n)).toEqual([]);
    expect(await named(11n)).toEqual(['$ORIGIN', '$ORIGIN@$ORIGIN']);
    expect(await named(12n)).toEqual(['$ORIGIN', '$ORIGIN@$ORIGIN']);
  });

  it('needs the origin and its snapshot', async () => {
    const { state } = loaded;
    const view = viewOf(state);
    const names = new Map<bigint, string>();
    expect(await troubleAt(SPECIAL_DIRECTORIES, { ...state, names })).toBeNull();
    const about = new Map<string, unknown>();
    for (const [lost, name] of names) {
      const mos = mosWith(view.mos, {
        object: (id, signal) => (id === lost ? Promise.reject(damage()) : view.mos.object(id, signal)),
      });
      const trouble = await troubleAt(SPECIAL_DIRECTORIES, { ...state, names: new Map(), view: { ...view, mos } });
      about.set(name, trouble !== null && 'what' in trouble.reason ? trouble.reason.what : null);
    }
    expect(Object.fromEntries(about)).toEqual({
      $ORIGIN: { role: 'dataset', of: { dataset: '$ORIGIN' } },
      '$ORIGIN@$ORIGIN': { role: 'dataset', of: { dataset: '$ORIGIN', snapshot: 'last' } },
    });
  });

  it.each([
    ['$MOS', 5000n],
    ['$ORIGIN', 5000n],
    ['$FREE', 5000n],
  ])('needs the directory %s', async (name, version) => {
    const { state } = loaded;
    const view = viewOf(state);
    const mos = mosWith(view.mos, {
      zap: async (id) => {
        const zap = await view.mos.zap(id);
        return Object.assign(Object.create(zap) as typeof zap, {
          object: zap.object,
          integer: (key: string) => (key === name ? Promise.resolve(null) : zap.integer(key)),
        });
      },
    });
    const lacking = { ...withVersion(version), view: { ...view, mos } };
    expect(await troubleAt(SPECIAL_DIRECTORIES, lacking)).toMatchObject({
      reason: {
        what: { role: 'directory', directory: { name } },
        error: { said: `entry ${name}: expected an object, found none` },
      },
    });
  });
});

describe('reading the properties of the pool', () => {
  it.each([
    ['org.illumos:checksum_salt', { role: 'checksum salt' }],
    ['sync_bplist', { role: 'list', key: 'sync_bplist' }],
    ...[
      'deflate',
      'creation_version',
      'errlog_last',
      'errlog_scrub',
      'last_scrubbed_txg',
      'com.delphix:deleted_clones',
      'history',
      'com.delphix:vdev_zap_map',
    ].map((key) => [key, { role: 'entry', key }] as const),
    ['pool_props', { role: 'pool properties' }],
  ] as const)('needs %s to read', async (key, what) => {
    expect(await readingWithout(GET_PROPS, key)).toEqual(what);
    const lacking = await troubleLacking(GET_PROPS, key);
    if (key === 'sync_bplist') expect(lacking).toMatchObject({ because: 'damage' });
    else expect(lacking).toBeNull();
  });

  it('takes a salt of up to 32 bytes, of single bytes', async () => {
    const entry = await viewOf(loaded.state).mos.directory.get('config');
    if (entry === null) throw new Error('no entry to make one of');
    const salted = (bytes: number, integerSize = 1) =>
      withDirectory(loaded.state, ({ get }) => ({
        get: (name, signal) =>
          name === 'org.illumos:checksum_salt'
            ? Promise.resolve(
                Object.assign(Object.create(entry) as typeof entry, {
                  integerSize,
                  valueBytes: new Uint8Array(bytes),
                  place,
                }),
              )
            : get(name, signal),
      }));
    expect(await troubleAt(GET_PROPS, salted(32))).toBeNull();
    expect(await troubleAt(GET_PROPS, salted(5))).toBeNull();
    expect(await troubleAt(GET_PROPS, salted(33))).toMatchObject({
      reason: { error: { said: 'checksum salt: expected at most 32 bytes, found 33 bytes' } },
    });
    expect(await troubleAt(GET_PROPS, salted(32, 8))).toMatchObject({ because: 'damage' });
  });

  it('meets no assertion, but fails, where the list of what is freed is none', async () => {
    const trouble = await troubleAt(GET_PROPS, leading('sync_bplist', 1n));
    expect(trouble).toMatchObject({ because: 'damage' });
    expect(trouble?.danger).toBeUndefined();
  });
});

describe('opening spares and caches', () => {
  it.each(['spares', 'l2cache'])('needs %s to read, and what it leads to', async (key) => {
    expect(await readingWithout(OPEN_AUX_VDEVS, key)).toEqual({ role: 'auxiliary vdevs', key });
    expect(await troubleLacking(OPEN_AUX_VDEVS, key)).toBeNull();
    expect(await troubleAt(OPEN_AUX_VDEVS, leading(key, 1n))).toMatchObject({ because: 'damage' });
  });
});
