import { expect, it } from 'vitest';
import type { OpenBlocks } from '../../src/dataset/poolReaders.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import { scanPools } from '../../src/rewind/scanPools.ts';
import { LyingReader } from '../fuzz/lyingReader.ts';
import { SEED } from '../fuzz/random.ts';
import { pool, poolImages } from '../tools/images.ts';

/** Content that a checksum vouches for and that makes no sense: whoever can write to a disk can do that. */

const ROUNDS = 50;
const engine = chooseEngine();

it.each([
  ['torn-sector', 89n],
  ['four-tops', 94n],
  ['version-28', 64n],
])(`judges %s whatever its MOS says (seed ${SEED})`, async (name, minTxg) => {
  const sources = await Promise.all((await poolImages(pool(name))).map((path) => openFileSource(path)));
  const devices = await Promise.all(sources.map((source) => surveyDevice(source, engine)));
  const verdicts = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const liars: LyingReader[] = [];
    const open: OpenBlocks = (root, more) => {
      const liar = new LyingReader(openBlockReader(root, { engine, ...more }), SEED + round * 77, 4 + (round % 12));
      liars.push(liar);
      return liar;
    };
    const { judgements } = await scanPools(
      devices,
      ({ root }) => (root === null ? null : openBlockReader(root, { engine })),
      { depth: 'mos', minTxg, blocks: { engine, open } },
    );
    const candidates = judgements.flatMap((judgement) => judgement.candidates);
    expect(candidates.length).toBeGreaterThan(1);
    for (const { prediction } of candidates) verdicts.add(prediction.failsAt ?? prediction.verdict);
    const reads = liars.reduce((sum, liar) => sum + liar.reads, 0);
    expect(reads, `round ${round}`).toBeLessThan(20_000);
  }
  await Promise.all(sources.map((source) => source.close()));
  // It has to have come deep into the load, or it showed nothing.
  expect(verdicts.size).toBeGreaterThan(4);
});
