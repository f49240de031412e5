import type { Candidate } from '../../load/candidates.ts';
import type { OpenZfs } from '../../load/openzfs.ts';
import type { Pool } from '../../pool/pool.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import type { SpentBound } from '../../traverse/spentBound.ts';
import type { CutPool } from '../cutPool.ts';
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
  /** The OpenZFS whose answers are predicted. Default: 2.3. */
  readonly openZfs?: OpenZfs | undefined;
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
  /** Bounds of what is remembered from txg to txg that were reached. */
  readonly spent?: readonly SpentBound[];
  /** Where a device lies; null for one that nobody knows, and as for all where it is not given. */
  readonly placeOf?: (device: DeviceSurvey) => ImportPlace | null;
}
