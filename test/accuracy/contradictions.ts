import type { CandidateEntry } from '../../src/document/candidate.types.ts';
import type { PoolEntry } from '../../src/document/pool.types.ts';
import type { Verdict } from '../../src/load/predict.ts';
import type { KernelAnswer, Truth } from '../tools/images.ts';
import { checkpointContradictions } from './checkpoint.ts';

/** One verdict beside what real ZFS answered. */
export interface Comparison {
  readonly txg: string;
  readonly mode: 'ro' | 'rw';
  readonly verdict: Verdict;
  /** The kernel loaded the pool at this very txg. */
  readonly imports: boolean;
  /** Why the two cannot both be right; null when they can. */
  readonly contradiction: string | null;
}

export interface PoolComparison {
  readonly answers: readonly Comparison[];
  /** The newest txg that the kernel imports read-write, or else read-only, of those it was asked. */
  readonly newest: string | null;
  readonly recommended: string | null;
  /** Contradictions of verdicts, error counts and the recommendation, one line each. */
  readonly contradictions: readonly string[];
}

/** Compares what `scan` says of a pool with what the kernel answered for every txg that it was asked. */
export function comparePool(pool: PoolEntry | null, truth: Truth): PoolComparison {
  const candidates = new Map<string, CandidateEntry>();
  // Of two candidates of one txg the better ranked is the one that the kernel takes.
  for (const each of pool?.candidates ?? []) {
    if (each.checkpoint === undefined && !candidates.has(each.txg)) candidates.set(each.txg, each);
  }
  const answers: Comparison[] = [];
  for (const mode of ['ro', 'rw'] as const) {
    for (const [txg, answer] of Object.entries(truth.answers[mode])) {
      const candidate = candidates.get(txg);
      // A txg whose only uberblocks fail their checksum is listed by zdb and is no candidate.
      const verdict = candidate?.verdict ?? 'damaged';
      const imports = answer.rc === 0 && answer.used.toString() === txg;
      const other =
        candidate !== undefined && (!sameFlags(candidate, truth.extra ?? '') || givesOlderCopy(pool, candidate));
      const contradiction = other ? null : contradictionOf(mode, candidate, answer, imports);
      if (!other) answers.push({ txg, mode, verdict, imports, contradiction });
    }
  }
  const imported = (mode: Comparison['mode']) => answers.filter((each) => each.mode === mode && each.imports);
  const newest = newestOf(imported('rw')) ?? newestOf(imported('ro'));
  const recommended = pool?.recommendation?.txg ?? null;
  const contradictions = answers.flatMap(({ txg, mode, contradiction }) =>
    contradiction === null ? [] : [`txg ${txg} ${mode}: ${contradiction}`],
  );
  contradictions.push(...checkpointContradictions(pool, truth));
  // Only txgs that the kernel was asked can be compared; a newer one that it was not asked proves nothing.
  const asked = new Set(answers.map(({ txg }) => txg));
  if (recommended === null ? newest !== null : asked.has(recommended) && recommended !== newest) {
    contradictions.push(
      `recommended txg ${recommended ?? 'none'}, the newest that the kernel imports is ${newest ?? 'none'}`,
    );
  }
  return { answers, newest, recommended, contradictions };
}

/** The kernel was asked with the flags that our command carries: an answer to another command proves nothing. */
const sameFlags = (candidate: CandidateEntry, extra: string): boolean =>
  ['-m', '-D'].every((flag) => candidate.commandReadOnly.includes(flag) === extra.split(' ').includes(flag));

/**
 * Of two images of one device the kernel takes whichever it comes to first. Our command for a txg that only the older
 * has gives that one, and the kernel was asked with both: its answer may be of either.
 */
function givesOlderCopy(pool: PoolEntry | null, { commandReadOnly }: CandidateEntry): boolean {
  if (pool?.findings.some(({ code }) => code === 'duplicate-device') !== true) return false;
  const newest = pool.candidates.reduce((a, b) => (BigInt(b.txg) > BigInt(a.txg) ? b : a));
  const devices = (words: readonly string[]): string => words.filter((_, i) => words[i - 1] === '-d').join();
  return devices(commandReadOnly) !== devices(newest.commandReadOnly);
}

function contradictionOf(
  mode: 'ro' | 'rw',
  candidate: CandidateEntry | undefined,
  answer: KernelAnswer,
  imports: boolean,
): string | null {
  const verdict = candidate?.verdict ?? 'damaged';
  const kernel = `the kernel ${imports ? 'imports it' : `answers ${answer.rc} at txg ${answer.used}`}`;
  if (verdict === 'unverified') return null;
  const says = verdict === 'importable' || (verdict === 'readonly' && mode === 'ro');
  if (says !== imports) return `${verdict} (${candidate?.reasons[0] ?? 'no candidate'}), ${kernel}`;
  if (typeof answer.rc === 'string' && !candidate?.hazards.some(({ kind }) => kind === answer.rc)) {
    return `the kernel answers with a ${answer.rc} and no hazard says so`;
  }
  if (!imports || candidate === undefined) return null;
  const [metadata = 0, data = 0] = answer.errs === '' ? [0, 0] : answer.errs.split(',').map(Number);
  if (candidate.metadataErrors !== null && candidate.metadataErrors !== metadata) {
    return `${candidate.metadataErrors} metadata errors, the kernel counts ${metadata}`;
  }
  // What a missing log device takes with it counts read-only alone: contract numbers are those of commandReadOnly.
  if (mode === 'ro' && candidate.dataErrors !== null && candidate.dataErrors !== data) {
    return `${candidate.dataErrors} data errors, the kernel counts ${data}`;
  }
  return null;
}

function newestOf(answers: readonly Comparison[]): string | null {
  const [newest] = answers.map(({ txg }) => BigInt(txg)).sort((a, b) => (a > b ? -1 : 1));
  return newest?.toString() ?? null;
}
