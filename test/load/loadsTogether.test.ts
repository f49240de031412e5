import { afterEach, expect, it } from 'vitest';
import { LoadsTogether } from '../../src/load/loadsTogether.ts';
import { JUDGED_AS, type OpenZfs, openZfsOf } from '../../src/load/openzfs.ts';
import { RING_PLAN } from '../../src/load/plan.ts';
import { TRUSTED_CONFIG } from '../../src/load/trustedConfig.ts';
import { loadUpTo } from './loadedPool.ts';

let close = async (): Promise<void> => undefined;
afterEach(() => close());

/** Reads of the device while what the load of one txg begins with is read, for one release. */
async function readsAhead(openZfs: OpenZfs): Promise<number> {
  const opened = await loadUpTo('torn-sector', 94n, TRUSTED_CONFIG);
  close = opened.close;
  const { state } = opened;
  let reads = 0;
  for (const { source } of state.pool.devices) {
    const read = source.read.bind(source);
    source.read = (...asked) => {
      reads++;
      return read(...asked);
    };
  }
  const replay = { steps: RING_PLAN, traversal: null, unseen: () => null };
  await new LoadsTogether((index) => (index === 0 ? { ...state, openZfs } : null), replay).before(0);
  return reads;
}

it('reads ahead of a load what it begins with, and nothing where labels end it', async () => {
  const old = openZfsOf('2.1');
  if (old === null) throw new Error('no such release');
  expect(await readsAhead(JUDGED_AS)).toBeGreaterThan(0);
  await close();
  expect(await readsAhead(old)).toBe(0);
});
