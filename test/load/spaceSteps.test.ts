import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explain } from '../../src/api/explain.ts';
import { scan } from '../../src/api/scan.ts';
import { verify } from '../../src/api/verify.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import type { ByteSource } from '../../src/source/source.ts';
import { pool as fixture, poolImages } from '../tools/images.ts';
import { LyingPool, type TreeBlock } from '../tools/reseal.ts';

/** The newest of healthy-single. */
const TXG = 79n;
/** Two metaslabs of it, and the log of its last txg: what OpenZFS 2.3.2 says of each is in the names of the tests. */
const MAP = 'MOS > object 138';
const LOG = 'MOS > object 190';
/** The objects of its space maps, by metaslab, and the one that the log has twice below. */
const MAPS = 'MOS > object 132';
const LOGGED = 2;

let sources: readonly Awaited<ReturnType<typeof openFileSource>>[];
let pool: LyingPool;
beforeAll(async () => {
  sources = await Promise.all((await poolImages(fixture('healthy-single'))).map((path) => openFileSource(path)));
  pool = await LyingPool.open(sources, TXG);
});
afterAll(async () => {
  await Promise.all(sources.map((source) => source.close()));
});

type Change = (words: DataView) => void;

const blockOf = (path: string): TreeBlock => {
  const found = pool.blocks.find((block) => block.path === path && block.bp.level === 0);
  if (found === undefined) throw new Error(`no block of ${path}`);
  return found;
};

/** Words of the blocks, changed, with every checksum above them right. */
function told(...changes: readonly (readonly [path: string, change: Change])[]): ByteSource[] {
  const contents = new Map<TreeBlock, Uint8Array>();
  for (const [path, change] of changes) {
    const block = blockOf(path);
    const content = block.content.slice();
    change(new DataView(content.buffer));
    contents.set(block, content);
  }
  return pool.tell(contents);
}

/** Entries of two words; debug words stand between them. */
const firstPair = (words: DataView): number => {
  for (let at = 0; ; at += 8) if (words.getBigUint64(at, true) >> 62n === 3n) return at;
};

const firstEntryTwice: Change = (words) => {
  // After its first word, which tells of the txg, a map has entries of one word.
  let at = 0;
  while (words.getBigUint64(at, true) >> 63n !== 0n) at += 8;
  words.setBigUint64(at + 8, words.getBigUint64(at, true), true);
};

const firstPairTwice: Change = (words) => {
  const at = firstPair(words);
  for (const word of [0, 8]) words.setBigUint64(at + 16 + word, words.getBigUint64(at + word, true), true);
};

const twiceAllocated = (): ByteSource[] => told([MAP, firstEntryTwice]);
const twiceLogged = (): ByteSource[] => told([LOG, firstPairTwice]);

const candidateOf = async (told: readonly ByteSource[]) =>
  (await scan(told, { depth: 'meta', minTxg: TXG, maxTxg: TXG })).pools[0]?.candidates[0];

describe('space maps whose checksums hold and that contradict themselves', () => {
  it('leave the pool read-only where a map allocates twice: removing nonexistent segment from range tree', async () => {
    const candidate = await candidateOf(twiceAllocated());
    expect(candidate?.verdict).toBe('readonly');
    expect(candidate?.reasonData[0]).toMatchObject({
      code: 'space-contradicts',
      step: 'metaslab_load',
      space: { kind: 'alloc', metaslab: 0, offset: '0', length: '45056', said: 'space map' },
    });
  });

  it('leave it read-only where a log allocates twice: adding existent segment to range tree', async () => {
    const candidate = await candidateOf(twiceLogged());
    expect(candidate?.verdict).toBe('readonly');
    expect(candidate?.reasonData[0]).toMatchObject({
      code: 'space-contradicts',
      space: { kind: 'alloc', offset: `${0x2182000}`, length: `${0x4000}`, said: 'space map logs' },
    });
  });

  it('leave it read-only where a log allocates twice in a metaslab that has no map: adding existent segment to range tree', async () => {
    const withoutMap: Change = (objects) => objects.setBigUint64(LOGGED * 8, 0n, true);
    const candidate = await candidateOf(told([MAPS, withoutMap], [LOG, firstPairTwice]));
    expect(candidate?.verdict).toBe('readonly');
    expect(candidate?.reasonData[0]).toMatchObject({
      code: 'space-contradicts',
      space: { kind: 'alloc', metaslab: LOGGED, offset: `${0x2182000}`, length: `${0x4000}`, said: 'space map logs' },
    });
  });

  it('leave it read-only where the logs do not fit what the maps have', async () => {
    const candidate = await candidateOf(
      told([
        LOG,
        (words) => {
          const at = firstPair(words) + 8;
          words.setBigUint64(at, words.getBigUint64(at, true) ^ (1n << 63n), true);
        },
      ]),
    );
    expect(candidate?.reasonData[0]).toMatchObject({ code: 'space-contradicts', space: { said: 'space map logs' } });
  });

  it('are told of by verify, and do not stand against the other txgs', async () => {
    const lying = twiceAllocated();
    const one = await verify(lying, TXG, { depth: 'meta' });
    expect(one.verdict).toBe('readonly');
    const [judged] = (await scan(lying, { depth: 'meta', minTxg: TXG - 3n })).pools;
    const others = judged?.candidates.filter(({ txg }) => txg !== `${TXG}`) ?? [];
    expect(others.map(({ verdict }) => verdict)).toEqual(others.map(() => 'importable'));
    expect(judged?.recommendation?.txg).toBe(others[0]?.txg);
  });

  it('stand against the txgs of which alone they would', async () => {
    for (const sources of [twiceAllocated(), twiceLogged()]) {
      const together = (await scan(sources, { depth: 'meta', minTxg: TXG - 20n })).pools[0]?.candidates ?? [];
      expect(together.length).toBeGreaterThan(2);
      for (const { txg, verdict, reasons } of together) {
        const alone = await scan(sources, { depth: 'meta', minTxg: BigInt(txg), maxTxg: BigInt(txg) });
        const [candidate] = alone.pools[0]?.candidates ?? [];
        expect([candidate?.txg, candidate?.verdict, candidate?.reasons]).toEqual([txg, verdict, reasons]);
      }
    }
  });

  it('are what explain names txgs by, for the panics that they lead to', async () => {
    const text = 'zfs: removing nonexistent segment from range tree (offset=0 size=b000)';
    const { meanings } = await explain(text, twiceAllocated(), { depth: 'meta', minTxg: TXG - 3n });
    const [entry] = meanings[0]?.pools ?? [];
    expect(entry?.met).toEqual([`${TXG}`]);
    expect(entry?.free.length).toBeGreaterThan(0);
  });
});

it('does not add up more than it has to: nothing stands against the txgs of a pool as it was made', async () => {
  const [found] = (await scan(sources, { depth: 'meta' })).pools;
  expect(found?.candidates.flatMap(({ reasonData }) => reasonData.map(({ code }) => code))).not.toContain(
    'space-contradicts',
  );
});
