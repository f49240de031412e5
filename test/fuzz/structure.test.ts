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

const LIES = 80;
const engine = chooseEngine();
/**
 * Bytes above what the process has before. V8 keeps garbage as long as there is room: what lives is far less, and the
 * whole runs in an old space of 200 MiB.
 */
const MEMORY = 1024 * 1024 * 1024;
let rss = 0;

let sources: FileSource[] = [];
let pool: LyingPool;

beforeAll(async () => {
  sources = await Promise.all((await poolImages(fixture('every-checksum'))).map((path) => openFileSource(path)));
  pool = await LyingPool.open(sources);
  rss = process.memoryUsage.rss();
});
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

  it('thought of on purpose: a result or an error of ours, in bounded memory', {
    timeout: 300_000,
  }, async () => {
    const plain = await tell([]);
    const reached = new Set<string>();
    const attacks = attacksOn(pool);
    for (const { name, changes, everywhere } of attacks) {
      const told = await exercise(pool.tell(changes, everywhere), pool.uberblock.txg, engine).catch(
        (cause: unknown) => {
          throw new Error(name, { cause });
        },
      );
      if (JSON.stringify([told.read, ...told.troubles]) !== JSON.stringify([plain.read, ...plain.troubles])) {
        reached.add(name);
      }
      expect(process.memoryUsage.rss() - rss, name).toBeLessThan(MEMORY);
    }
    expect(attacks.length).toBeGreaterThan(60);
    // Some are claims that nothing here believes: a number of blocks, a pointer upwards.
    expect(reached.size).toBeGreaterThan(attacks.length / 2);
  });

  it(`made up from seed ${SEED}: a result or an error of ours, in bounded memory`, async () => {
    for (let seed = SEED; seed < SEED + LIES; seed++) {
      const { about, change } = makeUpLie(pool, random(seed));
      const { verdicts } = await exercise(pool.tell(change), pool.uberblock.txg, engine).catch((cause: unknown) => {
        throw new Error(`seed ${seed}: ${about}`, { cause });
      });
      expect(verdicts.length, `seed ${seed}: ${about}`).toBeLessThan(2);
    }
    expect(process.memoryUsage.rss() - rss).toBeLessThan(MEMORY);
  });
});
