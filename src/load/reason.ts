import type { ZfsUberError } from '../bytes/errors.ts';
import type { Guid, Txg } from '../bytes/units.ts';
import { UnavailableBlockError } from '../pool/blockRead.ts';
import type { VdevNode } from '../pool/pool.ts';
import { vdevName } from '../pool/vdevHealth.ts';
import type { SourceError } from '../source/source.ts';
import type { BlockFailure } from '../traverse/verifier.ts';
import type { Reading } from './reading.ts';
import type { Refusal } from './refusal.ts';
import type { RootCheck, RootState } from './rootState.ts';
import type { StepName } from './stepNames.ts';

/** A vdev by its name and guid. */
export interface VdevRef {
  readonly name: string;
  readonly guid: Guid;
}

export const vdevRef = (node: VdevNode): VdevRef => ({ name: vdevName(node), guid: node.config.guid });

/** A leaf that is not opened: why, where a device stands there, and null where none does. */
export interface ClosedLeaf extends VdevRef {
  readonly refusal: Refusal | null;
}

/** What a step reads is not to be had, makes no sense, or cannot be judged by this library. */
export interface NotRead {
  readonly code: 'unreadable' | 'nonsense' | 'unjudged';
  /** Null where the step does not say. */
  readonly what: Reading | null;
  readonly error: ZfsUberError;
}

/** Steps that read labels, rings and root blocks alone. */
export type LabelReason =
  | { readonly code: 'no-label' | 'uberblock-not-seen' }
  | {
      readonly code: 'top-closed';
      readonly top: VdevRef;
      /** How many of its leaves have no device, and how many leaves there are. */
      readonly absent: number;
      readonly leaves: number;
      readonly closed: readonly ClosedLeaf[];
    }
  | { readonly code: 'other-uberblock-first'; readonly txg: Txg }
  /** Bytes: how far a raidz expansion had come, by this uberblock and by the newest; 0 where none is under way. */
  | { readonly code: 'reflow-differs'; readonly at: bigint; readonly newest: bigint }
  | { readonly code: 'version-unknown' | 'stored-version-unknown'; readonly version: bigint }
  | { readonly code: 'label-without-features'; readonly device: string }
  | {
      readonly code: 'label-features-unknown';
      readonly device: string;
      readonly release: string;
      readonly features: readonly string[];
    }
  | { readonly code: 'root-block'; readonly state: Exclude<RootState, 'reads'>; readonly root: RootCheck };

/** Steps that read the meta-object set and what it leads to. */
export type MosReason =
  | { readonly code: 'nothing-to-read-with' | 'uberblock-on-later-devices' }
  | { readonly code: 'config-top-closed'; readonly top: VdevRef; readonly closed: readonly ClosedLeaf[] }
  | { readonly code: 'guid-sum-differs'; readonly config: bigint; readonly uberblock: bigint }
  | { readonly code: 'top-lacking'; readonly top: VdevRef }
  | {
      readonly code: 'features-unknown' | 'features-unknown-to-write';
      readonly release: string;
      /** Guids. */
      readonly features: readonly string[];
    }
  | {
      readonly code: 'space-contradicts';
      readonly vdev: string;
      readonly metaslab: number;
      /** What is done to space to which that was done already. */
      readonly kind: 'alloc' | 'free';
      /** In bytes of the vdev's allocatable space. */
      readonly offset: bigint;
      readonly length: bigint;
      /** Whether the space map says it, or what the logs hold beside it. */
      readonly said: 'space map' | 'space map logs';
    }
  | { readonly code: 'log-closed'; readonly dataset: string; readonly top: VdevRef }
  | { readonly code: 'log-unreadable'; readonly dataset: string; readonly error: ZfsUberError }
  | { readonly code: 'metadata-errors'; readonly count: number }
  /** A block of metadata that the traversal does not get past. */
  | {
      readonly code: 'block-lost';
      readonly block: LostBlock;
      /** Null for a pointer that OpenZFS would not follow. */
      readonly error: ZfsUberError | null;
      /** Blocks of metadata that are bad in all. */
      readonly blocks: number;
    };

/** As of the failure that the traversal met; without its pointer, which would keep the block that it stands in. */
export interface LostBlock extends Pick<BlockFailure, 'dataset' | 'object' | 'level' | 'blockId' | 'what'> {
  /** Of the dataset; null for the meta-object set, and where it is not known. */
  readonly name: string | null;
  /** `0:1a2b000`, vdev and byte offset, where the pointer leads. */
  readonly copies: readonly string[];
}

/** Why a step of the load does not pass. */
export type StepReason = NotRead | LabelReason | MosReason;

/** What else a verdict rests on. */
export type OtherReason =
  | { readonly code: 'all-reads' | 'stopped' | 'traversal-not-done' }
  | { readonly code: 'root-reads'; readonly root: RootCheck }
  /** A device whose vdev the labels know no more has to stand where the meta-object set says. */
  | { readonly code: 'device-to-be-at'; readonly guid: Guid; readonly path: string | null }
  | { readonly code: 'content-lost'; readonly blocks: number }
  | { readonly code: 'given-devices'; readonly txg: Txg; readonly devices: readonly string[] }
  /** Went away before it was known whose it is. */
  | { readonly code: 'stranger-gone'; readonly error: SourceError }
  /** Went away, so that `txg`, which is newer, is open; null where nobody knows which. */
  | { readonly code: 'newer-open'; readonly txg: Txg; readonly error: SourceError | null }
  | { readonly code: 'checkpoint' | 'checkpoint-read-only'; readonly heldBy: Txg }
  | { readonly code: 'checkpoint-damage-unseen'; readonly blocks: number; readonly reason: StepReason }
  | { readonly code: 'need-whole' | 'need-absent'; readonly need: string }
  | { readonly code: 'need-damaged' | 'need-unknown'; readonly need: string; readonly trouble: NeedTrouble };

/** What is wrong with something that was asked for: `encrypted` its names cannot be told without the key. */
export type NeedTrouble =
  | { readonly kind: 'error'; readonly error: ZfsUberError }
  | { readonly kind: 'blocks-lost'; readonly blocks: number }
  | { readonly kind: 'mos-closed' | 'encrypted' | 'unknown-blocks' };

export type ReasonCode = (StepReason | OtherReason)['code'];

/** Data; src/words makes the sentence. `step` is of the load, by its name in OpenZFS; absent where none decides. */
export type Reason = (StepReason | OtherReason) & { readonly step?: StepName };

/** `0:1a2b000`, vdev and byte offset, of each copy of the block that is lost; empty where no block is what fails. */
export function lostCopies(reason: Reason): readonly string[] {
  switch (reason.code) {
    case 'root-block':
      return reason.state === 'not-checked' ? [] : reason.root.copies;
    case 'unreadable':
    case 'nonsense':
    case 'unjudged':
    case 'log-unreadable':
    case 'block-lost':
      return reason.error instanceof UnavailableBlockError ? reason.error.copies : [];
    default:
      return [];
  }
}
