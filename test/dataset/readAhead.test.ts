import { describe, expect, it } from 'vitest';
import { readAhead } from '../../src/dataset/readAhead.ts';

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
