import type { CandidateEntry } from '../document/candidate.types.ts';
import type { PoolEntry } from '../document/pool.types.ts';
import { dateAndTime } from '../text/amounts.ts';
import { type Loss, lossOf, lossText } from '../text/candidateLoss.ts';
import { reasonText } from '../text/candidateReason.ts';
import { branchesOf } from '../text/candidateRuns.ts';
import { recommended } from '../text/poolCase.ts';

/** Rows that stand in the page itself; the script shows all, of which the browser then draws those in sight. */
export const STANDING_ROWS = 200;

/** A candidate as the table and the pictures of the page show it. Texts are raw. */
export interface CandidateRow {
  readonly candidate: CandidateEntry;
  readonly best: boolean;
  readonly loss: Loss;
  /** Whose history it is; empty where there is but one. */
  readonly branch: string;
  readonly reason: string;
}

export function candidateRows(pool: PoolEntry, handles: readonly string[]): CandidateRow[] {
  const branches = branchesOf(pool, handles);
  const loss = lossOf(pool, branches);
  const best = recommended(pool);
  return [...pool.candidates]
    .sort((a, b) => a.rank - b.rank)
    .map((candidate) => {
      const { danger, said } = reasonText(candidate, true);
      return {
        candidate,
        best: candidate === best,
        loss: loss(candidate),
        branch: branches.get(candidate) ?? '',
        reason: danger + said,
      };
    });
}

export interface RowColumn {
  readonly name: string;
  readonly head: string;
  readonly numeric: boolean;
  readonly text: (row: CandidateRow) => string;
  /** What rows are ordered by. */
  readonly key: (row: CandidateRow) => number | bigint | string;
}

/** Of blocks that are bad; after all numbers where they were not counted. */
const errorsKey = (errors: number | null): number => errors ?? Number.MAX_SAFE_INTEGER;
const errorsText = (errors: number | null): string => (errors === null ? '' : String(errors));

export const writtenText = (timestamp: number): string => {
  const known = dateAndTime(timestamp);
  return known === null ? '(no date)' : `${known.date} ${known.time}`;
};

/** Seconds that a candidate gives up; null where the clock of the writer makes no sense of it. */
export const lossSecondsOf = ({ loss }: CandidateRow): number | null => (loss === 'newest' ? 0 : loss);

/** Bad blocks of a candidate, as far as they were counted. */
export const damageOf = ({ candidate: { metadataErrors, dataErrors } }: CandidateRow): number | null =>
  metadataErrors === null ? null : metadataErrors + (dataErrors ?? 0);

const COLUMNS: readonly RowColumn[] = [
  {
    name: 'rank',
    head: 'Rank',
    numeric: true,
    text: ({ candidate }) => String(candidate.rank),
    key: ({ candidate }) => candidate.rank,
  },
  {
    name: 'txg',
    head: 'Txg',
    numeric: true,
    text: ({ candidate: { txg, checkpoint } }) => (checkpoint === undefined ? txg : `${txg} (checkpoint)`),
    key: ({ candidate }) => BigInt(candidate.txg),
  },
  {
    name: 'written',
    head: 'Written (UTC)',
    numeric: false,
    text: ({ candidate }) => writtenText(candidate.timestamp),
    key: ({ candidate }) => candidate.timestamp,
  },
  {
    name: 'loss',
    head: 'Loss',
    numeric: true,
    text: ({ loss }) => lossText([loss]),
    key: (row) => lossSecondsOf(row) ?? -1,
  },
  { name: 'branch', head: 'On', numeric: false, text: ({ branch }) => branch, key: ({ branch }) => branch },
  {
    name: 'copies',
    head: 'Copies',
    numeric: true,
    text: ({ candidate }) => String(candidate.copies),
    key: ({ candidate }) => candidate.copies,
  },
  {
    name: 'verdict',
    head: 'Verdict',
    numeric: false,
    text: ({ candidate }) => candidate.verdict,
    key: ({ candidate }) => candidate.verdict,
  },
  {
    name: 'metadata',
    head: 'Bad metadata',
    numeric: true,
    text: ({ candidate }) => errorsText(candidate.metadataErrors),
    key: ({ candidate }) => errorsKey(candidate.metadataErrors),
  },
  {
    name: 'data',
    head: 'Bad content',
    numeric: true,
    text: ({ candidate }) => errorsText(candidate.dataErrors),
    key: ({ candidate }) => errorsKey(candidate.dataErrors),
  },
  { name: 'reason', head: 'Why', numeric: false, text: ({ reason }) => reason, key: ({ reason }) => reason },
];

/** The columns of the table; those that say nothing of any row are left out. */
export const rowColumns = (rows: readonly CandidateRow[]): RowColumn[] =>
  COLUMNS.filter(({ name, text }) => (name !== 'branch' && name !== 'data') || rows.some((row) => text(row) !== ''));
