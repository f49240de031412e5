import { describe, expect, it } from 'vitest';
import { FormatError, LimitError, type ZfsUberError } from '../../src/bytes/errors.ts';
import type { DmuObject, TreePointer } from '../../src/dataset/object.ts';
import { UnavailableBlockError } from '../../src/pool/blockRead.ts';
import { ForgedReader, forgedObject, type Pointer } from './forgedBlocks.ts';

const content = (at: number): Pointer => ({ at, level: 0, size: 512 });
const indirect = (at: number, level: number): Pointer => ({ at, level, size: 4096 });
const filled = (byte: number): Uint8Array => new Uint8Array(512).fill(byte);

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const summary = (pointers: readonly TreePointer[]): string[] =>
  pointers.map(({ level, blockId }) => `L${level} ${blockId}`);

/** Blocks 0, 33 and 1025 of an object with three levels: the rest is holes. */
function sparse(): { reader: ForgedReader; object: DmuObject } {
  const reader = new ForgedReader();
  reader.indirect(100, [indirect(110, 1), indirect(111, 1)]);
  reader.indirect(101, [indirect(112, 1)]);
  reader.indirect(110, [content(1)]);
  reader.indirect(111, [null, content(2)]);
  reader.indirect(112, [null, content(3)]);
  for (const at of [1, 2, 3]) reader.blocks.set(at, filled(at));
  const object = forgedObject(reader, { levels: 3, pointers: [indirect(100, 2), indirect(101, 2)], maxBlockId: 1025n });
  return { reader, object };
}

describe('DmuObject', () => {
  it('finds a block through its tree, and a hole where nothing is', async () => {
    const { object } = sparse();
    expect((await object.block(33n))?.bytes).toEqual(filled(2));
    expect((await object.block(1025n))?.bytes).toEqual(filled(3));
    for (const hole of [1n, 32n, 1024n, 2048n, 2n ** 63n]) expect(await object.block(hole)).toBeNull();
  });

  it('streams existing blocks in order with their place in the object', async () => {
    const blocks = await all(sparse().object.blocks());
    expect(blocks.map(({ blockId, offset, bytes }) => [blockId, offset, bytes[0]])).toEqual([
      [0n, 0n, 1],
      [33n, 16896n, 2],
      [1025n, 524800n, 3],
    ]);
  });

  it('walks only what a range needs', async () => {
    const { reader, object } = sparse();
    expect(summary(await all(object.pointers({ from: 33n, to: 34n })))).toEqual(['L2 0', 'L1 1', 'L0 33']);
    expect(reader.reads).toBe(2);
  });

  it('gives zeros for holes and behind the end, at any offset', async () => {
    const { object } = sparse();
    const bytes = await object.read(33n * 512n - 2n, 516);
    expect([bytes[1], bytes[2], bytes[513], bytes[514]]).toEqual([0, 2, 2, 0]);
    expect(await object.read(2n ** 60n, 3)).toEqual(new Uint8Array(3));
    expect(await object.read(0n, 0)).toEqual(new Uint8Array(0));
  });

  it('refuses to give more at once than it may hold', async () => {
    await expect(sparse().object.read(0n, 2 ** 31)).rejects.toThrow(LimitError);
  });

  it('ends at an indirect block that leads to itself', async () => {
    const reader = new ForgedReader();
    reader.indirect(100, [indirect(101, 2), indirect(100, 1)]);
    const object = forgedObject(reader, { levels: 3, pointers: [indirect(100, 2)], maxBlockId: 1023n });
    const troubles: ZfsUberError[] = [];
    expect(await all(object.blocks({}, { onTrouble: (trouble) => troubles.push(trouble) }))).toEqual([]);
    expect(troubles.map((each) => each.message)).toEqual([
      expect.stringContaining('level of a block pointer: expected 1, found 2'),
      expect.stringContaining('indirect block: expected one not met before'),
    ]);
    await expect(async () => object.block(0n)).rejects.toThrow(FormatError);
  });

  it('enters a child once that every pointer of every level leads to', async () => {
    const reader = new ForgedReader();
    const levels = 12;
    for (let level = 1; level < levels; level++) {
      const child = level === 1 ? content(1) : indirect(level - 1, level - 1);
      reader.indirect(
        level,
        Array.from({ length: 32 }, () => child),
      );
    }
    const object = forgedObject(reader, {
      levels,
      pointers: [indirect(levels - 1, levels - 1)],
      maxBlockId: 2n ** 55n,
    });
    let troubles = 0;
    const blocks = await all(object.blocks({}, { onTrouble: () => troubles++ }));
    expect(blocks).toHaveLength(32);
    expect(troubles).toBe(31 * (levels - 2));
    expect(reader.reads).toBeLessThan(32 * levels);
  });

  it('takes no time over the 2^48 blocks that a dnode claims and has not', async () => {
    const reader = new ForgedReader();
    const object = forgedObject(reader, { levels: 12, pointers: [null, null, null], maxBlockId: 2n ** 48n });
    expect(await all(object.blocks())).toEqual([]);
    expect(reader.reads).toBe(0);
  });

  it('goes on behind a block that cannot be had, and says which it was', async () => {
    const { reader, object } = sparse();
    const read = reader.read.bind(reader);
    reader.read = (bp) =>
      bp.dvas[0]?.offset === 2n ? Promise.reject(new UnavailableBlockError('gone', [], bp.place)) : read(bp);
    const troubles: ZfsUberError[] = [];
    const blocks = await all(object.blocks({}, { onTrouble: (trouble) => troubles.push(trouble) }));
    expect(blocks.map(({ blockId }) => blockId)).toEqual([0n, 1025n]);
    expect(troubles.map(({ place }) => place?.path.at(-2))).toEqual(['L1 block 1']);
    await expect(all(object.blocks())).rejects.toThrow(UnavailableBlockError);
  });

  it('refuses a block of another size than the dnode says', async () => {
    const object = forgedObject(new ForgedReader(), { levels: 1, pointers: [{ at: 1, level: 0, size: 1024 }] });
    await expect(async () => object.block(0n)).rejects.toThrow('size of a block: expected 512 bytes, found 1024 bytes');
  });
});
