import { describe, expect, it } from 'vitest';
import { scan } from '../../src/api/scan.ts';
import { poolImages, pools, truthOf } from '../tools/images.ts';
import { comparePool } from './contradictions.ts';

/** What OpenZFS of other lines answered for pools of the collection. */
const ASKED = pools().flatMap((fixture) =>
  ['2.1', '2.2', '2.4'].flatMap((line) => {
    const truth = truthOf(fixture.dir, line);
    return truth === null ? [] : [{ fixture, line, truth, name: `${fixture.name} by ${line}` }];
  }),
);

describe('verdicts for other releases', () => {
  it('are compared with answers of each', () => {
    expect(new Set(ASKED.map(({ line }) => line))).toEqual(new Set(['2.1', '2.2', '2.4']));
  });

  it.each(ASKED.map((each) => [each.name, each] as const))('%s: as that one answered', async (_, asked) => {
    const { fixture, line, truth } = asked;
    const document = await scan(await poolImages(fixture), { depth: 'data', zfs: line });
    expect(document.judgedAs).toBe(line);
    const pool = document.pools.find(({ name }) => name === truth.pool) ?? null;
    expect(comparePool(pool, truth).contradictions).toEqual([]);
  });
});
