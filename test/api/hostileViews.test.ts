import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pureEngine } from '../../src/block/pureEngine.ts';
import { ZfsUberError } from '../../src/bytes/errors.ts';
import { datasetFacts } from '../../src/dataset/datasetFacts.ts';
import { openPoolAt } from '../../src/dataset/openAt.ts';
import type { PoolAt } from '../../src/dataset/poolAt.ts';
import { snapshotFacts } from '../../src/dataset/snapshotFacts.ts';
import type { OpenedPool } from '../../src/index.ts';
import { openPool } from '../../src/index.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import { LyingReader } from '../fuzz/lyingReader.ts';
import { SEED } from '../fuzz/random.ts';
import { pool, poolImages } from '../tools/images.ts';

/** Reads of one view that are let through before it counts as endless. */
const MOST_READS = 20_000;

async function lookAtAll(view: PoolAt, onTrouble: (trouble: ZfsUberError) => void): Promise<void> {
  for await (const { dataset } of datasetFacts(view, { onTrouble })) {
    if (dataset.phys.bp.hole) continue;
    const objset = await view.objset(dataset);
    for await (const object of objset.objects({ onTrouble })) {
      for await (const _ of object.pointers({}, { onTrouble }));
    }
  }
  for await (const _ of snapshotFacts(view, { onTrouble }));
  for await (const _ of view.history({ onTrouble }));
}

describe('a pool whose blocks lie behind sound checksums', () => {
  let opened: OpenedPool;
  beforeAll(async () => {
    opened = await openPool(await poolImages(pool('demo')));
  });
  afterAll(() => opened.close());

  const ROUNDS = 120;
  it(`ends in typed errors or partial answers, ${ROUNDS} times (ZFS_UBER_SEED=${SEED})`, {
    timeout: 60_000,
  }, async () => {
    const { root } = opened.pool;
    const { uberblock } = await opened.at();
    if (root === null) throw new Error('the demo has a tree');
    let [clean, troubled] = [0, 0];
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const oneIn = [3, 10, 40][seed % 3] ?? 3;
      let troubles = 0;
      try {
        const { view } = await openPoolAt(
          opened.pool,
          root,
          uberblock,
          (tree, choice) => {
            const reader = openBlockReader(tree, { engine: pureEngine, ...choice });
            return new LyingReader(reader, SEED + seed, oneIn, MOST_READS);
          },
          { onTrouble: () => troubles++ },
        );
        await lookAtAll(view, () => troubles++);
      } catch (error) {
        if (!(error instanceof ZfsUberError)) throw new Error(`seed ${seed}: ${error}`, { cause: error });
        troubles++;
      }
      if (troubles === 0) clean++;
      else troubled++;
    }
    // What shows that the lies were met.
    expect(troubled).toBeGreaterThan(ROUNDS / 2);
    expect(clean + troubled).toBe(ROUNDS);
  });
});
