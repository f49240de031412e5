import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scan } from '../../src/api/scan.ts';
import { type KernelAnswer, publicImages, type Truth } from '../tools/images.ts';
import { comparePool } from './contradictions.ts';

/** What OpenZFS 2.3.2 (its library in user space) answers for the pools that the project publishes. */
interface PublicPool {
  readonly from: 'zfs-test' | 'zfs-images';
  readonly pool: string;
  /** Below the folder that `from` was unpacked to. */
  readonly images: readonly string[];
  readonly extra?: string;
  readonly asked: readonly number[];
  /** `metadata,data` errors by txg, of those that were loaded. */
  readonly readOnly: Readonly<Record<string, string>>;
  readonly readWrite: Readonly<Record<string, string>>;
}

const POOLS = JSON.parse(readFileSync(join(import.meta.dirname, 'publicPools.json'), 'utf8')) as PublicPool[];

const refused: KernelAnswer = { rc: 1, used: 0, errs: '', health: '', msg: '' };

function truthOf({ images, pool, extra, asked, readOnly, readWrite }: PublicPool): Truth {
  const answers = (loaded: PublicPool['readOnly']) =>
    Object.fromEntries(
      asked.map((txg): [string, KernelAnswer] => {
        const errs = loaded[txg];
        return [`${txg}`, errs === undefined ? refused : { rc: 0, used: txg, errs, health: 'ONLINE', msg: '' }];
      }),
    );
  const all = { plain: null, plainF: null, ro: answers(readOnly), rw: answers(readWrite) };
  return { images, pool, extra: extra ?? null, asked, answers: all };
}

for (const each of POOLS) {
  const images = publicImages(each.from, each.images);
  const fetched = images === null ? ' (skipped: test/tools/fetch-test-pools has not fetched it)' : '';
  it.skipIf(images === null)(`${each.images[0]}: every txg is judged as OpenZFS judges it${fetched}`, async () => {
    const { pools } = await scan(images ?? [], { depth: 'data' });
    const { contradictions } = comparePool(pools.find(({ name }) => name === each.pool) ?? null, truthOf(each));
    expect(contradictions).toEqual([]);
    const verdicts = new Set(pools[0]?.candidates.map(({ verdict }) => verdict));
    expect(verdicts).not.toContain('unverified');
  });
}
