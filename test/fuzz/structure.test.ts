import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseEngine } from '../../src/node/engine.ts';
import { type FileSource, openFileSource } from '../../src/node/fileSource.ts';
import { pool as fixture, poolImages } from '../tools/images.ts';
import { type Change, LyingPool, type TreeBlock } from '../tools/reseal.ts';
import { attacksOn } from './attacks.ts';
import { exercise } from './exercise.ts';
import { makeUpLie } from './lies.ts';
import { random, SEED } from './random.ts';

/** Guards against lies that every checksum vouches for: metadata that is corrupted, not destroyed. */

const BUDGET = 8_000;
const engine = chooseEngine();
/** Bytes above what the process has before. */
const MEMORY = 512 * 1024 * 1024;
/** Milliseconds of one lie, most of them far less; bounds a loaded machine too. */
const SLOW = 60_000;
let rss = 0;

let sources: FileSource[] = [];
let pool: LyingPool;

beforeAll(async () => {
  sources = await Promise.all((await poolImages(fixture('every-checksum'))).map((path) => openFileSource(path)));
  pool = await LyingPool.open(sources);
  rss = process.memoryUsage.rss();
}, 30_000);
afterAll(async () => void (await Promise.all(sources.map((source) => source.close()))));

const tell = (changes: readonly (readonly [TreeBlock, Change])[]) =>
  exercise(pool.tell(new Map(changes)), pool.uberblock.txg, engine);

describe('lies about structure', () => {
  it('a pool told anew without a lie is the same pool', async () => {
    const all = new Map(pool.blocks.filter((_, i) => i % 19 === 0).map((block) => [block, block.content]));
    const [told, plain] = [await exercise(pool.tell(all), pool.uberblock.txg, engine), await tell([])];
    expect(told).toEqual(plain);
    expect(plain.verdicts).toEqual(['importable']);
  });

  it('thought of on purpose: a result or an error of ours, in bounded time and memory', {
    timeout: 300_000,
  }, async () => {
    const plain = await tell([]);
    const reached = new Set<string>();
    const attacks = attacksOn(pool);
    for (const { name, changes, everywhere } of attacks) {
      const before = Date.now();
      const told = await exercise(pool.tell(changes, everywhere), pool.uberblock.txg, engine).catch(
        (cause: unknown) => {
          throw new Error(name, { cause });
        },
      );
      if (JSON.stringify([told.read, ...told.troubles]) !== JSON.stringify([plain.read, ...plain.troubles])) {
        reached.add(name);
      }
      expect(Date.now() - before, name).toBeLessThan(SLOW);
      expect(process.memoryUsage.rss() - rss, name).toBeLessThan(MEMORY);
    }
    expect(attacks.length).toBeGreaterThan(60);
    // Some are claims that nothing here believes: a number of blocks, a pointer upwards.
    expect(reached.size).toBeGreaterThan(attacks.length / 2);
  });

  it(`made up from seed ${SEED}: a result or an error of ours, in bounded time`, { timeout: 60_000 }, async () => {
    const until = Date.now() + BUDGET;
    for (let seed = SEED; Date.now() < until; seed++) {
      const { about, change } = makeUpLie(pool, random(seed));
      const before = Date.now();
      const { verdicts } = await exercise(pool.tell(change), pool.uberblock.txg, engine).catch((cause: unknown) => {
        throw new Error(`seed ${seed}: ${about}`, { cause });
      });
      expect(verdicts.length, `seed ${seed}: ${about}`).toBeLessThan(2);
      expect(Date.now() - before, `seed ${seed}: ${about}`).toBeLessThan(SLOW);
    }
    expect(process.memoryUsage.rss() - rss).toBeLessThan(MEMORY);
  });
});
