import type { PoolEntry } from '../../src/document/pool.types.ts';
import type { WayOutEntry } from '../../src/document/recommendation.types.ts';
import { devicesOf, questionOf } from './ask.ts';
import type { Bench, Report } from './compare.ts';

/** Parameters that the library can be given: the others are its own. */
const ASKABLE: ReadonlySet<string> = new Set(['zfs_max_missing_tvds']);

const askable = ({ kind, parameters }: WayOutEntry): boolean =>
  (kind === 'missing-tops' || kind === 'other-devices') && parameters.every(({ name }) => ASKABLE.has(name));

/** Asks for each way out with its parameters, and whether one that is not named opens something newer. */
export async function waysOutOf(pool: PoolEntry, bench: Bench): Promise<Report> {
  const { made, judge } = bench;
  const contradictions: string[] = [];
  let asked = 0;
  const ways = pool.waysOut ?? [];
  for (const way of ways.filter(askable)) {
    const parameters = way.parameters.map(({ name, value }) => `${name}=${value}`);
    for (const command of [way.commandReadOnly, way.commandReadWrite]) {
      if (command.length === 0) continue;
      const question = { ...questionOf(command, made), parameters };
      const answer = await judge.ask(question);
      asked++;
      if (answer.rc !== 0 || String(answer.used) !== way.txg) {
        const kernel = `${question.mode} answers ${answer.rc} at txg ${answer.used} (${answer.msg})`;
        contradictions.push(`way out ${way.kind} ${parameters.join(' ')} to txg ${way.txg}: ${kernel}`);
      }
    }
  }
  const more = await unnamed(pool, bench);
  return { asked: asked + more.asked, contradictions: [...contradictions, ...more.contradictions] };
}

/** Where not the newest imports, whether a missing top-level vdev passed over opens something newer than is named. */
async function unnamed(pool: PoolEntry, { made, judge }: Bench): Promise<Report> {
  const best = BigInt(pool.recommendation?.txg ?? 0);
  const named = (pool.waysOut ?? []).map(({ txg }) => BigInt(txg));
  const known = [best, ...named].reduce((a, b) => (a > b ? a : b));
  const newer = [...new Set(pool.candidates.filter(({ checkpoint }) => !checkpoint).map(({ txg }) => BigInt(txg)))]
    .filter((txg) => txg > known)
    .sort((a, b) => (a > b ? -1 : 1));
  let asked = 0;
  for (const txg of newer.slice(0, 2)) {
    const candidate = pool.candidates.find((each) => each.txg === txg.toString());
    if (candidate === undefined || candidate.hazards.length > 0) continue;
    const flags = [...new Set([...candidate.commandReadOnly.filter((word) => word === '-m' || word === '-D'), '-m'])];
    const question = { pool: pool.guid, mode: 'ro', txg: txg.toString(), flags } as const;
    const devices = devicesOf(candidate.commandReadOnly, made);
    const answer = await judge.ask({ ...question, devices, parameters: ['zfs_max_missing_tvds=2'] });
    asked++;
    if (answer.rc === 0 && String(answer.used) === txg.toString())
      return { asked, contradictions: [`zfs_max_missing_tvds=2 opens txg ${txg}, and no way out says so (${known})`] };
  }
  return { asked, contradictions: [] };
}
