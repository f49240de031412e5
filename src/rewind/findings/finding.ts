import type { Candidate } from '../../load/candidates.ts';
import type { Pool } from '../../pool/pool.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import type { CutPool } from '../cutVdevs.ts';
import type { FoundCheckpoint } from '../facts/checkpoint.ts';
import type { PoolFacts } from '../facts/poolFacts.ts';
import type { ImportPlace } from '../importPlace.ts';
import type { Judged } from '../judge.ts';
import type { Overlap } from '../overlaps.ts';
import type { Step } from '../steps.ts';
import type { StoppedTop } from '../stoppedTops.ts';
import type { FINDING_CODES, FindingCode } from './codes.ts';
import type { FindingValues } from './values.ts';

/** Something true of the pool that a person has to know, as data: `words/findings` makes sentences of it. */
export interface FindingOf<Code extends FindingCode> {
  /** Stable. */
  readonly code: Code;
  readonly severity: (typeof FINDING_CODES)[Code][number];
  /** Names in them are raw text of the image: escape them before they reach a terminal. */
  readonly values: FindingValues[Code];
  /** The devices it is about; empty when it is about the pool. */
  readonly devices: readonly DeviceSurvey[];
  /** What to do about it in a shell. */
  readonly steps?: readonly Step[];
}

export type Finding = { readonly [Code in FindingCode]: FindingOf<Code> }[FindingCode];

/** What findings are drawn from. */
export interface Evidence {
  readonly pool: Pool;
  /** Newest first. */
  readonly candidates: readonly Candidate[];
  /** In the order of `candidates`. */
  readonly judged: readonly Judged[];
  /** The one that is recommended; null when none is. */
  readonly best: Judged | null;
  /** Top-level vdevs of which the newest writing is on no device at hand. */
  readonly stopped: readonly StoppedTop[];
  /** Vdevs that end before their devices, with another pool's labels behind; null where there are none. */
  readonly cut: CutPool | null;
  /** Devices of the pool over which another one was made. */
  readonly overlaps: readonly Overlap[];
  /** What meta-object sets tell; null where none was read. */
  readonly facts: PoolFacts | null;
  /** What meta-object sets keep as the checkpoint, and what was found out about it; null without one. */
  readonly checkpoint: (FoundCheckpoint & { readonly judged: Judged | null }) | null;
  /** Where a device lies; null for one that nobody knows, and as for all where it is not given. */
  readonly placeOf?: (device: DeviceSurvey) => ImportPlace | null;
}

/** `1 device`, `2 devices`. */
export const count = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? '' : 's'}`;

/** The first of `items` joined, and how many more there are: a message has to stay readable. */
export function list(items: readonly (string | number | bigint)[], shown = 8): string {
  const head = items.slice(0, shown).join(', ');
  return items.length > shown ? `${head} and ${items.length - shown} more` : head;
}

/** Whole numbers, each once, neighbours together: `0-3, 7`. */
export function ranges(numbers: readonly number[]): string {
  const runs: { from: number; to: number }[] = [];
  for (const each of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && each === last.to + 1) last.to = each;
    else runs.push({ from: each, to: each });
  }
  return list(runs.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)));
}

/** `label 2`, `labels 0-3`. */
export const several = (thing: string, numbers: readonly number[]): string =>
  `${thing}${new Set(numbers).size === 1 ? '' : 's'} ${ranges(numbers)}`;

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** `56 MiB`, or the bytes where it is no whole number of anything larger. */
export function size(bytes: bigint): string {
  let [amount, unit] = [bytes, 0];
  while (amount > 0n && amount % 1024n === 0n && unit < UNITS.length - 1) [amount, unit] = [amount / 1024n, unit + 1];
  return `${amount} ${UNITS[unit]}`;
}

/** Seconds since 1970 as UTC; a number that is no date of this era as it is. */
export function time(timestamp: bigint): string {
  if (timestamp > 253402300799n) return `${timestamp} s`;
  return new Date(Number(timestamp) * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC');
}

/** A span of seconds in the largest unit that fits. */
export function span(seconds: bigint): string {
  const s = seconds < 0n ? -seconds : seconds;
  if (s === 0n) return 'less than 1 s';
  if (s < 120n) return `${s} s`;
  if (s < 7200n) return `${s / 60n} min`;
  if (s < 172800n) return `${s / 3600n} h`;
  return `${s / 86400n} days`;
}
