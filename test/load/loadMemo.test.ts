import { describe, expect, it } from 'vitest';
import { LimitError } from '../../src/bytes/errors.ts';
import { BlockCache } from '../../src/dataset/blockCache.ts';
import { Mos } from '../../src/dataset/mos.ts';
import { DmuObject } from '../../src/dataset/object.ts';
import { LoadMemo } from '../../src/load/loadMemo.ts';
import { type BlockReader, UnavailableBlockError } from '../../src/pool/blockRead.ts';
import { pool, poolImages } from '../tools/images.ts';
import { openPool } from '../traverse/openedPool.ts';

const opening = poolImages(pool('torn-sector')).then((paths) => openPool(paths));

/** The config's object, and how often its content was asked for. */
async function configObject() {
  const one = await opening;
  const [newest] = one.candidates;
  if (newest === undefined) throw new Error('no candidate');
  const { reader } = await one.at(newest);
  const mos = await Mos.open(new BlockCache(reader), newest.uberblock.rootbp);
  const { id, dnode, path } = await mos.object(await mos.configObject());
  const through = (each: BlockReader) => new DmuObject(new BlockCache(each), id, dnode, path);
  return { reader, through, devices: one.pool.devices };
}

const lost: BlockReader = {
  read: (bp) => Promise.reject(new UnavailableBlockError('lost', [], bp.place)),
  verify: (bp) => Promise.reject(new UnavailableBlockError('lost', [], bp.place)),
};

describe('what is remembered of objects between txgs', () => {
  it('holds for the same dnode whatever object it was asked through', async () => {
    const { reader, through } = await configObject();
    const memo = new LoadMemo();
    const object = through(reader);
    const made: number[] = [];
    const make = async () => made.push(1);
    await memo.of('kind', object, 0, make);
    await memo.of('kind', new DmuObject(object.cache, object.id, object.dnode, object.path), 0, make);
    await memo.of('another kind', object, 0, make);
    expect(made).toHaveLength(2);
  });

  it('does not hold where other devices are there: what one txg reads another may have lost', async () => {
    const { reader, through } = await configObject();
    const memo = new LoadMemo();
    await memo.readWhole(through(reader));
    const without = through(lost);
    await expect(async () => memo.readWhole(without)).rejects.toThrow(UnavailableBlockError);
    await expect(async () => memo.readWhole(without)).rejects.toThrow(UnavailableBlockError);
  });

  it('ends where whole objects are larger than the devices could hold', async () => {
    const { reader, through, devices } = await configObject();
    const huge: BlockReader = {
      async read(bp) {
        const read = await reader.read(bp);
        const bytes = read.bytes;
        return { ...read, bytes: Object.defineProperty(bytes.slice(), 'length', { value: 2 ** 40 }) };
      },
      verify: (bp) => reader.verify(bp),
    };
    const memo = new LoadMemo();
    memo.limitTo(devices);
    await expect(memo.readWhole(through(huge))).rejects.toThrow(LimitError);
  });
});

describe('space maps', () => {
  const MIB = 1024 * 1024;

  it('are added up to a bound, of one, of the logs of a txg and of all, and which was reached is told', () => {
    const memo = new LoadMemo();
    expect([memo.takeSpace(8 * MIB), memo.takesLogs(32 * MIB), memo.spent]).toEqual([true, true, []]);
    expect(memo.takesLogs(32 * MIB + 1)).toBe(false);
    expect(memo.spent).toEqual([{ what: 'space maps', most: 32 * MIB }]);
    const large = new LoadMemo();
    expect(large.takeSpace(8 * MIB + 1)).toBe(false);
    expect(large.spent).toEqual([{ what: 'space maps', most: 8 * MIB }]);
    const many = new LoadMemo();
    const taken = Array.from({ length: 33 }, () => many.takeSpace(8 * MIB));
    expect(taken).toEqual([...Array.from({ length: 32 }, () => true), false]);
    expect(many.spent).toEqual([{ what: 'space maps', most: 256 * MIB }]);
  });
});
