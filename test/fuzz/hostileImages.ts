import { chooseEngine } from '../../src/node/engine.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { type PoolFixture, poolImages } from '../tools/images.ts';
import { UnopenedError } from '../tools/openSources.ts';
import { LyingPool, NoRoomError, type ToldSource } from '../tools/reseal.ts';
import { commandLines, type Ran, runLine, type Subject } from './commands.ts';
import { exercise } from './exercise.ts';
import { MUTATIONS, SEALED } from './labelLies.ts';
import { makeUpLie } from './lies.ts';
import { type Pick, pickFrom, random } from './random.ts';
import { WorkingCopy } from './workingCopy.ts';

const engine = chooseEngine();

/** Milliseconds of the processor that a command may take on a pool of 64 MiB; ordinary ones take one to three seconds. */
export const MOST_CPU = 10_000;

/** A pool whose images get lies written into them, about which then every command is asked. */
export class HostilePool {
  readonly name: string;
  readonly #copy: WorkingCopy;
  /** Null where no block can be placed: then only labels and rings lie. */
  readonly #pool: LyingPool | null;
  readonly #subject: Subject;
  readonly #close: () => Promise<void>;

  private constructor(
    name: string,
    copy: WorkingCopy,
    pool: LyingPool | null,
    subject: Subject,
    close: () => Promise<void>,
  ) {
    this.name = name;
    this.#copy = copy;
    this.#pool = pool;
    this.#subject = subject;
    this.#close = close;
  }

  /** @param folder for its images, which it makes */
  static async open(fixture: PoolFixture, folder: string): Promise<HostilePool> {
    const originals = await poolImages(fixture);
    const copy = await WorkingCopy.of(originals, folder);
    const sources = await Promise.all(originals.map((path) => openFileSource(path)));
    const close = async () => void (await Promise.all(sources.map((source) => source.close())));
    const sound = newestSound(fixture);
    const pool = await LyingPool.open(sources, sound).catch(() => null);
    const datasets: string[] = [];
    try {
      for await (const { name } of pool?.view.datasets() ?? []) datasets.push(name);
    } catch {
      // What is damaged by itself needs no name here.
    }
    const txg = pool?.uberblock.txg ?? sound ?? 1n;
    return new HostilePool(fixture.name, copy, pool, { paths: copy.paths, txg, datasets }, close);
  }

  /** Tells the lies of `seed`, lets every command look, and undoes them. @param say hears of each before it is run */
  async tell(seed: number, say: (about: string) => void): Promise<readonly Ran[]> {
    const pick = random(seed);
    const about = await this.#lie(pick);
    const ran: Ran[] = [];
    try {
      for (const line of commandLines(this.#subject, pick)) {
        say(`${about} | ${line.join(' ')}`);
        ran.push(await runLine(line, this.#subject));
      }
      if (pick(3) > 0) return ran;
      say(`${about} | the library`);
      ran.push(await this.#exercise());
    } finally {
      await this.#copy.restore();
    }
    return ran;
  }

  /** What the library has beyond the commands. */
  async #exercise(): Promise<Ran> {
    const sources = await Promise.all(this.#copy.paths.map((path) => openFileSource(path)));
    const before = process.cpuUsage();
    const wrong: string[] = [];
    try {
      await exercise(sources, this.#subject.txg, engine, 'data');
    } catch (error) {
      if (!(error instanceof UnopenedError)) wrong.push(error instanceof Error ? (error.stack ?? '') : String(error));
    } finally {
      await Promise.all(sources.map((source) => source.close()));
    }
    const { user, system } = process.cpuUsage(before);
    return { line: 'the library', status: 0, wrong, cpu: (user + system) / 1000 };
  }

  async #lie(pick: Pick): Promise<string> {
    const notes: string[] = [];
    const pool = this.#pool;
    if (pool !== null && pick(4) > 0) {
      const { about, change } = makeUpLie(pool, pick);
      notes.push(about);
      const told = tellIfRoom(pool, change);
      if (told !== null) await this.#copy.write(told);
    }
    if (notes.length === 0 || pick(6) === 0) {
      const labels = this.#copy.labels;
      for (const [i, original] of labels.entries()) {
        if (pick(3) === 0) continue;
        const lied = { ...original, front: original.front.slice(), back: original.back.slice() };
        for (let times = 1 + pick(2); times > 0; times--) {
          const mutation = pickFrom(pick, pick(4) === 0 ? MUTATIONS : SEALED);
          mutation(lied, labels, pick);
          notes.push(`labels ${i}: ${mutation.name}`);
        }
        await this.#copy.writeLabels(i, lied);
      }
    }
    return notes.join('; ');
  }

  close(): Promise<void> {
    return this.#close();
  }
}

/** Null where the pool has no room for what is new. */
function tellIfRoom(pool: LyingPool, change: Parameters<LyingPool['tell']>[0]): ToldSource[] | null {
  try {
    return pool.tell(change);
  } catch (error) {
    if (error instanceof NoRoomError) return null;
    throw error;
  }
}

/**
 * Why `ran` is a bug, by command line; empty when it is none.
 *
 * @param mostCpu milliseconds of the processor from which on a line is one; only for runs by hand, on a machine that does
 *   nothing else
 */
export function bugsOf(ran: readonly Ran[], mostCpu = Number.POSITIVE_INFINITY): string[] {
  return ran.flatMap(({ line, wrong, cpu }) => [
    ...wrong.map((each) => `${line}: ${each}`),
    ...(cpu > mostCpu ? [`${line}: ${Math.round(cpu)} ms of the processor`] : []),
  ]);
}

function newestSound({ truth }: PoolFixture): bigint | undefined {
  const txgs = Object.entries(truth.answers.ro)
    .filter(([txg, { rc, used }]) => rc === 0 && used === Number(txg))
    .map(([txg]) => BigInt(txg));
  return txgs.sort((a, b) => (a < b ? -1 : 1)).at(-1);
}
