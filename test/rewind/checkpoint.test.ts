import { afterEach, describe, expect, it, vi } from 'vitest';
import { FormatError } from '../../src/bytes/errors.ts';
import { asTxg } from '../../src/bytes/units.ts';
import { Mos } from '../../src/dataset/mos.ts';
import { buildPoolEntry } from '../../src/document/poolEntry.ts';
import { Blkptr } from '../../src/format/blkptr.ts';
import type { Uberblock } from '../../src/format/uberblock.ts';
import type { Depth } from '../../src/rewind/judgement.ts';
import { type Pick, random, SEED } from '../fuzz/random.ts';
import { pool as fixture } from '../tools/images.ts';
import { scanFixture } from './scanned.ts';

/** Its newest txg is lost; the txg before keeps a checkpoint that no ring holds any more. */
const LOST = fixture('checkpoint-newest-lost');

async function scanned(depth: Depth) {
  const { scan } = await scanFixture(LOST, depth);
  const [judgement] = scan.judgements;
  if (judgement === undefined) throw new Error('no pool');
  return buildPoolEntry(judgement, () => null);
}

const kept = ({ candidates }: Awaited<ReturnType<typeof scanned>>) => candidates.filter((each) => each.checkpoint);
const told = ({ findings }: Awaited<ReturnType<typeof scanned>>) =>
  findings.filter(({ code }) => code === 'checkpoint');

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a checkpoint that no ring holds', () => {
  it('is a candidate that says who keeps it, how it is had and what is damaged in it', async () => {
    const pool = await scanned('data');
    const [candidate, ...more] = kept(pool);
    const heldBy = pool.recommendation?.txg;
    expect(more).toEqual([]);
    expect(candidate).toMatchObject({
      txg: LOST.truth.checkpoint?.txg,
      checkpoint: { heldBy },
      copies: 0,
      verdict: 'readonly',
      metadataErrors: 0,
      dataErrors: 1,
      commandReadWrite: [],
    });
    expect(candidate?.commandReadOnly.slice(-5, -1)).toEqual(['-F', '-T', heldBy, '--rewind-to-checkpoint']);
    expect(candidate?.reasons[0]).toContain(`txg ${heldBy} keeps it in the pool's root metadata (MOS)`);
    expect(told(pool)).toMatchObject([{ severity: 'info' }]);
    expect(pool.recommendation?.alternatives.at(-1)).toMatchObject({
      txg: candidate?.txg,
      why: expect.stringContaining('imports read-only'),
    });
  });

  it('is not looked for where no meta-object set is read', async () => {
    expect(kept(await scanned('labels'))).toEqual([]);
  });
});

/** What a writer to the disk may have put where the checkpoint is kept. */
async function forged(change: (real: Uberblock) => Uberblock): Promise<Awaited<ReturnType<typeof scanned>>> {
  const real = Mos.prototype.checkpoint;
  vi.spyOn(Mos.prototype, 'checkpoint').mockImplementation(async function (this: Mos, signal) {
    const uberblock = await real.call(this, signal);
    return uberblock === null ? null : change(uberblock);
  });
  return scanned('meta');
}

const NONSENSE: readonly (readonly [string, (real: Uberblock) => Uberblock])[] = [
  ['txg 0', (real) => ({ ...real, txg: asTxg(0n), checkpointTxg: asTxg(0n) })],
  ['no checkpoint', (real) => ({ ...real, checkpointTxg: asTxg(0n) })],
  [
    'later than who keeps it',
    (real) => ({ ...real, txg: asTxg(2n ** 64n - 1n), checkpointTxg: asTxg(2n ** 64n - 1n) }),
  ],
  ['a root block of later', (real) => ({ ...real, txg: asTxg(1n), checkpointTxg: asTxg(1n) })],
  ['no root block', (real) => ({ ...real, rootbp: new Blkptr(new Uint8Array(128), true, real.rootbp.place) })],
  [
    'garbage',
    ({ rootbp }) => {
      throw new FormatError('format-magic', 'uberblock magic', '0xbab10c', '0x0', rootbp.place);
    },
  ],
];

describe('a forged checkpoint', () => {
  it.each(NONSENSE)('%s: a finding and no candidate', async (_, change) => {
    const pool = await forged(change);
    expect(kept(pool)).toEqual([]);
    expect(told(pool)[0]).toMatchObject({ severity: 'warning', message: expect.stringContaining('is none: ') });
    expect(pool.recommendation).not.toBeNull();
  });

  it('leaves the verdict open for a version that nobody has', async () => {
    const pool = await forged((real) => ({ ...real, version: 77n }));
    expect(kept(pool)[0]).toMatchObject({
      verdict: 'unverified',
      reasons: expect.arrayContaining([expect.stringContaining('version 77')]),
    });
  });

  it('is judged by what its root block really is', async () => {
    const pool = await forged((real) => {
      const bytes = Uint8Array.from(real.rootbp.bytes);
      for (const at of [8, 24, 40]) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      return { ...real, rootbp: new Blkptr(bytes, true, real.rootbp.place) };
    });
    expect(kept(pool)[0]).toMatchObject({ verdict: 'damaged', commandReadWrite: [] });
    expect(told(pool)[0]).toMatchObject({ severity: 'warning' });
  });

  it(`never ends in a crash, seed ${SEED}`, async () => {
    const pick: Pick = random(SEED);
    for (let run = 0; run < 20; run++) {
      const pool = await forged((real) => {
        const bytes = Uint8Array.from(real.rootbp.bytes);
        for (let hits = 1 + pick(4); hits > 0; hits--) bytes[pick(bytes.length)] = pick(256);
        return { ...real, rootbp: new Blkptr(bytes, real.littleEndian, real.rootbp.place) };
      });
      expect(kept(pool).length + told(pool).length).toBeGreaterThan(0);
      vi.restoreAllMocks();
    }
  });
});
