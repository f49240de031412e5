import { describe, expect, it } from 'vitest';
import { collectCandidates } from '../../src/rewind/candidates.ts';
import { pools } from '../tools/images.ts';
import { scanFixture } from './scanned.ts';

describe('against what the kernel answered', () => {
  it.each(pools().map((fixture) => [fixture.name, fixture] as const))(
    '%s: no verdict is contradicted',
    async (_, fixture) => {
      const { scan } = await scanFixture(fixture);
      const { answers } = fixture.truth;
      const wrong: string[] = [];
      const judged = scan.judgements.flatMap(({ candidates }) => candidates);
      for (const { candidate, prediction } of judged) {
        if (!candidate.taken) continue;
        const txg = candidate.txg.toString();
        for (const [mode, answer] of [['ro', answers.ro[txg]] as const, ['rw', answers.rw[txg]] as const]) {
          if (answer === undefined) continue;
          const imports = answer.rc === 0 && answer.used.toString() === txg;
          const { verdict } = prediction;
          const says =
            verdict === 'unverified' ? imports : verdict === 'importable' || (verdict === 'readonly' && mode === 'ro');
          if (says !== imports)
            wrong.push(`${mode} ${txg}: ${verdict} (${prediction.reasons[0]}), kernel ${answer.rc} at ${answer.used}`);
        }
      }
      expect(judged).not.toEqual([]);
      expect(wrong).toEqual([]);
    },
  );

  it.each(pools().map((fixture) => [fixture.name, fixture] as const))(
    '%s: every txg that the kernel loaded is a candidate that it takes',
    async (_, fixture) => {
      const { scan } = await scanFixture(fixture, 'labels');
      const taken = new Set<string>();
      for (const { pool } of scan.judgements) {
        for (const { txg, taken: isTaken } of collectCandidates(pool)) if (isTaken) taken.add(txg.toString());
      }
      const loaded = Object.values(fixture.truth.answers.ro).flatMap(({ rc, used }) =>
        rc === 0 ? [used.toString()] : [],
      );
      expect(loaded.filter((txg) => !taken.has(txg))).toEqual([]);
    },
  );

  it.each(pools().map((fixture) => [fixture.name, fixture] as const))(
    '%s: the recommended txg is no older than the newest that the kernel imports',
    async (_, fixture) => {
      const { scan } = await scanFixture(fixture);
      const recommended = scan.judgements[0]?.recommendation?.candidate.candidate.txg;
      const imported = Object.entries(fixture.truth.answers.ro)
        .filter(([txg, { rc, used }]) => rc === 0 && used.toString() === txg)
        .map(([txg]) => Number(txg));
      // Where layouts or algorithms are not supported yet nothing is recommended, and nothing is wrong.
      if (recommended !== undefined) expect(Number(recommended)).toBeGreaterThanOrEqual(Math.max(0, ...imported));
    },
  );
});
