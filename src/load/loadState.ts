import type { Mos } from '../dataset/mos.ts';
import type { PoolBlocks, PoolReaders, ReaderState } from '../dataset/poolReaders.ts';
import type { NvList } from '../format/nvlist.ts';
import type { Pool, VdevNode } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import type { Candidate } from './candidates.ts';
import type { LoadMemo } from './loadMemo.ts';
import type { OpenZfs } from './openzfs.ts';
import type { Reason } from './reason.ts';
import type { RootCheck } from './rootCheck.ts';

/** The pool as its own meta-object set at the candidate describes it, and how to read on from there. */
export interface MosView {
  /** Of the config in the MOS, with the devices that OpenZFS would open as its leaves. */
  readonly root: VdevNode;
  /** What `reader` was opened with. */
  readonly readerState: ReaderState;
  readonly blocks: PoolBlocks;
  readonly mos: Mos;
  readonly config: NvList;
  /** A log device is missing at this txg: only `-m` gets past it, and drops the intent logs. */
  readonly logMissing: boolean;
  /** Top-level vdevs that do not open, logs apart: none unless some are allowed to be missing. */
  readonly lost: readonly VdevNode[];
  /** What has to hold for the tree to be opened so. */
  readonly conditions: readonly Reason[];
  /** How much uses each feature that is enabled; empty until the step that reads it, and before version 5000. */
  readonly features: ReadonlyMap<string, bigint>;
}

/** What is known of one candidate while its load is replayed; each step leaves what the later ones need. */
export interface LoadState {
  /** The one that loads. */
  readonly openZfs: OpenZfs;
  readonly pool: Pool;
  readonly candidate: Candidate;
  /** The newest uberblock of all that OpenZFS sees; null when it sees none. */
  readonly newest: Candidate | null;
  /** Devices to give to `zpool import` so that it takes this candidate; null when no choice does it. */
  readonly devices: readonly DeviceSurvey[] | null;
  readonly root: RootCheck;
  /** Top-level vdevs that need not open: what `zfs_max_missing_tvds` is set to, 0 unless a way around is judged. */
  readonly missingTops: number;
  /** Null where only what was gathered before may be looked at. */
  readonly readers: PoolReaders | null;
  readonly memo: LoadMemo;
  readonly signal: AbortSignal | undefined;
  /** Null until the step that opens it; from there on the steps may rely on it. */
  view: MosView | null;
  /** Names of the datasets that were opened by their names, by the number of their object: OpenZFS keeps them in memory. */
  readonly names: Map<bigint, string>;
  /** The load came to open the first metaslab. */
  metaslabs: boolean;
  /** The load came to a table of cloned blocks: after that OpenZFS does not survive to fail and try an older txg. */
  clones: boolean;
  /** What the last step, the traversal, counted; null until it is done. */
  counts: VerifiedCounts | null;
}

export interface VerifiedCounts {
  readonly metadataErrors: number;
  /** Null when data blocks were not looked at. */
  readonly dataErrors: number | null;
  readonly blocksChecked: number;
  /** What becomes of the traversal of an import without `-T`, which looks at the last txgs alone; null when not known. */
  readonly plain: PlainTraversal | null;
}

export type PlainTraversal = 'passes' | 'fails' | 'panics';
