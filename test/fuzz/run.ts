import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { oneOf, wholeNumber } from '../tools/askedFor.ts';
import { pools } from '../tools/images.ts';
import { bugsOf, HostilePool, MOST_CPU } from './hostileImages.ts';

/**
 * Tells lies about every pool for as long as it is asked to: `node bin/develop.js fuzz SECONDS [SEED] [POOL]`.
 *
 * The lies are told in a process of little memory, so that a hang, a flood and a crash are seen from outside and named by
 * their seed.
 */

/** Milliseconds of one command, on a machine that does other things too. */
const HANG = 60_000;
/** MiB of the heap, and resident with all that is outside of it. */
const HEAP = 512;
const RESIDENT = 1024;
/** Lies about one pool before the next has its turn. */
const TURN = 25;

/** What the process says: a command is about to run, or what became of a lie. */
type Message = { readonly next: Told } | { readonly done: readonly string[]; readonly residentMiB: number };

interface Told {
  readonly pool: string;
  readonly seed: number;
  readonly about: string;
}

async function tellLies(names: readonly string[], firstSeed: number, until: number, folder: string): Promise<void> {
  const say = (message: Message): void => void process.send?.(message);
  const fixtures = pools();
  for (let seed = firstSeed; Date.now() < until; ) {
    const name = names[Math.floor(seed / TURN) % names.length];
    const fixture = fixtures.find((each) => each.name === name);
    if (fixture === undefined) return;
    const pool = await HostilePool.open(fixture, join(folder, fixture.name));
    try {
      do {
        const told = seed;
        const ran = await pool.tell(told, (about) => say({ next: { pool: fixture.name, seed: told, about } }));
        say({ done: bugsOf(ran, MOST_CPU), residentMiB: process.resourceUsage().maxRSS / 1024 });
      } while (++seed % TURN !== 0 && Date.now() < until);
    } finally {
      await pool.close();
      rmSync(join(folder, fixture.name), { recursive: true, force: true });
    }
  }
}

interface Watched {
  readonly told: number;
  readonly bugs: number;
  readonly residentMiB: number;
  readonly last: Told | null;
}

/** Watches a process from one lie to the next. @returns what was told, and the lie after which it has to start again */
function watch(args: readonly string[]): Promise<Watched> {
  return new Promise((resolve) => {
    const child = fork(process.argv[1] ?? '', ['--tell', ...args], { execArgv: [`--max-old-space-size=${HEAP}`] });
    let [told, bugs, residentMiB] = [0, 0, 0];
    let last: Told | null = null;
    let open = false;
    const report = (what: string): void => {
      bugs++;
      console.log(`BUG in ${last?.pool}, seed ${last?.seed}: ${last?.about}\n${what}\n`);
    };
    let alarm = setTimeout(() => {}, 0);
    const rewind = (): void => {
      clearTimeout(alarm);
      alarm = setTimeout(() => {
        report(`no end within ${HANG / 1000} seconds`);
        open = false;
        child.kill('SIGKILL');
      }, HANG);
    };
    child.on('message', (message: Message) => {
      rewind();
      if ('next' in message) {
        open = true;
        last = message.next;
        return;
      }
      open = false;
      told++;
      residentMiB = message.residentMiB;
      for (const bug of message.done) report(bug);
      if (residentMiB > RESIDENT) {
        report(`${Math.round(residentMiB)} MiB resident`);
        child.kill('SIGKILL');
      }
    });
    child.on('exit', (code, signal) => {
      clearTimeout(alarm);
      if (open || (code !== 0 && signal === null)) report(`the process ended: ${code ?? signal}`);
      resolve({ told, bugs, residentMiB, last });
    });
  });
}

async function main(): Promise<void> {
  const [seconds = '60', firstSeed = String(Date.now() % 1_000_000_000), only = ''] = process.argv.slice(2);
  const all = pools().map(({ name }) => name);
  const names = only === '' ? all : [oneOf('pool', only, all)];
  const until = Date.now() + wholeNumber('SECONDS', seconds) * 1000;
  console.log(`${names.length} pools, from seed ${firstSeed}, for ${seconds} seconds`);
  let [seed, told, bugs, most] = [wholeNumber('SEED', firstSeed), 0, 0, 0];
  while (Date.now() < until) {
    const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-lies-'));
    const watched = await watch([`${seed}`, `${until}`, folder, ...names]);
    rmSync(folder, { recursive: true, force: true });
    told += watched.told;
    bugs += watched.bugs;
    most = Math.max(most, watched.residentMiB);
    // A pool that cannot even be opened has had its turn.
    seed = watched.last === null ? seed + TURN : watched.last.seed + 1;
  }
  console.log(`${told} lies told, ${bugs} bugs, ${Math.round(most)} MiB resident at most`);
  process.exitCode = bugs === 0 && told > 0 ? 0 : 1;
}

if (process.argv[2] === '--tell') {
  const [seed, until, folder = '', ...names] = process.argv.slice(3);
  await tellLies(names, Number(seed), Number(until), folder);
  process.disconnect();
} else await main();
