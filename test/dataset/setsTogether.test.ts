import { afterAll, describe, expect, it } from 'vitest';
import type { ZfsUberError } from '../../src/bytes/errors.ts';
import { BlockCache } from '../../src/dataset/blockCache.ts';
import type { Mos } from '../../src/dataset/mos.ts';
import type { DmuObject } from '../../src/dataset/object.ts';
import { mosIn, unread } from '../../src/dataset/openMos.ts';
import { orNull } from '../../src/dataset/orNull.ts';
import { PoolReaders } from '../../src/dataset/poolReaders.ts';
import { SetsTogether } from '../../src/dataset/setsTogether.ts';
import type { Blkptr } from '../../src/format/blkptr.ts';
import type { BlockReader } from '../../src/pool/blockRead.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import { pool, poolImages } from '../tools/images.ts';
import { engine, openPool } from '../traverse/openedPool.ts';

/** Of some of its txgs later ones took blocks of dnodes. */
const opening = poolImages(pool('lying-single')).then((paths) => openPool(paths));
afterAll(async () => (await opening).close());

const rootsOf = async (): Promise<readonly Blkptr[]> =>
  (await opening).candidates.map(({ uberblock }) => uberblock.rootbp);

/** What the pool's blocks are read through, and the pointers of those that were read. */
async function counted(): Promise<{ reader: BlockReader; asked: Set<string>; unkept: BlockReader }> {
  const { root } = (await opening).pool;
  if (root === null) throw new Error('no tree');
  const unkept = openBlockReader(root, { engine });
  const asked = new Set<string>();
  const reader: BlockReader = {
    read(bp, signal) {
      asked.add(bp.bytes.join());
      return unkept.read(bp, signal);
    },
    verify: (bp, signal) => unkept.verify(bp, signal),
  };
  return { reader, asked, unkept };
}

async function dnodePointers(mos: Mos): Promise<Map<bigint, Blkptr>> {
  const found = new Map<bigint, Blkptr>();
  const options = { onTrouble: () => {} };
  for await (const { bp, level, blockId } of mos.objset.metaObject.pointers({}, options)) {
    if (level === 0) found.set(blockId, bp);
  }
  return found;
}

/** All that is said of what does not read in a set. */
async function troubles(mos: Mos): Promise<string[]> {
  const said: string[] = [];
  const options = {
    onTrouble: (trouble: ZfsUberError) => void said.push(`${trouble.message} ${trouble.place?.offset}`),
  };
  for await (const object of mos.objset.objects(options)) {
    for await (const { offset } of object.blocks({}, options)) expect(offset).toBeGreaterThanOrEqual(0n);
  }
  return said;
}

it('an object is the same one at two txgs where its dnode is the same, and is at hand once it was asked for', async () => {
  const { reader } = await counted();
  const cache = new BlockCache(reader);
  const before = new Map<bigint, DmuObject>();
  let [same, others] = [0, 0];
  for (const root of await rootsOf()) {
    const mos = await mosIn(cache, root).catch(() => null);
    for (let id = 1n; mos !== null && id < 300n; id++) {
      const object = await orNull(() => mos.objset.find(id));
      if (object === null) continue;
      const known = before.get(id);
      if (known !== undefined) {
        const alike = Buffer.compare(known.dnode.bytes, object.dnode.bytes) === 0;
        expect(object === known).toBe(alike);
        if (alike) same++;
        else others++;
      }
      expect(mos.objset.peek(id)).toBe(object);
      before.set(id, object);
    }
  }
  expect(Math.min(same, others)).toBeGreaterThan(10);
});

describe('meta-object sets that are read together', () => {
  it('have what one does not have in common with the one before it at hand', async () => {
    const { reader, asked, unkept } = await counted();
    const cache = new BlockCache(reader);
    await new SetsTogether(cache).read(await rootsOf());
    const before = asked.size;
    let last = new Map<bigint, Blkptr>();
    let differing = 0;
    for (const root of await rootsOf()) {
      const mos = await mosIn(new BlockCache(unkept), root).catch(() => null);
      if (mos === null) continue;
      const blocks = await dnodePointers(mos);
      for (const [id, bp] of blocks) {
        if (last.get(id)?.equals(bp) === true) continue;
        differing++;
        const reads = await unkept.read(bp).catch(() => null);
        expect(cache.peek(bp)?.join()).toBe(reads?.bytes.join());
      }
      last = blocks;
    }
    expect(differing).toBeGreaterThan(10);
    expect(asked.size).toBe(before);
  });

  it('say the same of what does not read as where nobody read ahead', async () => {
    const { root } = (await opening).pool;
    if (root === null) throw new Error('no tree');
    const cacheOf = () =>
      new PoolReaders((tree, choice) => openBlockReader(tree, { engine, ...choice })).open(unread(root)).cache;
    const [ahead, alone] = [cacheOf(), cacheOf()];
    const roots = await rootsOf();
    await new SetsTogether(ahead).read(roots);
    let said = 0;
    for (const each of roots) {
      const [one, other] = [await mosIn(ahead, each).catch(String), await mosIn(alone, each).catch(String)];
      if (typeof one === 'string' || typeof other === 'string') {
        expect(one).toBe(other);
        continue;
      }
      const found = await troubles(one);
      expect(found).toStrictEqual(await troubles(other));
      said += found.length;
    }
    expect(said).toBeGreaterThan(0);
  });

  it('come by few reads where blocks can be read together, and say where they lie', async () => {
    const { root } = (await opening).pool;
    if (root === null) throw new Error('no tree');
    const alone = openBlockReader(root, { engine });
    let [asked, together] = [0, 0];
    const reader: BlockReader = {
      read(bp, signal) {
        asked++;
        return alone.read(bp, signal);
      },
      verify: (bp, signal) => alone.verify(bp, signal),
      readTogether(blocks, take, signal) {
        together += blocks.length;
        return alone.readTogether?.(blocks, take, signal) ?? Promise.resolve();
      },
    };
    const cache = new BlockCache(reader);
    await new SetsTogether(cache).read(await rootsOf());
    expect(together).toBeGreaterThan(10);
    expect(asked).toBeLessThan(together / 2);
    let found = 0;
    for (const bp of await rootsOf()) {
      const [kept, read] = [cache.peekRead(bp), await alone.read(bp).catch(() => null)];
      if (kept === null) continue;
      const good = (of: typeof kept | null) => of?.attempts.filter(({ outcome }) => outcome === 'good');
      expect([kept.bytes, good(kept)]).toEqual([read?.bytes, good(read)]);
      found++;
    }
    expect(found).toBeGreaterThan(5);
  });

  it('are not read ahead where no more is to be read than is asked for', async () => {
    const { reader, asked } = await counted();
    await new SetsTogether(new BlockCache(reader, undefined, undefined, () => false)).read(await rootsOf());
    expect(asked.size).toBe(0);
  });

  it('are read no further when that is given up', async () => {
    const { reader, asked } = await counted();
    await new SetsTogether(new BlockCache(reader)).read(await rootsOf(), AbortSignal.abort());
    expect(asked.size).toBe(0);
  });
});
