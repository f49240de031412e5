// Datasets are gone through once for all txgs, but for what differs between them: these keep a txg from being given what
// is another's.
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { FormatError } from '../../src/bytes/errors.ts';
import { BlockCache } from '../../src/dataset/blockCache.ts';
import { Mos } from '../../src/dataset/mos.ts';
import { orNull } from '../../src/dataset/orNull.ts';
import { ObjectMemo } from '../../src/load/objectMemo.ts';
import { Passes, type Through } from '../../src/load/passes.ts';
import type { JudgedCandidate } from '../../src/rewind/judgedCandidate.ts';
import { reasonWords } from '../../src/words/reasons.ts';
import { pool, poolImages } from '../tools/images.ts';
import { openPool } from '../traverse/openedPool.ts';
import { DamagedPool } from './damagedPool.ts';

const opening = poolImages(pool('clones-rot')).then((paths) => openPool(paths));
afterAll(async () => (await opening).close());

/** The meta-object sets of all txgs that open, newest first, read through one cache. */
async function sets(): Promise<readonly Mos[]> {
  const one = await opening;
  const [first] = one.candidates;
  if (first === undefined) throw new Error('no candidate');
  const cache = new BlockCache((await one.at(first)).reader);
  const all = await Promise.all(
    one.candidates.map(({ uberblock: { rootbp } }) => Mos.open(cache, rootbp).catch(() => null)),
  );
  return all.filter((each) => each !== null);
}

const dnodeOf = async (mos: Mos, id: bigint): Promise<string> =>
  (await orNull(() => mos.object(id)))?.dnode.bytes.join() ?? 'none';

type Dnodes = ReadonlyMap<bigint, string>;

/** Goes through the dnodes of some objects, and counts. */
class Counted {
  readonly ids: readonly bigint[];
  readonly memo = new ObjectMemo();
  readonly passes = new Passes(this.memo);
  wholes = 0;
  again = 0;

  constructor(ids: readonly bigint[]) {
    this.ids = ids;
  }

  through(mos: Mos, change: Partial<Through<bigint, Dnodes>> = {}): Promise<Dnodes> {
    const how: Through<bigint, Dnodes> = {
      whole: async (ground) => {
        this.wholes++;
        const value = new Map<bigint, string>();
        for (const id of this.ids) {
          const onAsked = (asked: Parameters<typeof ground.add>[1]) => ground.add(id, asked);
          value.set(id, await this.memo.of('dnode', id, mos, (by) => dnodeOf(by, id), { onAsked }));
        }
        return { value, keeps: true };
      },
      again: async (before, things) => {
        this.again += things.size;
        const value = new Map(before);
        for (const id of things) value.set(id, await dnodeOf(mos, id));
        return value;
      },
      ...change,
    };
    return this.passes.through('dnodes', mos, how);
  }
}

async function counted(all: readonly Mos[]): Promise<Counted> {
  const ids = new Set<bigint>();
  for (const mos of all) for await (const { id } of mos.objset.objects({ onTrouble: () => {} })) ids.add(id);
  return new Counted([...ids]);
}

const truthOf = async (mos: Mos, ids: readonly bigint[]): Promise<Dnodes> =>
  new Map(await Promise.all(ids.map(async (id) => [id, await dnodeOf(mos, id)] as const)));

describe('what a list comes to at a txg', () => {
  it('is what it is there, whichever txg it was gone through at before', async () => {
    const all = await sets();
    const list = await counted(all);
    for (const mos of [...all, ...[...all].reverse()]) {
      expect(await list.through(mos)).toStrictEqual(await truthOf(mos, list.ids));
    }
    expect(list.wholes).toBeLessThan(all.length);
    expect(list.again).toBeGreaterThan(0);
    expect(list.again).toBeLessThan((all.length * list.ids.length) / 2);
  });

  it('is gone through once where several txgs are looked at together', async () => {
    const all = (await sets()).slice(0, 4);
    const list = await counted(all);
    const found = await Promise.all(all.map((mos) => list.through(mos)));
    expect(found).toStrictEqual(await Promise.all(all.map((mos) => truthOf(mos, list.ids))));
    expect(list.wholes).toBe(1);
  });

  it('is gone through at the next where it failed, or was for nobody else', async () => {
    const [one, other] = await sets();
    if (one === undefined || other === undefined) throw new Error('no txg');
    const list = await counted([one, other]);
    const error = new FormatError('format-value', 'it', 'another', 'this', one.directory.object.place);
    const failing = list.through(one, { whole: () => Promise.reject(error) });
    const [first, second] = await Promise.allSettled([failing, list.through(other)]);
    expect(first).toStrictEqual({ status: 'rejected', reason: error });
    expect(second).toStrictEqual({ status: 'fulfilled', value: await truthOf(other, list.ids) });
    const nobodys = new Counted(list.ids);
    await nobodys.through(one, { whole: async () => ({ value: new Map(), keeps: false }) });
    expect(await nobodys.through(other)).toStrictEqual(await truthOf(other, list.ids));
  });

  it('is gone through where asking again fails, or says that it has to be', async () => {
    const [one, other] = await sets();
    if (one === undefined || other === undefined) throw new Error('no txg');
    const error = new FormatError('format-value', 'it', 'another', 'this', one.directory.object.place);
    for (const again of [() => Promise.reject(error), async () => null]) {
      const list = await counted([one, other]);
      await list.through(one);
      expect(await list.through(other, { again })).toStrictEqual(await truthOf(other, list.ids));
      expect(list.wholes).toBe(2);
    }
  });

  it('asks again at each txg what no answer is kept of', async () => {
    const [one] = await sets();
    if (one === undefined) throw new Error('no txg');
    const memo = new ObjectMemo();
    const ground = memo.ground<string>(one);
    ground.add('unkept', null);
    await memo.of('dnode', 1n, one, (by) => dnodeOf(by, 1n), { onAsked: (asked) => ground.add('kept', asked) });
    expect(await memo.differing(ground, one, 1)).toStrictEqual(new Set(['unkept']));
    expect(await memo.differing(ground, one, 0)).toBeNull();
  });
});

let opened: DamagedPool | null = null;
afterEach(async () => {
  await opened?.close();
  opened = null;
});

/** Of lying-single, whose datasets most of its txgs have in common. */
const NAME = 'lying-single';

const verdicts = (judged: readonly JudgedCandidate[]) =>
  judged
    .toSorted((a, b) => Number(b.candidate.txg - a.candidate.txg))
    .map(({ candidate: { txg }, prediction: { verdict, failsAt, reasons } }) => ({
      ...{ txg, verdict, failsAt },
      reasons: reasons.map((reason) => reasonWords(reason)),
    }));

describe('a verdict', () => {
  it('is the same of all txgs together as of each alone, whichever block of dnodes one of them lost', async () => {
    opened = await DamagedPool.open(pool(NAME));
    const txgs = await opened.txgs();
    const changed = new Set<string>();
    for (const at of [5]) {
      const some = txgs.slice(at - 1, at + 2);
      const [, lost = 0n] = some;
      for (const block of await opened.dnodeBlocks(lost)) {
        opened.mend();
        opened.lose(block);
        const together = (await opened.judgeAll()).filter(({ candidate: { txg } }) => some.includes(txg));
        const alone: JudgedCandidate[] = [];
        for (const txg of some) alone.push(await opened.judge(txg));
        const expected = verdicts(alone);
        expect(verdicts(together)).toStrictEqual(expected);
        for (const { failsAt } of expected) changed.add(`${failsAt}`);
      }
    }
    expect([...changed]).toEqual(expect.arrayContaining(['spa_ld_trusted_config', 'spa_load_verify']));
  });

  it('is the same where some of them lost the object set of a dataset', async () => {
    opened = await DamagedPool.open(pool(NAME));
    const txgs = await opened.txgs();
    const some = txgs.slice(1, 5);
    for (const txg of txgs.slice(2, 4)) for (const id of await opened.heads(txg)) await opened.damageObjset(txg, id);
    const together = (await opened.judgeAll('meta')).filter(({ candidate: { txg } }) => some.includes(txg));
    const alone: JudgedCandidate[] = [];
    for (const txg of some) alone.push(await opened.judge(txg, 'meta'));
    expect(verdicts(together)).toStrictEqual(verdicts(alone));
  });
});
