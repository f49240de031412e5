import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scan } from '../../src/api/scan.ts';
import type { CandidateEntry } from '../../src/document/candidate.types.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { WorkingCopy } from '../fuzz/workingCopy.ts';
import { type KernelAnswer, type PoolFixture, poolImages } from '../tools/images.ts';
import { LyingPool } from '../tools/reseal.ts';
import type { Question } from './ask.ts';
import { MUTANTS, mutated, targetsOf } from './pointerMutants.ts';

/** What both say of a pool with one changed pointer. */
export interface PointerAnswer {
  /** Pool, txg, pointer and change. */
  readonly about: string;
  readonly candidate: CandidateEntry | undefined;
  readonly answer: KernelAnswer;
  /** Why they cannot both be right; null where they can. */
  readonly contradiction: string | null;
}

/**
 * Changes block pointers of the newest txg of a pool that OpenZFS loads, each alone and with everything above it sealed
 * anew, and asks OpenZFS for a read-only import of that txg. Not read-write: what is written anew stands where the pool
 * thinks it is free.
 *
 * @param wanted of pointer and change, as `data: type 54`
 */
export async function* comparePointers(
  fixture: PoolFixture,
  ask: (question: Question) => Promise<KernelAnswer>,
  wanted: (about: string) => boolean,
): AsyncGenerator<PointerAnswer> {
  const folder = mkdtempSync(join(tmpdir(), 'zfs-uber-pointers-'));
  const originals = await poolImages(fixture);
  const sources = await Promise.all(originals.map((path) => openFileSource(path)));
  try {
    const copy = await WorkingCopy.of(originals, folder);
    const txg = newestLoaded(fixture);
    const pool = await LyingPool.open(sources, txg);
    for (const target of targetsOf(pool)) {
      for (const mutant of MUTANTS) {
        const which = `${target.name}: ${mutant.name}`;
        if (!wanted(which)) continue;
        await copy.write(pool.tell(new Map([[target.parent, mutated(target, mutant)]])));
        const document = await scan(copy.paths, { depth: 'data', minTxg: txg, maxTxg: txg });
        const candidate = document.pools[0]?.candidates[0];
        const answer = await ask({
          pool: fixture.truth.pool,
          mode: 'ro',
          txg: `${txg}`,
          flags: [],
          devices: copy.paths,
        });
        const contradiction = contradictionOf(candidate, answer, txg);
        yield { about: `${fixture.name} txg ${txg}: ${which}`, candidate, answer, contradiction };
        await copy.restore();
      }
    }
  } finally {
    await Promise.all(sources.map((source) => source.close()));
    rmSync(folder, { recursive: true, force: true });
  }
}

function newestLoaded({ name, truth }: PoolFixture): bigint {
  const loaded = Object.entries(truth.answers.ro).filter(([txg, { rc, used }]) => rc === 0 && `${used}` === txg);
  const [newest] = loaded.map(([txg]) => BigInt(txg)).sort((a, b) => (a > b ? -1 : 1));
  if (newest === undefined) throw new Error(`no txg of ${name} loads`);
  return newest;
}

function contradictionOf(
  candidate: CandidateEntry | undefined,
  { rc, used, errs, msg }: KernelAnswer,
  txg: bigint,
): string | null {
  const verdict = candidate?.verdict ?? 'none';
  const imports = rc === 0 && BigInt(used) === txg;
  const said = `${verdict} (${candidate?.reasons[0] ?? ''}), OpenZFS ${imports ? 'loads it' : `answers ${rc} at txg ${used} ${msg}`}`;
  if (verdict === 'unverified' || ['importable', 'readonly'].includes(verdict) !== imports) return said;
  if (!imports) return null;
  const counted = errs === '' ? '0,0' : errs;
  const ours = `${candidate?.metadataErrors},${candidate?.dataErrors}`;
  return counted === ours ? null : `${ours} errors, OpenZFS counts ${counted}`;
}
