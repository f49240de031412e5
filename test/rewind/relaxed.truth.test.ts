import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CandidateEntry } from '../../src/document/candidate.types.ts';
import { scan } from '../../src/index.ts';
import { poolImages, pools } from '../tools/images.ts';

// What OpenZFS answered with parameters: a `relaxed.json` beside the images of a pool, also of the folders that
// ZFS_UBER_POOLS names. The verification can be left out in the module only, which was asked for that.

interface RelaxedAnswer {
  readonly txg: string;
  readonly mode: 'ro' | 'rw';
  readonly parameters: readonly string[];
  readonly rc: number | string;
  readonly used: string;
}

const recordOf = (dir: string): readonly RelaxedAnswer[] | null => {
  const file = join(dir, 'relaxed.json');
  if (!existsSync(file)) return null;
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly answers: readonly RelaxedAnswer[] }).answers;
};

/** Candidates that lack a top-level vdev and are looked at. */
const TRIES = 12;
const LACKING: ReadonlySet<string | null> = new Set(['spa_ld_open_vdevs', 'spa_ld_trusted_config']);

/** What has to be true of an answer for our `relaxed` to be; null where it says nothing of it. */
function expected(
  { mode, parameters }: RelaxedAnswer,
  { relaxed, failsAt }: CandidateEntry,
  looked: boolean,
): boolean | null {
  if (relaxed === null) return looked || !LACKING.has(failsAt) ? false : null;
  // Each parameter that is named is needed.
  if (relaxed.parameters.some((each) => each.startsWith('spa_load_verify') && !parameters.includes(each))) return false;
  if (relaxed.parameters.join() !== parameters.join()) return null;
  return mode === 'ro' || relaxed.verdict === 'importable';
}

const ASKED = pools().flatMap((pool) => {
  const answers = recordOf(pool.dir);
  return answers === null ? [] : [{ ...pool, answers }];
});

describe('parameters that make a txg load', () => {
  it.each(ASKED)('are for $name those with which OpenZFS loads it', async (pool) => {
    const { pools: found } = await scan(await poolImages(pool));
    const candidates = found.flatMap((each) => each.candidates).filter(({ checkpoint }) => checkpoint === undefined);
    const lacking = candidates
      .filter(({ failsAt }) => LACKING.has(failsAt))
      .sort((a, b) => (BigInt(a.txg) > BigInt(b.txg) ? -1 : 1));
    const wrong: string[] = [];
    for (const answer of pool.answers) {
      const candidate = candidates.find(({ txg }) => txg === answer.txg);
      if (candidate === undefined) throw new Error(`${pool.name} has no txg ${answer.txg}`);
      const index = lacking.indexOf(candidate);
      const says = expected(answer, candidate, index >= 0 && index < TRIES);
      const loads = answer.rc === 0 && answer.used === answer.txg;
      if (says !== null && says !== loads) {
        const { txg, mode, parameters } = answer;
        wrong.push(
          `txg ${txg} ${mode} ${parameters.join(' ')}: ${loads}, ours ${candidate.relaxed?.parameters.join(' ')}`,
        );
      }
    }
    expect(wrong).toEqual([]);
  });

  it('were asked of OpenZFS for each pool of which it loads no txg', () => {
    const never = pools().filter(({ truth: { answers, zfs } }) => {
      const all = Object.entries(answers.ro);
      return zfs === undefined && all.length > 0 && !all.some(([txg, { rc, used }]) => rc === 0 && `${used}` === txg);
    });
    const named = process.env['ZFS_UBER_POOLS'] === undefined;
    if (named) expect(never.filter(({ dir }) => recordOf(dir) === null).map(({ name }) => name)).toEqual([]);
    if (named) expect(ASKED.length).toBeGreaterThanOrEqual(10);
  });
});
