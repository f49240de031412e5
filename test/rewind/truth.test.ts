import { describe, expect, it } from 'vitest';
import type { JudgedCandidate } from '../../src/rewind/judgedCandidate.ts';
import { reasonWords } from '../../src/words/reasons.ts';
import { type KernelAnswer, type PoolFixture, poolImages, pools } from '../tools/images.ts';
import { type Scanned, scanFixture } from './scanned.ts';
import { stepTroubles } from './stepShape.ts';

const scans = new Map<string, Promise<Scanned>>();

/** Judged to the last block, once for all tests. */
function scanned(fixture: PoolFixture): Promise<Scanned> {
  const scan = scans.get(fixture.name) ?? scanFixture(fixture, 'data');
  scans.set(fixture.name, scan);
  return scan;
}

const importedAt = ({ rc, used }: KernelAnswer, txg: string): boolean => rc === 0 && used.toString() === txg;

/** What the verdict says of an import in that mode. */
const promises = (verdict: JudgedCandidate['prediction']['verdict'], mode: 'ro' | 'rw'): boolean =>
  verdict === 'importable' || (verdict === 'readonly' && mode === 'ro');

/** All candidates that the kernel was asked about, with its answers. */
async function asked(fixture: PoolFixture, mode: 'ro' | 'rw') {
  const { scan } = await scanned(fixture);
  const taken = scan.judgements.flatMap(({ candidates }) => candidates).filter(({ candidate }) => candidate.taken);
  return taken.flatMap((judged) => {
    const txg = judged.candidate.txg.toString();
    const answer = fixture.truth.answers[mode]?.[txg];
    return answer === undefined ? [] : [{ txg, judged, answer, imported: importedAt(answer, txg) }];
  });
}

const ALL = pools().map((fixture) => [fixture.name, fixture] as const);

describe('against what the kernel answered', () => {
  it.each(ALL)('%s: no verdict is contradicted, and none is left open', async (_, fixture) => {
    const wrong: string[] = [];
    for (const mode of ['ro', 'rw'] as const) {
      for (const { txg, judged, answer, imported } of await asked(fixture, mode)) {
        const { verdict, reasons } = judged.prediction;
        if (verdict !== 'unverified' && promises(verdict, mode) === imported) continue;
        wrong.push(
          `${mode} ${txg}: ${verdict} (${reasons.map((reason) => reasonWords(reason))[0]}), kernel ${answer.rc} at ${answer.used}: ${answer.msg}`,
        );
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each(ALL)('%s: errors are counted as the kernel counts them', async (_, fixture) => {
    const wrong: string[] = [];
    for (const { txg, judged, answer, imported } of await asked(fixture, 'ro')) {
      if (!imported) continue;
      const { counts } = judged;
      const found = `${counts?.metadataErrors},${counts?.dataErrors}`;
      if (found !== (answer.errs || '0,0')) wrong.push(`${txg}: ${found}, kernel ${answer.errs}`);
    }
    expect(wrong).toEqual([]);
  });

  it.each(ALL)('%s: whoever is said to crash or hang the kernel does, and no other', async (_, fixture) => {
    for (const { txg, judged, answer } of await asked(fixture, 'ro')) {
      const { hazards, verdict } = judged.prediction;
      const said = verdict === 'readonly' ? [] : hazards.map(({ kind }) => kind);
      expect([txg, said]).toEqual([txg, typeof answer.rc === 'string' ? [answer.rc] : []]);
    }
  });

  it.each(ALL)('%s: every txg that the kernel loaded is a candidate that it takes', async (_, fixture) => {
    const { scan } = await scanned(fixture);
    const taken = new Set(
      scan.judgements.flatMap(({ candidates }) =>
        candidates.flatMap(({ candidate }) => (candidate.taken ? [candidate.txg.toString()] : [])),
      ),
    );
    const loaded = Object.values(fixture.truth.answers.ro).flatMap(({ rc, used }) =>
      rc === 0 ? [used.toString()] : [],
    );
    expect(loaded.filter((txg) => !taken.has(txg))).toEqual([]);
  });

  it.each(ALL)('%s: the recommended txg is the newest that the kernel imports', async (_, fixture) => {
    const { scan } = await scanned(fixture);
    const recommended = scan.judgements[0]?.recommendation?.candidate.candidate.txg.toString();
    const { ro, rw } = fixture.truth.answers;
    const newest = (answers: Truth['ro']): string | undefined =>
      Object.keys(answers)
        .filter((txg) => importedAt(answers[txg] as KernelAnswer, txg))
        .sort((a, b) => Number(b) - Number(a))[0];
    const expected = newest(rw ?? {}) ?? newest(ro);
    // Where the kernel was asked about a few txgs only, a newer one that it was not asked about may be the one.
    if (recommended !== undefined && ro[recommended] === undefined) return;
    expect(recommended).toBe(expected);
  });
});

describe('what is printed', () => {
  it.each(ALL)(
    '%s: has steps in an order that works, on nothing but the devices that are meant',
    async (_, fixture) => {
      const { scan } = await scanned(fixture);
      const images = await poolImages(fixture);
      for (const { recommendation } of scan.judgements) {
        if (recommendation !== null) expect(stepTroubles(recommendation, images)).toEqual([]);
      }
    },
  );
});

type Truth = PoolFixture['truth']['answers'];
