import { expect, it } from 'vitest';
import { LimitError } from '../../src/bytes/errors.ts';
import type { Summary } from '../../src/traverse/summary.ts';
import { allDatasets, type DatasetList, type DatasetRef, VerifyMemo } from '../../src/traverse/verifyMemo.ts';

const WRONG: Summary = { metadata: 1, data: 0, fatal: null, metadataBefore: 1, dataBefore: 0, parts: [] };
const REF = { id: 1, weight: 1, broken: null } as unknown as DatasetRef;

it('tells of no bound as long as none is reached', () => {
  const memo = new VerifyMemo(1);
  memo.sound.add(1, 2, 3);
  memo.addWrong(1, 2, 3, WRONG);
  memo.addMos(1, 2, 3, null, [REF]);
  expect(memo.takeDetail()).toBe(true);
  expect(memo.spent).toEqual([]);
});

it('tells that a sound block was not remembered', () => {
  const memo = new VerifyMemo(1);
  for (const high of [1, 2]) memo.sound.add(1, high, 3);
  expect(memo.spent).toEqual([{ what: 'blocks', most: 1 }]);
});

it('tells that a block with something wrong was not remembered', () => {
  const memo = new VerifyMemo(1);
  for (let high = 0; high <= 100_000; high++) memo.addWrong(1, high, 3, WRONG);
  expect(memo.spent).toEqual([{ what: 'fail', most: 100_000 }]);
});

it('tells that the particulars of a failure were not kept', () => {
  const memo = new VerifyMemo(1);
  const kept = Array.from({ length: 10_001 }, () => memo.takeDetail());
  expect(kept.indexOf(false)).toBe(10_000);
  expect(memo.spent).toEqual([{ what: 'particulars', most: 10_000 }]);
});

it('tells that a list of datasets was not remembered', () => {
  const memo = new VerifyMemo(1);
  memo.addMos(
    1,
    2,
    3,
    null,
    Array.from({ length: 2 ** 20 + 1 }, () => REF),
  );
  expect(memo.mos(1, 2, 3)).toBe(null);
  expect(memo.spent).toEqual([{ what: 'lists', most: 2 ** 20 }]);
});

const ref = (id: number): DatasetRef => ({ ...REF, id });
const PLACE = { source: 'disk', offset: 0, path: [] };

it('gives all datasets of lists within lists, in order', () => {
  const shared = [ref(2), [ref(3)]];
  const list = [ref(1), shared, shared, ref(4)];
  expect(allDatasets(list, PLACE).map(({ id }) => id)).toEqual([1, 2, 3, 2, 3, 4]);
});

it('refuses lists that lead to more datasets than a pool has, though they are short', () => {
  let list: DatasetList = Array.from({ length: 64 }, (_, id) => ref(id));
  for (let level = 0; level < 4; level++) {
    const below = list;
    list = Array.from({ length: 64 }, () => below);
  }
  expect(() => allDatasets(list, PLACE)).toThrow(LimitError);
});
