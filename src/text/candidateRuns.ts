import type { CandidateEntry } from '../document/candidate.types.ts';
import type { PoolEntry } from '../document/pool.types.ts';
import { hasFinding, newestFirst } from './poolCase.ts';

/** Candidates of which one row can speak: next to each other in txg, with one verdict for one kind of reason. */
export interface Run {
  readonly candidates: readonly CandidateEntry[];
  /** They all have the very same reason. */
  readonly sameReason: boolean;
}

/** What the table says of a candidate: its danger, empty where there is none, and then its reason. */
export interface Why {
  readonly danger: string;
  readonly said: string;
}

/** Rows of one verdict and reason that are shown one by one; more become one row. */
const ALIKE = 3;

/**
 * The rows of the table: of candidates that are alike the first has its own row and those that follow one together, but
 * never over a txg of which something else is true.
 *
 * @param ordered as the table shall show them
 * @param whyOf what the table says of a candidate
 */
export function runsOf(
  pool: PoolEntry,
  ordered: readonly CandidateEntry[],
  whyOf: (candidate: CandidateEntry) => Why,
): Run[] {
  const branches = branchesOf(pool);
  const places = placesOf(pool, branches);
  const runs: CandidateEntry[][] = [];
  const open = new Map<string, CandidateEntry[]>();
  const kindIn = (candidate: CandidateEntry) =>
    [branches.get(candidate), candidate.verdict, candidate.dataErrors, dangerOf(candidate), kindOf(candidate)].join(
      ' ',
    );
  for (const candidate of ordered) {
    const kind = kindIn(candidate);
    const run = open.get(kind);
    const before = run?.at(-1);
    const follows = before !== undefined && (places.get(candidate) ?? 0) === (places.get(before) ?? 0) + 1;
    if (run !== undefined && follows) run.push(candidate);
    else {
      const fresh = [candidate];
      runs.push(fresh);
      open.set(kind, fresh);
    }
  }
  const told = new Set<string>();
  return runs.flatMap((run) => {
    const [first] = run;
    if (first === undefined) return [];
    const kind = kindIn(first);
    const isNew = !told.has(kind);
    told.add(kind);
    return rowsOf(run, isNew, whyOf);
  });
}

/** @param isNew the table has said nothing of the kind yet: then the first has a row of its own, with its reason */
function rowsOf(run: readonly CandidateEntry[], isNew: boolean, whyOf: (candidate: CandidateEntry) => Why): Run[] {
  if (run.length < (isNew ? ALIKE : ALIKE - 1)) {
    return run.map((candidate) => ({ candidates: [candidate], sameReason: true }));
  }
  const sameReason = new Set(run.map((each) => whyOf(each).said)).size === 1;
  if (!isNew) return [{ candidates: run, sameReason }];
  return [
    { candidates: run.slice(0, 1), sameReason: true },
    { candidates: run.slice(1), sameReason },
  ];
}

/** What a candidate's reason has in common with others: some block does not read, or the same is wrong at one step. */
function kindOf({ reasonData: [deciding], because }: CandidateEntry): string {
  if (deciding === undefined) return '';
  if (deciding.copies !== undefined && deciding.rootState !== 'corrupted') return `block ${because}`;
  return [deciding.code, deciding.step, deciding.what?.role, deciding.rootState].join(' ');
}

/** What stands before the reason of a txg that would take the machine down, or keep it from ending anything. */
export function dangerText({ kind, certain }: CandidateEntry['hazards'][number]): string {
  const which = kind === 'hang' ? 'hang' : certain ? 'panic' : 'maybe';
  return DANGERS[which];
}

const DANGERS = {
  panic: 'WOULD CRASH THE MACHINE: ',
  maybe: 'MAY CRASH THE MACHINE: ',
  hang: 'WOULD HANG ZPOOL UNTIL THE NEXT BOOT: ',
} as const;

/** The danger of importing a candidate; empty where there is none. */
export const dangerOf = ({ hazards: [hazard] }: CandidateEntry): string =>
  hazard === undefined ? '' : dangerText(hazard);

/** Where each candidate stands among those of its own branch, the newest first. */
function placesOf(pool: PoolEntry, branches: ReadonlyMap<CandidateEntry, string>): Map<CandidateEntry, number> {
  const next = new Map<string, number>();
  const places = new Map<CandidateEntry, number>();
  for (const candidate of newestFirst(pool)) {
    const branch = branches.get(candidate) ?? '';
    const place = next.get(branch) ?? 0;
    places.set(candidate, place);
    next.set(branch, place + 1);
  }
  return places;
}

/** All devices have it, or had it before their histories parted. */
export const SHARED = 'all';

/**
 * The devices whose history a txg belongs to, `d0` or `d1 d2`, where they went on without each other. Empty where a
 * pool has one history.
 *
 * @param handles of the sources
 */
export function branchesOf(pool: PoolEntry, handles: readonly string[] = []): ReadonlyMap<CandidateEntry, string> {
  const branches = new Map<CandidateEntry, string>();
  if (!hasFinding(pool, 'history-diverged')) return branches;
  const ordered = newestFirst(pool);
  // What is older than the last that all have is of all, though the rings of some have lost it since.
  const parted = ordered.findIndex(({ sources }) => sources.length >= pool.sources.length);
  for (const [at, candidate] of ordered.entries()) {
    const shared = parted >= 0 && at >= parted;
    branches.set(candidate, shared ? SHARED : candidate.sources.map((index) => handles[index] ?? `${index}`).join(' '));
  }
  return branches;
}
