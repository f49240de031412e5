import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { chooseEngine } from '../../src/node/engine.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { poolImages, pools } from '../tools/images.ts';
import { LyingPool } from '../tools/reseal.ts';
import { exercise } from './exercise.ts';
import { makeUpLie, random } from './lies.ts';

/**
 * Tells lies about every pool for as long as it is asked to: `node bin/develop.js fuzz SECONDS [SEED] [POOL]`.
 *
 * The lies are told in a worker with little memory, so that a hang and a flood are seen from outside and named by their
 * seed.
 */

/** Milliseconds of one lie. */
const HANG = 60_000;
const MEMORY = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64 };

interface Told {
  readonly pool: string;
  readonly seed: number;
  readonly about: string;
}

/** What the worker says: a lie is about to be told, or what became of it when that is a bug. */
type Message = { readonly next: Told } | { readonly bug: string };

async function tellLies(names: readonly string[], firstSeed: number, until: number): Promise<void> {
  const say = (message: Message): void => parentPort?.postMessage(message);
  const engine = chooseEngine();
  for (let seed = firstSeed, turn = 0; Date.now() < until; turn++) {
    const fixture = pools().find(({ name }) => name === names[turn % names.length]);
    if (fixture === undefined) return;
    const sources = await Promise.all((await poolImages(fixture)).map((path) => openFileSource(path)));
    try {
      const pool = await LyingPool.open(sources, newestSound(fixture.truth.answers.ro)).catch(() => null);
      for (let i = 0; pool !== null && i < 50 && Date.now() < until; i++, seed++) {
        const { about, change } = makeUpLie(pool, random(seed));
        say({ next: { pool: fixture.name, seed, about } });
        try {
          await exercise(pool.tell(change), pool.uberblock.txg, engine, 'data');
        } catch (error) {
          say({ bug: error instanceof Error ? (error.stack ?? error.message) : String(error) });
        }
      }
    } finally {
      await Promise.all(sources.map((source) => source.close()));
    }
  }
}

function newestSound(
  ro: Readonly<Record<string, { readonly rc: number | 'panic'; readonly used: number }>>,
): bigint | undefined {
  const txgs = Object.entries(ro)
    .filter(([txg, { rc, used }]) => rc === 0 && used === Number(txg))
    .map(([txg]) => BigInt(txg));
  return txgs.sort((a, b) => (a < b ? -1 : 1)).at(-1);
}

/** Watches a worker from one lie to the next. @returns lies told, and the lie after which it has to start again */
function watch(
  names: readonly string[],
  seed: number,
  until: number,
): Promise<{ told: number; bugs: number; last: Told | null }> {
  return new Promise((resolve) => {
    const worker = new Worker(process.argv[1] ?? '', { workerData: { names, seed, until }, resourceLimits: MEMORY });
    let [told, bugs] = [0, 0];
    let last: Told | null = null;
    const report = (what: string): void => {
      bugs++;
      console.log(`BUG in ${last?.pool}, seed ${last?.seed}: ${last?.about}\n${what}\n`);
    };
    let alarm = setTimeout(() => {}, 0);
    const rewind = (): void => {
      clearTimeout(alarm);
      alarm = setTimeout(() => {
        report(`no end within ${HANG / 1000} seconds`);
        void worker.terminate();
      }, HANG);
    };
    worker.on('message', (message: Message) => {
      rewind();
      if ('bug' in message) return report(message.bug);
      told++;
      last = message.next;
    });
    // Memory that ran out comes as an error of the worker.
    worker.on('error', (error) => report(String(error)));
    worker.on('exit', () => {
      clearTimeout(alarm);
      resolve({ told, bugs, last });
    });
  });
}

if (isMainThread) {
  const [seconds = '60', firstSeed = String(Date.now() % 1_000_000_000), only] = process.argv.slice(2);
  const names = pools()
    .map(({ name }) => name)
    .filter((name) => only === undefined || name === only);
  const until = Date.now() + Number(seconds) * 1000;
  console.log(`${names.length} pools, from seed ${firstSeed}, for ${seconds} seconds`);
  let [seed, told, bugs] = [Number(firstSeed), 0, 0];
  while (Date.now() < until) {
    const watched = await watch(names, seed, until);
    told += watched.told;
    bugs += watched.bugs;
    seed = (watched.last?.seed ?? seed) + 1;
    if (watched.told === 0) break;
  }
  console.log(`${told} lies told, ${bugs} bugs`);
  process.exitCode = bugs === 0 && told > 0 ? 0 : 1;
} else {
  const { names, seed, until } = workerData as { names: string[]; seed: number; until: number };
  await tellLies(names, seed, until);
}
