import { describe, expect, it } from 'vitest';
import { LimitError } from '../../src/bytes/errors.ts';
import { createVerifier } from '../../src/traverse/verifier.ts';
import { WalkBudget } from '../../src/traverse/walkBudget.ts';
import { pool, poolImages } from '../tools/images.ts';
import { engine, openPool } from './openedPool.ts';

const opening = poolImages(pool('torn-sector')).then((paths) => openPool(paths));

async function newest() {
  const one = await opening;
  const [candidate] = one.candidates;
  if (candidate === undefined) throw new Error('no candidate');
  const { view, reader } = await one.at(candidate);
  return { root: view.root, view, reader, bp: candidate.uberblock.rootbp };
}

/** Blocks that a budget lets through before it ends, with 10 million as good as none that it does not. */
async function blocksBefore(traversals: number, reader = (_: number): object => one): Promise<number> {
  const { root, bp } = await newest();
  const budget = new WalkBudget();
  let blocks = 0;
  for (let i = 0; i < traversals; i++) {
    budget.begin(root, reader(i), 1e6, false);
    try {
      for (; blocks < 1e7; blocks++) {
        budget.spend(bp, true, null);
        budget.check(bp.place);
      }
    } catch (error) {
      expect(error).toBeInstanceOf(LimitError);
    }
  }
  return blocks;
}
const one = {};

describe('what all traversals of a pool may cost', () => {
  it('is bounded by the bytes of the devices, not by those that the pool claims', async () => {
    const { root, bp } = await newest();
    const claims = {
      ...root,
      children: root.children.map((top) => ({ ...top, config: { ...top.config, asize: 2n ** 60n } })),
    };
    const budget = new WalkBudget();
    budget.begin(claims, one, 1e6, false);
    expect(() => {
      for (let i = 0; i < 1e6; i++) {
        budget.spend(bp, true, null);
        budget.check(bp.place);
      }
    }).toThrow(LimitError);
  });

  it('does not grow with the number of txgs', async () => {
    expect(await blocksBefore(64)).toBeLessThanOrEqual((await blocksBefore(1)) + 64);
  });

  it('does not grow with the number of readers beyond a few', async () => {
    const single = await blocksBefore(1);
    expect(await blocksBefore(64, () => ({}))).toBeLessThanOrEqual(single * 4 + 64);
  });

  it('suffices many times over for a pool of which nothing is remembered', async () => {
    const { view, reader } = await newest();
    const verifier = createVerifier({ engine, memory: 0 });
    let blocks = 0;
    for (let i = 0; i < 8; i++)
      blocks += (await verifier.verify(view, { reader, data: true, readOnly: true })).blocksChecked;
    expect(blocks).toBeGreaterThan(0);
    expect(verifier.spent).toEqual([{ what: 'blocks', most: 0 }]);
  });
});
