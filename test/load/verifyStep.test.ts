import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asTxg } from '../../src/bytes/units.ts';
import { BONUS, decodeBonus } from '../../src/dataset/bonus.ts';
import { decodeDslDataset } from '../../src/format/dslDataset.ts';
import { checkpointTraversal, TAKE_STORED } from '../../src/load/checkpointSteps.ts';
import { ASSERTED, POINTERS_HALT } from '../../src/load/hazard.ts';
import { LoadMemo } from '../../src/load/loadMemo.ts';
import type { LoadState } from '../../src/load/loadState.ts';
import { JUDGED_AS, openZfsOf } from '../../src/load/openzfs.ts';
import { RING_PLAN } from '../../src/load/plan.ts';
import type { Trouble } from '../../src/load/predict.ts';
import { traversePlainly, verifyStep } from '../../src/load/verifyStep.ts';
import { viewOf } from '../../src/load/viewOf.ts';
import { UnavailableBlockError } from '../../src/pool/blockRead.ts';
import { SourceError } from '../../src/source/source.ts';
import type { BlockFailure, Verification, Verifier, VerifyOptions } from '../../src/traverse/verifier.ts';
import { loadUpTo, mosWith, troubleAt } from './loadedPool.ts';

let loaded: Awaited<ReturnType<typeof loadUpTo>>;
beforeAll(async () => {
  const [last] = RING_PLAN.slice(-1);
  if (last === undefined) throw new Error('no plan');
  loaded = await loadUpTo('torn-sector', 94n, last);
});
afterAll(() => loaded.close());

const SOUND: Verification = {
  metadataErrors: 0,
  dataErrors: 0,
  fatal: null,
  found: { metadata: 0, data: 0 },
  failures: [],
  datasets: [],
  blocksChecked: 7,
  bytesChecked: 7,
};

const place = { source: 'd', offset: 0, path: [] };

function failure(about: Partial<BlockFailure> = {}): BlockFailure {
  const { bp } = loaded.state.view?.mos.objset ?? {};
  if (bp === undefined) throw new Error('no MOS');
  const error = new UnavailableBlockError('lost', [], place, []);
  const where = { dataset: 54n, object: 3n, level: 0, blockId: 1n };
  return { ...where, bp, what: 'content', kind: 'metadata', because: 'damage', error, ...about };
}

const unread = (code: 'EIO' | 'ENXIO'): Partial<BlockFailure> => {
  const error = new SourceError(code, code, place);
  const attempt = { place, vdev: 'd', outcome: 'unreadable', error } as const;
  return { because: 'failed-read', error: new UnavailableBlockError('lost', [attempt], place, []) };
};

/** Finds one thing in all blocks, and another in those of the last txgs. */
function finding(all: Partial<Verification>, latest: Partial<Verification> = all) {
  const asked: VerifyOptions[] = [];
  const verifier: Verifier = {
    verify: (_, options) => {
      asked.push(options);
      const found = { ...SOUND, ...(options.minTxg === undefined ? all : latest) };
      for (const each of found.failures) options.onFailure?.(each);
      return Promise.resolve(found);
    },
    memoryBytes: 0,
    spent: [],
  };
  return { verifier, asked };
}

const fresh = (about: Partial<LoadState> = {}): LoadState => ({ ...loaded.state, counts: null, ...about });
const bad = (): Partial<Verification> => ({
  metadataErrors: 1,
  found: { metadata: 1, data: 0 },
  failures: [failure()],
});

describe('the traversal that ends a load', () => {
  it('passes what it finds sound, and counts content where that was looked at', async () => {
    const { verifier, asked } = finding({ dataErrors: 3 });
    const state = fresh();
    expect(await troubleAt(verifyStep(verifier, true), state)).toBeNull();
    expect(state.counts).toEqual({ metadataErrors: 0, dataErrors: 3, blocksChecked: 7, plain: null });
    expect(asked).toMatchObject([{ data: true, readOnly: true }]);
    const known = asked[0]?.kept?.(loaded.state.candidate.uberblock.rootbp) ?? null;
    expect(known).not.toBeNull();
    for (const dataErrors of [null, 3]) {
      expect(await troubleAt(verifyStep(finding({ dataErrors }).verifier, false), state)).toBeNull();
      expect(state.counts?.dataErrors).toBeNull();
    }
    expect(await troubleAt(verifyStep(finding({ dataErrors: null }).verifier, true), state)).toBeNull();
    expect(state.counts?.dataErrors).toBe(0);
  });

  it('goes by the logical birth only where blocks were rewritten and the release does not know of it', async () => {
    const birthBy = async (release: string, count: bigint) => {
      const { verifier, asked } = finding({});
      const view = { ...viewOf(loaded.state), features: new Map([['com.truenas:physical_rewrite', count]]) };
      await troubleAt(verifyStep(verifier, false), fresh({ view, openZfs: openZfsOf(release) ?? JUDGED_AS }));
      return asked[0]?.rewritten;
    };
    expect(await birthBy('2.3', 1n)).toBe('logical');
    expect(await birthBy('2.3', 0n)).toBe('physical');
    expect(await birthBy('2.4', 1n)).toBe('physical');
  });

  it('can be ended while it goes on, and says of a lost block where its copies lie', async () => {
    const { signal } = new AbortController();
    const { verifier, asked } = finding({});
    await troubleAt(verifyStep(verifier, false), fresh({ signal }));
    await traversePlainly(verifier, fresh({ signal }), 94n);
    await troubleAt(verifyStep(verifier, false), fresh());
    expect(asked.map((options) => ('signal' in options ? options.signal : 'none'))).toEqual([signal, signal, 'none']);
    expect(asked[1]).toMatchObject({ data: false, readOnly: true });
    const lost = failure({ dataset: 77_777n });
    const trouble = await troubleAt(verifyStep(finding({ ...bad(), failures: [lost] }).verifier, false), fresh());
    const copies = lost.bp.dvas.map(({ vdev, offset }) => `${vdev}:${(Number(offset) * 512).toString(16)}`);
    expect(trouble?.reason).toMatchObject({ block: { copies, name: null } });
    const [known] = loaded.state.names;
    const named = failure({ dataset: known?.[0] ?? 0n });
    const other = await troubleAt(verifyStep(finding({ ...bad(), failures: [named] }).verifier, false), fresh());
    expect(other?.reason).toMatchObject({ block: { name: known?.[1] } });
  });

  it('fails for one error in metadata, or for a block that ends it', async () => {
    expect(await troubleAt(verifyStep(finding(bad()).verifier, false), fresh())).toMatchObject({
      reason: { code: 'block-lost', blocks: 1, block: { dataset: 54n, object: 3n, blockId: 1n, level: 0 } },
      because: 'damage',
    });
    const fatal = failure({ object: 9n });
    expect(await troubleAt(verifyStep(finding({ fatal }).verifier, false), fresh())).toMatchObject({
      reason: { code: 'block-lost', block: { object: 9n } },
    });
    expect(await troubleAt(verifyStep(finding({ metadataErrors: 2 }).verifier, false), fresh())).toEqual({
      reason: { code: 'metadata-errors', count: 2, step: undefined, what: undefined },
      because: 'damage',
    });
  });

  it('asks what an import without -T makes of the newest, and of no other', async () => {
    const newest = fresh();
    const state = { ...newest, newest: newest.candidate };
    const { verifier, asked } = finding(bad(), SOUND);
    await troubleAt(verifyStep(verifier, false), state);
    expect(asked.map(({ minTxg }) => minTxg)).toEqual([undefined, 91n]);
    expect(state.counts?.plain).toBe('passes');
    const other = { ...newest, newest: { ...newest.candidate } };
    const once = finding(bad(), SOUND);
    await troubleAt(verifyStep(once.verifier, false), other);
    expect(once.asked).toHaveLength(1);
    expect(other.counts?.plain).toBeNull();
  });

  it('names damage before what a device may still have, and the gravest cause', async () => {
    const trouble = (failures: BlockFailure[], fatal: BlockFailure | null = null) =>
      troubleAt(verifyStep(finding({ metadataErrors: failures.length, failures, fatal }).verifier, false), fresh());
    const [lost, away, gone] = [
      failure({ object: 1n }),
      failure({ object: 2n, ...unread('EIO') }),
      failure({ object: 3n, because: 'missing-device' }),
    ];
    expect(await trouble([away, gone, lost])).toMatchObject({ because: 'damage', reason: { block: { object: 1n } } });
    expect(await trouble([away, gone])).toMatchObject({ because: 'missing-device', reason: { block: { object: 2n } } });
    expect(await trouble([away])).toMatchObject({ because: 'failed-read', unread: [{ code: 'EIO' }] });
    expect(await trouble([lost])).not.toHaveProperty('unread');
    expect(await trouble([lost], away)).toMatchObject({ because: 'damage', reason: { block: { object: 1n } } });
    expect(await trouble([lost], gone)).toMatchObject({ because: 'missing-device', reason: { block: { object: 3n } } });
    expect(await trouble([failure({ because: 'unsupported' })])).toMatchObject({ because: 'unknown' });
    expect(await trouble([failure({ kind: 'data' })])).toMatchObject({ reason: { code: 'metadata-errors', count: 1 } });
    const many = Array.from({ length: 12 }, (_, i) => failure({ object: BigInt(i), ...unread('EIO') }));
    expect((await trouble(many))?.unread).toHaveLength(8);
  });
});

describe('the traversal of an import without -T', () => {
  const ofTxg = async (txg: bigint, latest: Partial<Verification> = {}) => {
    const { verifier, asked } = finding({}, latest);
    return { plain: await traversePlainly(verifier, fresh(), txg), minTxg: asked[0]?.minTxg ?? null };
  };

  it('looks at what the last three txgs wrote', async () => {
    expect(await ofTxg(94n)).toEqual({ plain: 'passes', minTxg: 91n });
    expect(await ofTxg(3n)).toEqual({ plain: 'passes', minTxg: 0n });
    expect(await ofTxg(2n)).toEqual({ plain: 'passes', minTxg: 0n });
  });

  it('looks at nothing where the root is older', async () => {
    const { birth } = loaded.state.candidate.uberblock.rootbp;
    expect((await ofTxg(birth + 3n)).minTxg).toBeNull();
    expect((await ofTxg(birth + 2n)).minTxg).toBe(birth - 1n);
  });

  it('fails for an error, and for a block that ends it', async () => {
    expect((await ofTxg(94n, { metadataErrors: 1 })).plain).toBe('fails');
    expect((await ofTxg(94n, { fatal: failure() })).plain).toBe('fails');
  });
});

/** The same load where nobody looked at a dataset yet, and the dead list of one does not read: to open that is asserted. */
async function withLostDeadlist(): Promise<{ readonly state: LoadState; readonly datasets: Verification['datasets'] }> {
  const view = viewOf(loaded.state);
  const { mos } = view;
  const [id = 0n] = loaded.state.names.keys();
  const { deadlist } = decodeBonus(await mos.object(id), BONUS.dslDataset, decodeDslDataset);
  const lost = new UnavailableBlockError('lost', [], place, []);
  const object: typeof mos.object = (asked, signal) =>
    asked === deadlist ? Promise.reject(lost) : mos.object(asked, signal);
  const state = fresh({ names: new Map(), memo: new LoadMemo(), view: { ...view, mos: mosWith(mos, { object }) } });
  return { state, datasets: [{ id: Number(id), snapshot: false }] };
}

it('a traversal of an import without -T that opens a dataset without its dead list takes the machine down', async () => {
  const { state, datasets } = await withLostDeadlist();
  expect(await traversePlainly(finding({}, { datasets }).verifier, state, 94n)).toBe('panics');
  expect(await traversePlainly(finding({}, { datasets }).verifier, fresh(), 94n)).toBe('passes');
});

describe('a traversal that opens a dataset of which something is lost', () => {
  /** One block of metadata is lost, and perhaps another ends it. */
  const dangerIn = async (lost: Partial<BlockFailure>, end: Partial<BlockFailure> | null = null) => {
    const { state, datasets } = await withLostDeadlist();
    const all = { ...bad(), datasets, failures: [failure(lost)], fatal: end === null ? null : failure(end) };
    return (await troubleAt(verifyStep(finding(all).verifier, false), state))?.danger ?? null;
  };
  const dataset = async () => BigInt((await withLostDeadlist()).datasets[0]?.id ?? 0);

  it('takes the machine down where an object of it is lost in the meta-object set, and in nothing else', async () => {
    const id = await dataset();
    expect(await dangerIn({ dataset: 0n, object: id })).toBe(ASSERTED);
    expect(await dangerIn({ dataset: 0n, object: id + 1n })).toBeNull();
    expect(await dangerIn({ dataset: 1n, object: id })).toBeNull();
  });

  it('takes it down only where it comes so far', async () => {
    const id = await dataset();
    const lost = { dataset: 0n, object: id };
    expect(await dangerIn(lost, { dataset: id, object: 9n })).toBe(ASSERTED);
    expect(await dangerIn(lost, { dataset: id - 1n, object: 9n })).toBeNull();
  });

  it('halts at nonsense in 2.1, and at nothing else', async () => {
    const openZfs = openZfsOf('2.1') ?? JUDGED_AS;
    const danger = async (about: Partial<BlockFailure>) => {
      const { verifier } = finding({ ...bad(), failures: [failure(about)] });
      return (await troubleAt(verifyStep(verifier, false), fresh({ openZfs })))?.danger;
    };
    expect(await danger({ error: null })).toBe(POINTERS_HALT);
    expect(await danger({})).toBeUndefined();
  });

  it('says that it was at the blocks where it ends with an error of its own', async () => {
    const lost = new UnavailableBlockError('lost', [], place, []);
    const verifier: Verifier = { verify: () => Promise.reject(lost), memoryBytes: 0, spent: [] };
    expect(await troubleAt(verifyStep(verifier, false), fresh())).toMatchObject({
      reason: { what: { role: 'all blocks' }, error: lost },
    });
  });
});

describe('the load of a checkpoint', () => {
  const stored = (plain: boolean, state = fresh()): LoadState => {
    const checkpoint = { heldBy: asTxg(93n), plain };
    return { ...state, candidate: { ...state.candidate, checkpoint } };
  };
  const traverse = async (plain: boolean, all: Partial<Verification>, latest: Partial<Verification>) => {
    const damage: Trouble[] = [];
    const { verifier, asked } = finding(all, latest);
    const step = checkpointTraversal(verifier, false, (each) => damage.push(each));
    expect([step.name, step.when]).toEqual(['spa_load_verify', 'always']);
    const trouble = await troubleAt(step, stored(plain));
    return { trouble: trouble?.because ?? null, damage: damage.length, minTxg: asked.map(({ minTxg }) => minTxg) };
  };

  it('takes no notice of damage that an import without -T does not see, and says what it was', async () => {
    expect(await traverse(true, bad(), SOUND)).toEqual({ trouble: null, damage: 1, minTxg: [undefined, 91n] });
    expect(await traverse(true, bad(), bad())).toEqual({ trouble: 'damage', damage: 0, minTxg: [undefined, 91n] });
    expect(await traverse(true, SOUND, SOUND)).toEqual({ trouble: null, damage: 0, minTxg: [undefined] });
  });

  it('asks for all blocks alone where it is imported with -T, or where nobody could tell', async () => {
    expect(await traverse(false, bad(), SOUND)).toEqual({ trouble: 'damage', damage: 0, minTxg: [undefined] });
    const unknown = { ...bad(), failures: [failure({ because: 'unsupported' })] };
    expect(await traverse(true, unknown, SOUND)).toEqual({ trouble: 'unknown', damage: 0, minTxg: [undefined] });
  });

  const dangerOf = async (plain: boolean, latest: Partial<Verification>, state = fresh()) => {
    const nonsense = { ...bad(), failures: [failure({ error: null })] };
    const step = checkpointTraversal(finding(nonsense, latest).verifier, false, () => {});
    // Later releases do not halt at nonsense.
    const openZfs = openZfsOf('2.1') ?? state.openZfs;
    const trouble = await troubleAt(step, stored(plain, { ...state, openZfs }));
    return trouble?.danger;
  };

  it('is as dangerous as what an import without -T looks at, and with -T as all of it', async () => {
    expect(await dangerOf(false, bad())).toBe(POINTERS_HALT);
    expect(await dangerOf(true, bad())).toBeUndefined();
    const { state, datasets } = await withLostDeadlist();
    expect(await dangerOf(true, { ...bad(), datasets }, state)).toBe(ASSERTED);
  });

  it('takes the uberblock that is kept, of a version that there is', async () => {
    expect([TAKE_STORED.name, TAKE_STORED.when]).toEqual(['spa_ld_checkpoint_rewind', 'always']);
    expect(await troubleAt(TAKE_STORED, fresh())).toBeNull();
    const state = fresh();
    const uberblock = { ...state.candidate.uberblock, version: 77n };
    expect(await troubleAt(TAKE_STORED, { ...state, candidate: { ...state.candidate, uberblock } })).toEqual({
      reason: { code: 'stored-version-unknown', version: 77n },
      because: 'unknown',
    });
  });
});
