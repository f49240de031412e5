import type { Engine } from '../block/engine.ts';
import type { OpenBlocks } from '../dataset/poolReaders.ts';
import type { Candidate } from '../load/candidates.ts';
import type { OpenZfs } from '../load/openzfs.ts';
import type { BlockReader } from '../pool/blockRead.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import type { AimChoice } from './aim/choice.ts';
import type { CutPool } from './cutPool.ts';
import type { Finding } from './findings/finding.ts';
import type { ImportPlace } from './importPlace.ts';
import type { Judged } from './judge.ts';
import type { JudgedCandidate } from './judgedCandidate.ts';
import type { Overlap } from './overlaps.ts';
import type { Recommendation } from './recommendation.ts';
import type { ReleaseDifference } from './releaseDifference.ts';
import type { Relaxed, WayOut } from './waysOut.ts';

/** How deep the judgement goes: labels and rings; the meta-object set; all metadata; all data. */
export type Depth = 'labels' | 'mos' | 'meta' | 'data';

export interface JudgeOptions {
  readonly depth: Depth;
  /** The OpenZFS whose answers are predicted. Default: 2.3. */
  readonly openZfs?: OpenZfs | undefined;
  /** Candidates outside are neither read nor judged; they still count as what was written last. */
  readonly minTxg?: bigint | null;
  readonly maxTxg?: bigint | null;
  /** Where zpool finds a device; its name as a file unless told otherwise. */
  readonly placeOf?: (device: DeviceSurvey) => ImportPlace | null;
  /** Devices of the pool over which another one was made; none unless told. */
  readonly overlaps?: readonly Overlap[];
  /** A device that went away before it was known whose it is; null without. */
  readonly stranger?: DeviceSurvey | null;
  /** Another pool of the same name is there. */
  readonly ambiguousName?: boolean;
  /** How to read the pool as its own MOS describes it; without it only labels, rings and root blocks are judged. */
  readonly blocks?: { readonly open: OpenBlocks; readonly engine: Engine };
  /** Where the rewind shall lead; needs `blocks`. */
  readonly aim?: AimChoice;
  /** False where only the candidates are wanted, not what else would open the pool. */
  readonly waysOut?: boolean;
  /** Ends the judging; what is not judged by then is `unverified`. */
  readonly signal?: AbortSignal;
  /** Root blocks read, then candidates judged, and how many there are. */
  readonly onProgress?: (done: number, all: number) => void;
  /** How far the traversal of the candidate under way is, 0 to 1. */
  readonly onShare?: (share: number) => void;
  /** Each candidate as soon as it is judged, the newest first. */
  readonly onCandidate?: (judged: Judged) => void;
}

/** All that is known of a pool and of the states it can be rewound to. */
export interface PoolJudgement {
  /** Top-level vdevs that no label describes are filled in from a meta-object set where one reads. */
  readonly pool: Pool;
  readonly depth: Depth;
  /** Best first. */
  readonly candidates: readonly JudgedCandidate[];
  readonly findings: readonly Finding[];
  readonly recommendation: Recommendation | null;
  /** How to come to newer states than the one recommended, or to any, that an import as it is does not open. */
  readonly waysOut: readonly WayOut[];
  /** The least that makes OpenZFS load candidates that it does not load as it is set; the newest few alone. */
  readonly relaxed: ReadonlyMap<Candidate, Relaxed>;
  /** What to cut off, where another pool's labels stand behind a vdev, and what imports then; null where none do. */
  readonly cut: CutPool | null;
  /** Where other releases of OpenZFS treat candidates of the rings in another way. */
  readonly versions: readonly ReleaseDifference[];
  /** It was ended before every candidate had its turn. */
  readonly stopped: boolean;
}

/** `judgePool`, as what it calls is given it to judge the pool with other devices. */
export type JudgePool = (pool: Pool, reader: BlockReader | null, options: JudgeOptions) => Promise<PoolJudgement>;
