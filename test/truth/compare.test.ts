import { basename, dirname } from 'node:path';
import { expect, it } from 'vitest';
import { type KernelAnswer, pool, poolImages } from '../tools/images.ts';
import type { Judge, Question } from './ask.ts';
import { judgePoolOf } from './compare.ts';
import { type MadePool, recipeOf } from './make.ts';

async function made(): Promise<MadePool> {
  const images = await poolImages(pool('healthy-single'));
  const [first = ''] = images;
  return {
    recipe: recipeOf(1, {}),
    folder: dirname(first),
    images: images.map((image) => basename(image)),
    failed: [],
  };
}

const NEWEST = 52;

/** Imports everything, but for the first `times` that it is asked for a txg read-write. */
function refusing(times: number): Pick<Judge, 'ask'> {
  const asked = new Map<string, number>();
  return {
    ask: ({ mode, txg }: Question): Promise<KernelAnswer> => {
      const before = asked.get(`${mode} ${txg}`) ?? 0;
      asked.set(`${mode} ${txg}`, before + 1);
      const refuses = mode === 'rw' && txg !== '0' && before < times;
      return Promise.resolve({ rc: refuses ? 1 : 0, used: Number(txg) || NEWEST, errs: '0,0', health: '', msg: '' });
    },
  };
}

it('an answer that OpenZFS does not give each time contradicts nobody, one that it does contradicts', async () => {
  const report = async (times: number) => judgePoolOf(await made(), refusing(times) as Judge, 2);
  const [never, once, always] = [await report(0), await report(1), await report(99)];
  const of = (lines: readonly string[]) => lines.filter((line) => / txg \d+ rw: /.test(line)).length;
  expect([of(never.contradictions), never.unsettled.length]).toEqual([0, 0]);
  expect([of(once.contradictions), of(once.unsettled)]).toEqual([0, 2]);
  expect([of(always.contradictions), always.unsettled.length]).toEqual([2, 0]);
  expect(once.asked).toBe(never.asked);
});
