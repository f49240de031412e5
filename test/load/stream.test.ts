import { describe, expect, it } from 'vitest';
import type { OpenBlocks } from '../../src/dataset/poolReaders.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import type { Judged } from '../../src/rewind/judge.ts';
import type { JudgeOptions, PoolJudgement } from '../../src/rewind/judgement.ts';
import { scanPools } from '../../src/rewind/scanPools.ts';
import { pool, poolImages } from '../tools/images.ts';

const engine = chooseEngine();
const open: OpenBlocks = (root, more) => openBlockReader(root, { engine, ...more });

async function judge(options: Partial<JudgeOptions>): Promise<PoolJudgement> {
  const sources = await Promise.all((await poolImages(pool('torn-sector'))).map((path) => openFileSource(path)));
  try {
    const devices = await Promise.all(sources.map((source) => surveyDevice(source, engine)));
    const all = { depth: 'meta', blocks: { engine, open }, ...options } as const;
    const { judgements } = await scanPools(
      devices,
      ({ root }) => (root === null ? null : openBlockReader(root, { engine })),
      all,
    );
    const [judgement] = judgements;
    if (judgement === undefined) throw new Error('no pool');
    return judgement;
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}

const txgs = (judged: readonly Judged[]): bigint[] => judged.map(({ candidate }) => candidate.txg);

describe('verdicts as they are found', () => {
  it('come newest first, each once, and are those of the end', async () => {
    const told: Judged[] = [];
    const { candidates, stopped } = await judge({ onCandidate: (each) => told.push(each), minTxg: 80n });
    expect(stopped).toBe(false);
    expect(txgs(told)).toEqual(txgs(told).sort((a, b) => (a < b ? 1 : -1)));
    expect(told.length).toBe(candidates.length);
    for (const { candidate, prediction } of candidates) {
      expect(told.find((each) => each.candidate === candidate)?.prediction).toEqual(prediction);
    }
  });

  it('stay when the judging is ended, and what had no turn is left open', async () => {
    const ending = new AbortController();
    let told = 0;
    const onCandidate = () => {
      told++;
      if (told === 3) ending.abort();
    };
    const { candidates, stopped } = await judge({ onCandidate, signal: ending.signal });
    expect(stopped).toBe(true);
    const newest = [...candidates].sort((a, b) => (a.candidate.txg < b.candidate.txg ? 1 : -1));
    const verdicts = newest.map(({ prediction }) => prediction.verdict);
    expect(verdicts.slice(0, 3)).not.toContain('unverified');
    expect(new Set(verdicts.slice(3))).toEqual(new Set(['unverified']));
    expect(newest.at(-1)?.prediction.reasons).toEqual([{ code: 'stopped' }]);
  });

  it('are all open when the judging is ended before it began', async () => {
    const { candidates, recommendation } = await judge({ signal: AbortSignal.abort() });
    expect(new Set(candidates.map(({ prediction }) => prediction.verdict))).toEqual(new Set(['unverified']));
    expect(recommendation).toBeNull();
  });
});
