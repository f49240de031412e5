import { expect, it } from 'vitest';
import { scan, timeline } from '../../src/index.ts';
import { pool, poolImages } from '../tools/images.ts';

it('has the history of a pool in its document where that is asked for, as a timeline tells it', async () => {
  const images = await poolImages(pool('stale-leg'));
  const { pools } = await scan(images, { history: true });
  const { events } = await timeline(images);
  const kinds = new Set(['history', 'dataset', 'snapshot']);
  const told = events.flatMap(({ kind, txg, time, message }) =>
    kinds.has(kind) && txg !== null ? [{ kind, txg: txg.toString(), time: Number(time), text: message }] : [],
  );
  expect(told.length).toBeGreaterThan(10);
  expect(pools[0]?.moments).toEqual({ events: told, leftOut: 0 });
  // Newer txgs open there, and have lost what tells of them.
  const [lying] = (await scan(await poolImages(pool('lying-mirror-both')), { history: true })).pools;
  expect(lying?.moments?.events.length).toBeGreaterThan(10);
  expect((await scan(images)).pools[0]).not.toHaveProperty('moments');
  expect((await scan(images, { history: true, depth: 'labels' })).pools[0]).not.toHaveProperty('moments');
});
