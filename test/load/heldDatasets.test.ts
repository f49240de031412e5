import { afterEach, describe, expect, it } from 'vitest';
import { BONUS, decodeBonus } from '../../src/dataset/bonus.ts';
import type { Mos } from '../../src/dataset/mos.ts';
import type { DmuObject } from '../../src/dataset/object.ts';
import { decodeDslDir } from '../../src/format/dslDir.ts';
import { plainImport } from '../../src/rewind/findings/plainImport.ts';
import type { Judged } from '../../src/rewind/judge.ts';
import { hazardWords } from '../../src/words/hazards.ts';
import { reasonWords } from '../../src/words/reasons.ts';
import { pool } from '../tools/images.ts';
import { DamagedPool } from './damagedPool.ts';
import { rootDirectoryChildren } from './rootDirectory.ts';

/** The newest txg of torn-sector, which the kernel imports. */
const TXG = 94n;
/** Of torn-sector: a head, and the snapshot before it. */
const HEAD = 75n;
const LAST_SNAPSHOT = 207n;
/** One that the walk over the names comes to before that head. */
const HEAD_BEFORE = 214n;
/** An older txg of it, which has a snapshot that is neither the last one nor the origin of a clone. */
const SNAPSHOTS_TXG = 89n;
const OLDER_SNAPSHOT = 87n;

let opened: DamagedPool | null = null;
afterEach(async () => {
  await opened?.close();
  opened = null;
});

type Find = (mos: Mos) => Promise<DmuObject>;

async function judgeWithout(finds: readonly Find[], depth: 'mos' | 'meta', name = 'torn-sector', txg = TXG) {
  opened = await DamagedPool.open(pool(name));
  for (const find of finds) await opened.damageContent(txg, find);
  return opened.judge(txg, depth);
}

const object = (id: bigint) => async (mos: Mos) => mos.object(id);
const named = (key: string) => async (mos: Mos) => mos.object((await mos.directory.integer(key)) ?? 0n);

const newestLog = async (mos: Mos) => {
  const logs = await (await mos.zapNamed('com.delphix:log_spacemap_zap'))?.all();
  const ids = [...(logs?.values() ?? [])].map(({ integer }) => integer);
  const objects = await Promise.all(ids.map((id) => mos.object(id)));
  const births = await Promise.all(objects.map(async (each) => (await each.pointers().next()).value?.bp.birth));
  const newest = objects.find((_, i) => births[i] === TXG);
  if (newest === undefined) throw new Error('no log');
  return newest;
};

const propertiesOf = (directory: (mos: Mos) => Promise<bigint>) => async (mos: Mos) => {
  const { properties } = decodeBonus(await mos.object(await directory(mos)), BONUS.dslDir, decodeDslDir);
  return mos.object(properties ?? 0n);
};
const rootProperties = propertiesOf((mos) => mos.rootDirectory());
const originProperties = propertiesOf(async (mos) => {
  const children = await mos.zap((await rootDirectoryChildren(mos)).id);
  return (await children.integer('$ORIGIN')) ?? 0n;
});

const hazardsOf = ({ prediction }: Judged) => prediction.hazards.map(hazardWords);

describe('what a dataset needs to open', () => {
  it.each<[string, string, RegExp, Find]>([
    ['the properties of its directory', 'spa_load_verify', /^cannot read the properties of \w+:/, rootProperties],
    [
      'those of $ORIGIN',
      'spa_ld_load_special_directories',
      /^cannot read the properties of \$ORIGIN:/,
      originProperties,
    ],
  ])('is, for a head, %s: an error at %s', async (_, failsAt, message, find) => {
    const { prediction } = await judgeWithout([find], 'mos', 'version-28', 65n);
    expect(prediction).toMatchObject({ verdict: 'damaged', failsAt, hazards: [] });
    expect(prediction.reasons.map((reason) => reasonWords(reason))[0]).toMatch(message);
  });

  it('is, for a head, what it has more to say: an error', async () => {
    const { prediction } = await judgeWithout([object(HEAD)], 'mos');
    expect(prediction).toMatchObject({ verdict: 'damaged', failsAt: 'spa_load_verify', hazards: [] });
    expect(prediction.reasons.map((reason) => reasonWords(reason))[0]).toMatch(/^cannot read the bookmarks of /);
  });

  it('of the last snapshot is more than an error: OpenZFS asserts that its properties read', async () => {
    const judged = await judgeWithout([object(LAST_SNAPSHOT)], 'mos');
    expect(judged.prediction).toMatchObject({ verdict: 'damaged', failsAt: 'spa_load_verify' });
    expect(hazardsOf(judged)).toEqual([
      expect.stringMatching(/crash the machine: cannot read what is kept of the last/),
    ]);
    expect(hazardsOf(judged)[0]).not.toMatch(/lists/);
  });

  it('is asked of every head: an error of one does not hide that another crashes', async () => {
    const judged = await judgeWithout([object(HEAD_BEFORE), object(LAST_SNAPSHOT)], 'mos');
    expect(hazardsOf(judged)).toHaveLength(1);
  });

  it('is asked of every snapshot where all blocks are traversed, and of no other before', async () => {
    const before = await judgeWithout([object(OLDER_SNAPSHOT)], 'mos', 'torn-sector', SNAPSHOTS_TXG);
    expect(before.prediction).toMatchObject({ failsAt: null, hazards: [] });
    const judged = await opened?.judge(SNAPSHOTS_TXG, 'meta');
    expect(judged?.prediction).toMatchObject({ verdict: 'damaged', failsAt: 'spa_load_verify' });
    expect(judged && hazardsOf(judged)).toEqual([expect.stringMatching(/cannot read what is kept of snapshot 87:/)]);
  });

  it('is not asked where the traversal ends before', async () => {
    opened = await DamagedPool.open(pool('torn-sector'));
    await opened.damageContent(SNAPSHOTS_TXG, object(OLDER_SNAPSHOT));
    await opened.damageObjset(SNAPSHOTS_TXG, 54n);
    const { prediction } = await opened.judge(SNAPSHOTS_TXG, 'meta');
    expect(prediction).toMatchObject({ verdict: 'damaged', failsAt: 'spa_load_verify', hazards: [] });
  });
});

describe('a traversal', () => {
  it('takes for granted that it reads since when holes have births', async () => {
    const judged = await judgeWithout([named('feature_enabled_txg')], 'mos');
    expect(judged.prediction).toMatchObject({ verdict: 'damaged', failsAt: 'spa_load_verify' });
    expect(hazardsOf(judged)).toEqual([
      expect.stringMatching(/crash the machine: cannot read the list feature_enabled/),
    ]);
  });

  it('is what fails without the descriptions of features, which a plain import does not read', async () => {
    const { prediction, counts } = await judgeWithout([named('feature_descriptions')], 'meta');
    expect(prediction).toMatchObject({ verdict: 'damaged', failsAt: 'spa_load_verify', hazards: [] });
    expect(counts?.plain).toBe('passes');
    expect(await opened?.findings(TXG, 'meta')).toContain('plain-import-passes');
  });

  it('fails a plain import too for what the last txgs wrote', async () => {
    const { prediction, counts } = await judgeWithout([newestLog], 'meta');
    expect(prediction).toMatchObject({ verdict: 'damaged', failsAt: 'spa_load_verify', hazards: [] });
    expect(counts?.plain).toBe('fails');
    expect(await opened?.findings(TXG, 'meta')).not.toContain('plain-import-passes');
  });

  it('warns of a plain import that crashes where -T gives up before', async () => {
    const judged = await judgeWithout([named('history')], 'meta');
    const { counts } = judged;
    if (opened === null || counts === null) throw new Error('nothing was counted');
    const evidence = {
      ...(await opened.evidence()),
      judged: [{ ...judged, counts: { ...counts, plain: 'panics' } }],
    } as const;
    expect(plainImport(evidence)).toMatchObject([{ code: 'plain-import-panics', severity: 'error' }]);
  });
});
