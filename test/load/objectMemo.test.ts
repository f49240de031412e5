import { afterAll, describe, expect, it } from 'vitest';
import { FormatError } from '../../src/bytes/errors.ts';
import { BlockCache } from '../../src/dataset/blockCache.ts';
import { Mos } from '../../src/dataset/mos.ts';
import { DNODE_SLOT } from '../../src/format/dnode.layout.ts';
import { ObjectMemo } from '../../src/load/objectMemo.ts';
import { pool, poolImages } from '../tools/images.ts';
import { openPool } from '../traverse/openedPool.ts';

/** The kernel imports it at each of these txgs. */
const opening = poolImages(pool('clones-rot')).then((paths) => openPool(paths));
afterAll(async () => (await opening).close());
const TXGS = [37n, 36n, 35n, 34n, 33n, 32n];

/** The meta-object sets of some txgs, read through one cache. */
async function sets(): Promise<Mos[]> {
  const one = await opening;
  const found = TXGS.map((txg) => one.candidates.find((each) => each.txg === txg));
  const asked = found.filter((each) => each !== undefined);
  const [first] = asked;
  if (first === undefined) throw new Error('no candidate');
  const cache = new BlockCache((await one.at(first)).reader);
  return Promise.all(asked.map(({ uberblock: { rootbp } }) => Mos.open(cache, rootbp)));
}

const dnodeOf = async (mos: Mos, id: bigint): Promise<string> => (await mos.object(id)).dnode.bytes.join();

/** Numbers of the objects of a set, one a block of dnodes. */
async function oneOfEachBlock(mos: Mos): Promise<bigint[]> {
  const perBlock = BigInt(mos.objset.metaObject.dnode.check().dataBlockSize / DNODE_SLOT);
  const blocks = new Map<bigint, bigint>();
  for await (const { id } of mos.objset.objects()) blocks.set(id / perBlock, id);
  return [...blocks.values()];
}

describe('what was found out about objects of the pool', () => {
  it('is what each txg has, and is found out less often than there are txgs', async () => {
    const all = await sets();
    const [newest] = all;
    if (newest === undefined) throw new Error('no txg');
    const memo = new ObjectMemo();
    let made = 0;
    let asked = 0;
    for await (const { id } of newest.objset.objects()) {
      for (const mos of all) {
        const own = await dnodeOf(mos, id).catch(() => null);
        const known = memo.of('dnode', id, mos, async (through) => {
          made++;
          return dnodeOf(through, id);
        });
        asked++;
        expect(await Promise.resolve(known).catch(() => null)).toBe(own);
      }
    }
    expect(made).toBeLessThan(asked / 2);
    expect(made).toBeGreaterThan(all.length);
  });

  it('is kept up to a bound, and it is told that there was more', async () => {
    const [mos] = await sets();
    if (mos === undefined) throw new Error('no txg');
    const memo = new ObjectMemo(2);
    for (const id of [1n, 2n, 1n]) await memo.of('dnode', id, mos, (through) => dnodeOf(through, 1n));
    expect(memo.spent).toEqual([]);
    await memo.of('dnode', 3n, mos, (through) => dnodeOf(through, 1n));
    expect(memo.spent).toEqual([{ what: 'answers', most: 2 }]);
  });

  it('is found out once where several txgs that have the same ask at a time', async () => {
    const [one, other] = await sets();
    if (one === undefined || other === undefined) throw new Error('no txg');
    const memo = new ObjectMemo();
    const same: bigint[] = [];
    for (const id of await oneOfEachBlock(one)) {
      const bp = async ({ objset: { metaObject } }: Mos) => {
        const perBlock = BigInt(metaObject.dnode.check().dataBlockSize / DNODE_SLOT);
        return (await metaObject.blockPointer(id / perBlock))?.bytes.join();
      };
      if ((await bp(one)) === (await bp(other))) same.push(id);
    }
    expect(same).not.toHaveLength(0);
    const made: bigint[] = [];
    const ask = (mos: Mos) =>
      Promise.all(
        same.map((id) =>
          memo.of('dnode', id, mos, async (through) => {
            made.push(id);
            return dnodeOf(through, id);
          }),
        ),
      );
    await Promise.all([ask(one), ask(other)]);
    expect(made).toStrictEqual(same);
  });

  it('is no answer where what it depends on besides objects is another, or where it was not to be kept', async () => {
    const [mos] = await sets();
    if (mos === undefined) throw new Error('no txg');
    const memo = new ObjectMemo();
    const id = await mos.configObject();
    let made = 0;
    const make = async (through: Mos) => {
      await through.object(id);
      return ++made;
    };
    expect(await memo.of('count', id, mos, make)).toBe(1);
    expect(await memo.of('count', id, mos, make)).toBe(1);
    expect(await memo.of('another count', id, mos, make)).toBe(2);
    expect(await memo.of('count', id, mos, make, { holds: (count) => count > 1 })).toBe(3);
    const never = { keeps: () => false };
    expect(await memo.of('passing', id, mos, make, never)).toBe(4);
    expect(await memo.of('passing', id, mos, make, never)).toBe(5);
  });

  it('does not remember an error: a device may answer for another', async () => {
    const [mos] = await sets();
    if (mos === undefined) throw new Error('no txg');
    const memo = new ObjectMemo();
    const fail = () =>
      Promise.reject(new FormatError('format-value', 'it', 'another', 'this', mos.directory.object.place));
    await expect(memo.of('value', 1n, mos, fail)).rejects.toThrow(FormatError);
    expect(await memo.of('value', 1n, mos, async () => 'there')).toBe('there');
  });
});
