import { describe, expect, it } from 'vitest';
import { inGroups, readAhead } from '../../src/dataset/readAhead.ts';

/** Items up to an error. */
async function* breakingOff(): AsyncGenerator<number> {
  yield 1;
  yield 2;
  yield 3;
  throw new Error('the list breaks off');
}

describe('what is read ahead', () => {
  it('comes in the order of the items, however long each takes', async () => {
    const got: number[] = [];
    const slow = (item: number) => new Promise<number>((done) => setImmediate(() => setImmediate(() => done(item))));
    const start = (item: number) => (item % 2 === 0 ? slow(item) : Promise.resolve(item));
    for await (const each of readAhead([1, 2, 3, 4, 5], 3, start)) got.push(each);
    expect(got).toStrictEqual([1, 2, 3, 4, 5]);
  });

  it('is given whole before the error that ends the items', async () => {
    const got: number[] = [];
    const all = async () => {
      for await (const each of readAhead(breakingOff(), 16, async (item) => item)) got.push(each);
    };
    await expect(all()).rejects.toThrow('the list breaks off');
    expect(got).toStrictEqual([1, 2, 3]);
  });
});

describe('items in groups', () => {
  it('come the first by itself, then twice as many as before up to the most, and all of them', async () => {
    async function* items(count: number): AsyncGenerator<number> {
      for (let i = 0; i < count; i++) yield i;
    }
    const sizes = async (count: number) => {
      const groups: number[][] = [];
      for await (const group of inGroups(items(count), 4)) groups.push(group);
      expect(groups.flat()).toStrictEqual(Array.from({ length: count }, (_, i) => i));
      return groups.map(({ length }) => length);
    };
    expect(await sizes(13)).toStrictEqual([1, 2, 4, 4, 2]);
    expect(await sizes(0)).toStrictEqual([]);
  });
});
