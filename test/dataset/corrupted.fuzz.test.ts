import { expect, it } from 'vitest';
import { ZfsUberError } from '../../src/bytes/errors.ts';
import { LyingReader } from '../fuzz/lyingReader.ts';
import { SEED } from '../fuzz/random.ts';
import { pool, poolImages } from '../tools/images.ts';
import { openImages } from './openImages.ts';
import { readEverything } from './readEverything.ts';

/** Rounds; each opens the pool and reads all of it once. */
const ROUNDS = 60;

it(`answers corrupted metadata with typed errors, in bounded work (seed ${SEED})`, async () => {
  const images = await poolImages(pool('all-compressions'));
  const calm: LyingReader[] = [];
  const view = await openImages(images, undefined, (reader) => {
    calm.push(new LyingReader(reader, 0, 0));
    return calm.at(-1) ?? reader;
  });
  const whole = await readEverything(
    view,
    (work) => work(),
    (trouble) => expect.fail(trouble.message),
  );
  const sound = calm.reduce((sum, { reads }) => sum + reads, 0);

  let [changes, troubles, opened] = [0, 0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const readers: LyingReader[] = [];
    const attempt = async (work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof ZfsUberError)) throw error;
        troubles++;
      }
    };
    await attempt(async () => {
      const damaged = await openImages(images, undefined, (reader) => {
        readers.push(new LyingReader(reader, SEED + round, 12));
        return readers.at(-1) ?? reader;
      });
      opened++;
      const things = await readEverything(damaged, attempt, () => troubles++);
      expect(things, `things of round ${round}`).toBeLessThan(whole * 50);
    });
    expect(
      readers.reduce((sum, { reads }) => sum + reads, 0),
      `reads of round ${round}`,
    ).toBeLessThan(sound * 20);
    changes += readers.reduce((sum, each) => sum + each.lies, 0);
  }
  expect(changes).toBeGreaterThan(ROUNDS);
  expect(opened).toBeGreaterThan(ROUNDS / 4);
  expect(troubles).toBeGreaterThan(ROUNDS);
});
