import type { Candidate } from '../load/candidates.ts';
import { isLeftByGone } from '../load/predict.ts';
import type { Gathered } from './gather.ts';
import { afterGone, type Judged, type JudgingOptions, judge } from './judge.ts';
import { judgeCheckpoint } from './judgeCheckpoint.ts';
import { withRetries } from './retries.ts';

/** What would become of each state of a pool. */
export interface Verdicts {
  /** On the candidates of the rings that were asked for, newest first, with all devices of the pool. */
  readonly rings: readonly Judged[];
  /** On the checkpoint; null where there is none to judge. */
  readonly checkpoint: Judged | null;
  /** On all of them, with what an older copy of a device makes better and what failing would lead to. */
  readonly all: readonly Judged[];
}

/** Judges what was gathered, and tells of each candidate as soon as it is judged. */
export async function judgeAll(gathered: Gathered): Promise<Verdicts> {
  const { pool, all, asked, stored, aim, options } = gathered;
  const number = asked.length + (stored === null ? 0 : 1);
  const tell = (found: Judged, done: number): Judged => {
    const each = aim?.explain(found) ?? found;
    options.onCandidate?.(each);
    options.onProgress?.(done, number);
    return each;
  };
  const how = howOf(gathered);
  const rings: Judged[] = [];
  for await (const found of judge(pool, all, asked, how)) rings.push(tell(found, rings.length + 1));
  const kept = await checkpointVerdict(gathered, how);
  const older = await olderVerdicts(gathered);
  const tried = withRetries(all, rings, options.openZfs).map((each) => older.get(each.candidate.key) ?? each);
  const left = rings.find(({ prediction }) => isLeftByGone(prediction));
  const checkpoint = kept === null || left === undefined ? kept : afterGone(left, kept);
  return { rings, checkpoint, all: checkpoint === null ? tried : [...tried, tell(checkpoint, number)] };
}

function howOf({ aim, options, readers, replay, rootOf, memo }: Gathered): JudgingOptions {
  const stranger = options.stranger?.source.failures?.gone ?? null;
  const { openZfs, signal } = options;
  return { readers, replay, rootOf, memo, stranger, signal, openZfs, ...(aim !== null && { examine: aim.examine }) };
}

async function checkpointVerdict(
  { pool, all, stored, reader, verifier, options }: Gathered,
  how: JudgingOptions,
): Promise<Judged | null> {
  if (stored === null || reader === null) return null;
  return judgeCheckpoint(pool, all, stored, { ...how, reader, verifier, data: options.depth === 'data' });
}

/** By key of the candidate. Hardly ever are there two images of one device: what looks at them is not loaded for others. */
async function olderVerdicts(gathered: Gathered): Promise<ReadonlyMap<Candidate['key'], Judged>> {
  // Of a pool that is judged with other devices, nothing more is tried.
  if (
    gathered.options.waysOut === false ||
    gathered.options.depth === 'labels' ||
    !gathered.pool.outside.some(({ twin }) => twin !== null)
  )
    return new Map();
  const { olderCopies } = await import('./olderCopies.ts');
  return olderCopies(gathered);
}
