import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judge } from '../../src/api/judge.ts';
import { type OpenedPool, openPool } from '../../src/api/openPool.ts';
import { pool, poolImages } from '../tools/images.ts';

const fixture = pool('lying-mirror-both');
let opened: OpenedPool;

beforeAll(async () => {
  opened = await openPool(await poolImages(fixture));
});

afterAll(() => opened.close());

describe('judge', () => {
  it('gives each verdict as the kernel gave it, the newest first, and at its end the ranked whole', async () => {
    const verdicts = judge(opened, { depth: 'meta' });
    const txgs: bigint[] = [];
    for (;;) {
      const { done, value } = await verdicts.next();
      if (done) {
        expect(value.candidates.map(({ candidate }) => candidate.txg).sort()).toEqual([...txgs].sort());
        expect(value.recommendation?.candidate.rank).toBe(1);
        break;
      }
      const { candidate, prediction } = value;
      txgs.push(candidate.txg);
      const answer = fixture.truth.answers.ro[`${candidate.txg}`];
      if (answer === undefined) continue;
      const succeeds = answer.rc === 0 && answer.used === Number(candidate.txg);
      expect(['importable', 'readonly'].includes(prediction.verdict), `${candidate.txg}`).toBe(succeeds);
    }
    expect(txgs).toEqual(opened.candidates.map(({ txg }) => txg));
  });

  it('ends its work when nobody wants more', async () => {
    const seen: bigint[] = [];
    const judged: bigint[] = [];
    const onCandidate = ({
      prediction,
      candidate,
    }: {
      prediction: { verdict: string };
      candidate: { txg: bigint };
    }) => {
      if (prediction.verdict !== 'unverified') judged.push(candidate.txg);
    };
    for await (const { candidate } of judge(opened, { onCandidate })) {
      seen.push(candidate.txg);
      break;
    }
    expect(seen).toHaveLength(1);
    expect(judged.length).toBeLessThan(opened.candidates.length);
  });
});
