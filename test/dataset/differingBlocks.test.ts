import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/bytes/errors.ts';
import { ForgedReader, forgedObject, type Pointer } from './forgedBlocks.ts';

const content = (at: number): Pointer => ({ at, level: 0, size: 512 });
const indirect = (at: number, level = 1): Pointer => ({ at, level, size: 4096 });

/** Content blocks of an object with one indirect block at `at`: block `id` lies at `id + 1000`, but for some. */
function treeAt(reader: ForgedReader, at: number, moved: Readonly<Record<number, number | null>>) {
  const pointers = Array.from({ length: 32 }, (_, id): Pointer | null => {
    const place = moved[id];
    return place === null ? null : content(place ?? id + 1000);
  });
  reader.indirect(at, pointers);
  return forgedObject(reader, { levels: 2, pointers: [indirect(at)] });
}

describe('the blocks that two objects do not have in common', () => {
  it('are those of which the pointers differ, also where one has none', async () => {
    const reader = new ForgedReader();
    const one = treeAt(reader, 1, { 5: null, 7: null });
    const other = treeAt(reader, 2, { 3: 9, 5: null, 31: 8 });
    expect([...((await one.differingBlocks(other, 10)) ?? [])].sort((a, b) => a - b)).toEqual([3, 7, 31]);
    expect(await one.differingBlocks(one, 10)).toEqual([]);
  });

  it('are those as well that stand behind the last pointer of the other', async () => {
    const reader = new ForgedReader();
    const behind = Object.fromEntries(Array.from({ length: 29 }, (_, i) => [i + 3, i === 20 ? 77 : null]));
    const short = Object.fromEntries(Array.from({ length: 29 }, (_, i) => [i + 3, null]));
    const [one, other] = [treeAt(reader, 1, short), treeAt(reader, 2, behind)];
    expect(await one.differingBlocks(other, 10)).toEqual([23]);
    expect(await other.differingBlocks(one, 10)).toEqual([23]);
  });

  it('are found without a read where the trees are the same', async () => {
    const reader = new ForgedReader();
    const [one, other] = [treeAt(reader, 1, {}), treeAt(reader, 1, {})];
    expect(await one.differingBlocks(other, 10)).toEqual([]);
    expect(reader.reads).toBe(0);
  });

  it('are not told where they are more than asked for, or the trees differ in shape', async () => {
    const reader = new ForgedReader();
    const one = treeAt(reader, 1, {});
    const other = treeAt(reader, 2, { 3: 9, 5: 9, 31: 8 });
    expect(await one.differingBlocks(other, 2)).toBeNull();
    expect(await one.differingBlocks(forgedObject(reader, { levels: 1, pointers: [content(5)] }), 10)).toBeNull();
    const wider = forgedObject(reader, { levels: 2, pointers: [indirect(1)], blockSize: 1024 });
    expect(await one.differingBlocks(wider, 10)).toBeNull();
    expect(await one.differingBlocks(forgedObject(reader, { levels: 2, pointers: [null] }), 10)).toBeNull();
  });

  it('cost no more than asked for in trees that lead to one block by many ways', async () => {
    const reader = new ForgedReader();
    const treeFrom = (base: number) => {
      const below = (first: number, level: number) => Array.from({ length: 32 }, (_, i) => indirect(first + i, level));
      reader.indirect(base, below(base + 100, 2));
      for (let i = 0; i < 32; i++) reader.indirect(base + 100 + i, below(base + 200, 1));
      return forgedObject(reader, { levels: 4, pointers: [indirect(base, 3)] });
    };
    expect(await treeFrom(1000).differingBlocks(treeFrom(2000), 20)).toBeNull();
    expect(reader.reads).toBeGreaterThan(20);
    expect(reader.reads).toBeLessThan(100);
  });

  it('are an error where a tree is nonsense', async () => {
    const reader = new ForgedReader();
    reader.indirect(1, [indirect(5, 4)]);
    reader.indirect(2, [indirect(6, 4)]);
    const one = forgedObject(reader, { levels: 3, pointers: [indirect(1, 2)] });
    const other = forgedObject(reader, { levels: 3, pointers: [indirect(2, 2)] });
    await expect(one.differingBlocks(other, 20)).rejects.toThrow(FormatError);
  });
});
