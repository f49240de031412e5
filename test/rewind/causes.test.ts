import { describe, expect, it } from 'vitest';
import { asTxg } from '../../src/bytes/units.ts';
import { collectCandidates } from '../../src/load/candidates.ts';
import type { Reason } from '../../src/load/reason.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import { UnavailableBlockError } from '../../src/pool/blockRead.ts';
import type { DeviceSurvey } from '../../src/pool/survey.ts';
import type { Evidence, Finding } from '../../src/rewind/findings/finding.ts';
import { imagesOfTwoTimes } from '../../src/rewind/findings/imageOfTwoTimes.ts';
import { failingNewest } from '../../src/rewind/findings/uberblocks.ts';
import type { Judged } from '../../src/rewind/judge.ts';
import { stoppedTops } from '../../src/rewind/stoppedTops.ts';
import { device, type UberblockSpec, vdev } from '../pool/surveys.ts';
import { pool as fixture } from '../tools/images.ts';
import { said } from './said.ts';
import { scanFixture } from './scanned.ts';

const SUM = 6n;
const written = (...txgs: bigint[]): UberblockSpec[] => txgs.map((txg) => ({ txg, guidSum: SUM }));

const PLACE = { source: 'd0', offset: 0, path: [] };
const lostBlock = (copies: readonly string[]): Reason => ({
  code: 'unreadable',
  what: { role: 'mos' },
  error: new UnavailableBlockError('lost', [], PLACE, copies),
});

/** Evidence of made devices, of which the candidates above `sound` fail at a block of their own. */
function evidenceOf(devices: readonly DeviceSurvey[], sound: bigint, copies = (txg: bigint) => [`0:${txg}000`]) {
  const [pool] = assemblePools(devices).pools;
  if (pool === undefined) throw new Error('no pool');
  const candidates = collectCandidates(pool);
  const judged = candidates.map((candidate): Judged => {
    const bad = candidate.txg > sound;
    return {
      candidate,
      root: { state: 'reads', copies: [], attempts: [], error: null },
      prediction: {
        verdict: bad ? 'damaged' : 'importable',
        reasons: bad ? [lostBlock(copies(candidate.txg))] : [],
        failsAt: bad ? 'spa_load_verify' : null,
        hazards: [],
      },
      devices,
      logMissing: null,
      counts: null,
      metaslabs: false,
      clones: false,
    };
  });
  const stopped = stoppedTops(pool, candidates);
  return {
    pool,
    candidates,
    judged,
    best: null,
    stopped,
    cut: null,
    overlaps: [],
    facts: null,
    checkpoint: null,
  } satisfies Evidence;
}

const codes = (findings: readonly Finding[]) => findings.map(({ code }) => code);
const single = (uberblocks: readonly UberblockSpec[]) => device({ name: 'd0', tree: vdev(5n), uberblocks });
/** The front of one device and the rear of another. */
const joined = (front: DeviceSurvey, rear: DeviceSurvey): DeviceSurvey => ({
  ...front,
  labels: [...front.labels.slice(0, 2), ...rear.labels.slice(2)],
});

describe('why the newest uberblocks fail', () => {
  it('is a flush where nothing else is seen', () => {
    expect(codes(failingNewest(evidenceOf([single(written(5n, 6n, 7n))], 5n)))).toEqual([
      'uberblock-ahead-of-metadata',
    ]);
  });

  it('is one block where three txgs fail at it', () => {
    const evidence = evidenceOf([single(written(5n, 6n, 7n, 8n))], 5n, () => ['0:4000']);
    expect(codes(failingNewest(evidence))).toEqual(['metadata-damaged']);
  });

  it('is no flush where it lasted longer than any cache holds back', () => {
    const uberblocks = [5n, 6n, 7n, 8n].map((txg) => ({ txg, guidSum: SUM, timestamp: txg * 1000n }));
    expect(codes(failingNewest(evidenceOf([single(uberblocks)], 5n)))).toEqual(['content-older-than-rings']);
  });

  it.each([
    ['rear', [5n, 6n], [5n, 6n, 7n, 8n]],
    ['front', [5n, 6n, 7n, 8n], [5n, 6n]],
  ])('is an image of two times where only its %s has them', (_, front, rear) => {
    const evidence = evidenceOf([joined(single(written(...front)), single(written(...rear)))], 6n);
    expect(codes(failingNewest(evidence))).toEqual([]);
    expect(imagesOfTwoTimes(evidence)).toMatchObject([{ code: 'image-of-two-times', severity: 'error' }]);
  });

  it('is a flush again where one uberblock alone is missing at one end: that may be the power cut', () => {
    const evidence = evidenceOf([joined(single(written(5n, 6n)), single(written(5n, 6n, 7n)))], 6n);
    expect(codes(failingNewest(evidence))).toEqual(['uberblock-ahead-of-metadata']);
    expect(imagesOfTwoTimes(evidence)).toEqual([]);
  });

  it('is not asked of what OpenZFS refuses without a look at its metadata', () => {
    const evidence = evidenceOf([single(written(5n, 6n, 7n))], 6n);
    const judged = evidence.judged.map((each) =>
      each.candidate.txg === 7n
        ? each
        : {
            ...each,
            prediction: {
              ...each.prediction,
              verdict: 'damaged' as const,
              failsAt: 'spa_ld_select_uberblock' as const,
            },
          },
    );
    expect(failingNewest({ ...evidence, judged })).toEqual([]);
  });

  const stripe = (...rings: bigint[][]) =>
    rings.map((txgs, i) =>
      device({
        name: `d${i}`,
        tree: vdev(BigInt(5 + i), { id: i }),
        more: { vdevChildren: rings.length },
        uberblocks: written(...txgs),
      }),
    );

  it('is the older copy of one disk of a stripe, where the bad block lies on it', () => {
    const devices = stripe([5n, 6n, 7n], [5n]);
    const [found, ...more] = failingNewest(evidenceOf(devices, 5n, (txg) => [`1:${txg}000`]));
    expect(more).toEqual([]);
    expect(found).toMatchObject({ code: 'newest-elsewhere', devices: [{ source: { name: 'd1' } }] });
    // On the disk that went on, something else is to blame.
    expect(codes(failingNewest(evidenceOf(devices, 5n)))).toEqual(['uberblock-ahead-of-metadata']);
  });

  it('does not take a disk that chance passed over for one that stopped', () => {
    const five = stripe([5n, 6n], [5n], [6n], [6n], [5n]);
    expect(evidenceOf(five, 6n).stopped).toEqual([]);
    const long = Array.from({ length: 20 }, (_, i) => BigInt(6 + i));
    const [stopped] = evidenceOf(stripe(long, [5n], long, long, long), 99n).stopped;
    expect(stopped).toMatchObject({ until: asTxg(5n), top: { config: { id: 1 } } });
  });
});

describe('the newest writing on a device that is not here', () => {
  const scanned = scanFixture(fixture('stale-leg-and-log'), 'meta').then(({ scan }) => scan.judgements[0]);

  it('is no flush that was not done: the device is named, and that it comes first', async () => {
    const judgement = await scanned;
    const findings = judgement?.findings ?? [];
    expect(codes(findings)).not.toContain('uberblock-ahead-of-metadata');
    expect(codes(findings.filter(({ severity }) => severity !== 'info'))).toEqual([
      'newest-elsewhere',
      'device-missing',
      'leg-stale',
    ]);
    const missing = findings.find(({ code }) => code === 'device-missing');
    expect(missing?.severity).toBe('error');
    expect(said(missing)).toMatch(/vdA1 \(guid 7978274228340474461\).*Only it can have what .* after txg 22/);
    expect(said(missing)).not.toContain('does without');
    expect(judgement?.recommendation?.cautions[0]).toMatchObject({
      kind: 'find-missing',
      vdevs: [{ path: '/dev/vdA1', guid: 7978274228340474461n }],
    });
  });
});

describe('what a rewind left behind', () => {
  it('is not blamed on disks where it was written over since', async () => {
    const { scan } = await scanFixture(fixture('rewound-twice'), 'meta');
    const found = codes(scan.judgements[0]?.findings ?? []);
    expect(found).toContain('abandoned-timeline');
    expect(found).not.toContain('uberblock-ahead-of-metadata');
  });
});
