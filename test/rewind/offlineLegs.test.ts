import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseEngine } from '../../src/node/engine.ts';
import { type FileSource, openFileSource } from '../../src/node/fileSource.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import type { PoolJudgement } from '../../src/rewind/judgement.ts';
import { scanPools } from '../../src/rewind/scanPools.ts';
import type { ByteSource } from '../../src/source/source.ts';
import { pool as fixture, poolImages } from '../tools/images.ts';
import { said } from './said.ts';

// A mirror whose second leg was taken offline after txg 54, the first going on to txg 75. Real ZFS 2.3.2 was asked about
// each of the damages below: with both legs it opens what the first one holds, with the second alone txg 54 and older.

const LABEL = 256 * 1024;
const SLOT = 4096;
/** Labels 0 and 1 and the boot area: block addresses count from behind them. */
const FRONT = 4 * 1024 * 1024;
const engine = chooseEngine();
let legs: FileSource[] = [];

beforeAll(async () => {
  legs = await Promise.all((await poolImages(fixture('offline-leg'))).map((path) => openFileSource(path)));
});
afterAll(async () => void (await Promise.all(legs.map((leg) => leg.close()))));

/** The first leg with zeros from `start` to `end`, and the second as it is. */
const damaged = (...holes: readonly (readonly [start: number, end: number])[]): ByteSource[] =>
  legs.map((leg, i) =>
    i > 0
      ? leg
      : {
          name: leg.name,
          size: leg.size,
          async read(offset, length, signal) {
            const bytes = new Uint8Array(await leg.read(offset, length, signal));
            for (const [start, end] of holes) {
              const from = Math.max(start, offset);
              const to = Math.min(end, offset + length);
              if (from < to) bytes.fill(0, from - offset, to - offset);
            }
            return bytes;
          },
        },
  );

async function judged(sources: readonly ByteSource[]): Promise<PoolJudgement> {
  const devices = await Promise.all(sources.map((source) => surveyDevice(source, engine)));
  const { judgements } = await scanPools(
    devices,
    ({ root }) => (root === null ? null : openBlockReader(root, { engine })),
    { depth: 'meta', blocks: { engine, open: (root, more) => openBlockReader(root, { engine, ...more }) } },
  );
  const [judgement] = judgements;
  if (judgement === undefined) throw new Error('no pool');
  return judgement;
}

const offlineLegsIn = ({ recommendation, findings }: PoolJudgement) => ({
  alternatives: recommendation?.alternatives.filter(({ why }) => why.kind === 'other-devices') ?? [],
  findings: findings.filter(({ code }) => code === 'offline-leg'),
});

describe('a leg that was taken offline', () => {
  it('is not spoken of where all that it opens opens with its sibling too', async () => {
    expect(offlineLegsIn(await judged(legs))).toEqual({ alternatives: [], findings: [] });
  });

  it('is not spoken of where it alone has txgs that import, but older ones than what imports with its sibling', async () => {
    const [{ size }] = legs as [FileSource];
    const labels = [0, LABEL, size - 2 * LABEL, size - LABEL];
    const slots = labels.flatMap((label) => [45, 47, 49, 51, 54].map((txg) => label + LABEL / 2 + (txg % 32) * SLOT));
    const judgement = await judged(damaged(...slots.map((at) => [at, at + SLOT] as const)));
    expect(judgement.recommendation?.candidate.candidate.txg).toBe(75n);
    expect(offlineLegsIn(judgement).alternatives).toEqual([]);
  });

  it('is an alternative where it alone leads to newer txgs than with its sibling', async () => {
    const roots = (await judged(legs)).candidates
      .filter(({ candidate }) => candidate.txg >= 54n)
      .flatMap(({ candidate }) => candidate.uberblock.rootbp.dvas)
      .map(({ offset }) => Number(offset) * 512 + FRONT);
    const judgement = await judged(damaged(...roots.map((at) => [at, at + SLOT] as const)));
    expect(judgement.recommendation?.candidate.candidate.txg).toBe(51n);
    const leg = `/run/zu-d${judgement.pool.devices.findIndex(({ source }) => source.name === legs[1]?.name)}`;
    expect(offlineLegsIn(judgement)).toMatchObject({
      alternatives: [
        {
          txg: 54n,
          why: { given: [legs[1]?.name], states: ['offline'], which: 'all', txg: 54n, verdict: 'importable' },
          steps: [{ showings: [{ path: leg }] }, { command: expect.arrayContaining(['-d', leg]) }],
        },
      ],
      findings: [],
    });
  });

  it('is a finding where nothing imports with its sibling', async () => {
    const judgement = await judged(damaged([4 * 1024 * 1024, 63 * 1024 * 1024]));
    expect(judgement.recommendation).toBeNull();
    const { findings } = offlineLegsIn(judgement);
    expect(said(findings[0])).toBe(
      `Nothing imports with all devices; with only ${legs[1]?.name} given, each by -d, which was taken offline, txg 54 imports.`,
    );
    expect(findings).toMatchObject([
      {
        severity: 'warning',
        devices: [{ source: { name: legs[1]?.name } }],
      },
    ]);
  });
});
