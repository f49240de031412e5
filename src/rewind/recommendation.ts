import type { Uberblock } from '../format/uberblock.ts';
import type { Candidate } from '../load/candidates.ts';
import type { LocatedFailure } from '../locate/locateFailures.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import type { Alternative } from './alternatives.ts';
import type { Caution } from './caution.ts';
import type { Choice, ChoiceReason } from './choice.ts';
import type { Elsewhere } from './elsewhere.ts';
import type { PoolFacts } from './facts/poolFacts.ts';
import type { StateFacts } from './facts/stateFacts.ts';
import type { Finding } from './findings/finding.ts';
import type { TimeJump } from './findings/timeJumps.ts';
import type { ImportPlace } from './importPlace.ts';
import type { JudgedCandidate } from './judgedCandidate.ts';
import type { Showing } from './showing.ts';
import type { Step } from './steps.ts';
import type { StoppedTop } from './stoppedTops.ts';

/** Another txg, with what it takes where the recommended commands with that txg do not do. */
export interface OtherTxg extends Pick<Alternative, 'txg' | 'why'> {
  readonly steps: readonly Step[];
}

/** What of the recommended txg cannot be read although it imports: content of files and volumes. */
export interface Damage {
  /** Blocks of content that fail. */
  readonly blocks: number;
  /** What the first of them belong to. */
  readonly located: readonly LocatedFailure[];
}

/** The txg to try first, and all that goes with it. */
export interface Recommendation {
  readonly candidate: JudgedCandidate;
  readonly why: ChoiceReason;
  readonly alternatives: readonly OtherTxg[];
  /** Only what applies here; empty for a pool whose newest txg imports and that has nothing to warn of. */
  readonly cautions: readonly Caution[];
  /** Of those, what comes before any of the steps: they give up, or lack, what may still be found. */
  readonly before: readonly Caution[];
  /** Trying it can cost something: better on a copy or an overlay. */
  readonly risky: boolean;
  /** What an import of that txg lacks although it succeeds; null for nothing. */
  readonly elsewhere: Elsewhere | null;
  /** Of the devices that the commands name. */
  readonly showings: readonly Showing[];
  /** All that is to be done, in order; empty where nothing names the pool. */
  readonly steps: readonly Step[];
  /** Snapshots and intent logs at that txg; null where they were not read. */
  readonly state: StateFacts | null;
  /** What that txg has lost of files and volumes; null where nothing is known to be lost. */
  readonly damage: Damage | null;
}

/** What a recommendation is made of. */
export interface RecommendOptions {
  readonly candidates: readonly JudgedCandidate[];
  /** Every candidate of the rings, newest first. */
  readonly all: readonly Candidate[];
  readonly choice: Choice<JudgedCandidate>;
  readonly findings: readonly Finding[];
  readonly facts: PoolFacts | null;
  readonly damage: Damage | null;
  /** Rewinds whose abandoned states are still in the rings. */
  readonly rewinds: readonly TimeJump[];
  /** Top-level vdevs of which the newest writing is on no device at hand. */
  readonly stopped: readonly StoppedTop[];
  readonly pool: Pool;
  /** Txgs that take other devices, or copies of them, of which the candidates do not know. */
  readonly others: readonly Alternative[];
  readonly placeOf: (device: DeviceSurvey) => ImportPlace | null;
  /** The newest uberblock that an import without `-T` may take and that is another pool's; null without one. */
  readonly foreign: Uberblock | null;
}
