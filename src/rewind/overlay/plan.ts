import type { ZfsUberError } from '../../bytes/errors.ts';
import type { Guid, Txg } from '../../bytes/units.ts';
import type { Candidate } from '../../load/candidates.ts';
import type { VdevRef } from '../../load/reason.ts';
import type { VdevNode } from '../../pool/pool.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import type { GptRefusal } from '../../source/restoredGpt.ts';

/**
 * What bytes of an overlay are for.
 *
 * `newer-uberblock` blanks a slot that an import would take before the chosen one; `unreadable-slot` one that cannot be
 * read, and may be such. `label-lowered` is the label's own text with its txg and its state as they have to be;
 * `label-restored` the text of another label of the device where this one is lost or tells something else; `label-made` a
 * text made from the config in the MOS of the txg, where none of the device's has that tree. `uberblock-restored` is a
 * slot of another label, sealed for this one; `uberblock-raised` the chosen uberblock once more, as a newer txg.
 *
 * In an overlay of a whole disk: `boot-record` sector 0 with the protective entry of a GPT; `gpt-restored` the primary table
 * as its backup has it; `gpt-made` primary and backup with one entry for the vdev.
 */
export type PatchWhy =
  | 'newer-uberblock'
  | 'unreadable-slot'
  | 'label-lowered'
  | 'label-restored'
  | 'label-made'
  | 'uberblock-restored'
  | 'uberblock-raised'
  | 'boot-record'
  | 'gpt-restored'
  | 'gpt-made';

/** Bytes that the overlay has in place of those of the device. */
export interface Patch {
  /** Byte of the vdev; of its disk in an overlay of that. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly why: PatchWhy;
}

/** A device of the pool as it was at the txg, and what its overlay changes. */
export interface OverlayDevice {
  readonly device: DeviceSurvey;
  /** Its leaf in the tree of the txg. */
  readonly leaf: VdevNode;
  /**
   * How the device is known to be the leaf. `label` its own labels say so; `successor` it took the leaf's place later on;
   * `assumed` the user says so.
   */
  readonly by: 'label' | 'successor' | 'assumed';
  /** By offset; none overlaps another. */
  readonly patches: readonly Patch[];
}

/** Why there can be no overlay. */
export type OverlayRefusal =
  /** No label decodes, so that nothing is known of the devices' order. */
  | { readonly code: 'no-tree' }
  /** The MOS of the txg does not say how the pool was made up. */
  | { readonly code: 'config-unreadable'; readonly error: ZfsUberError }
  /** Bytes: how far a raidz expansion had come then, and has now. Its data was moved in place. */
  | { readonly code: 'reflow-differs'; readonly at: bigint; readonly newest: bigint }
  /** So much is not given that redundancy does not make up for it. */
  | { readonly code: 'vdev-missing'; readonly top: VdevRef; readonly leaves: readonly VdevRef[] }
  /** Devices went on without each other, and the vdevs of the txg need some of both. */
  | { readonly code: 'branches-together'; readonly first: Txg; readonly devices: readonly DeviceSurvey[] }
  /** A label is of a form that this program does not write. */
  | { readonly code: 'label-form'; readonly device: DeviceSurvey; readonly error: ZfsUberError | null }
  /** Guids of features that no OpenZFS known to this program reads. */
  | { readonly code: 'features-unknown'; readonly features: readonly string[] }
  /** The partition table of its disk is to be written, and cannot be. */
  | { readonly code: 'gpt-not-restored'; readonly device: DeviceSurvey; readonly why: GptRefusal }
  /** An uberblock of that form cannot be written as another txg. */
  | { readonly code: 'uberblock-form' };

/** What to know before the overlay is used. */
export type OverlayWarning =
  /** The pool was kept by multihost: a host that is alive shows in the rings of the devices, no longer in the overlay. */
  | { readonly code: 'multihost'; readonly waitSeconds: number }
  /** Not given and not needed. Were its device plugged in, an import might open it. */
  | { readonly code: 'leaf-absent'; readonly leaf: VdevRef }
  /** Given, and left out: no leaf of the txg, or of the other branch. */
  | { readonly code: 'device-left-out'; readonly device: DeviceSurvey }
  /** Taken for a leaf that it followed later. */
  | { readonly code: 'successor'; readonly device: DeviceSurvey; readonly leaf: VdevRef }
  /** Spares and caches of the pool are opened where the MOS says, not in an overlay. */
  | { readonly code: 'aux-devices'; readonly count: number }
  /** The uberblock was given another txg: OpenZFS replays no intent log of it, and verifies nothing. */
  | { readonly code: 'raised'; readonly txg: Txg }
  /** It was a file: OpenZFS opens it as nothing else. */
  | { readonly code: 'file-vdev'; readonly device: DeviceSurvey };

export type OverlayMethod = 'hide' | 'raise';

/** What to lay over the devices of a pool so that a plain import loads one txg. */
export interface OverlayPlan {
  readonly candidate: Candidate;
  readonly method: OverlayMethod;
  /** What a plain import says it has loaded: the txg itself, unless it was raised. */
  readonly loads: Txg;
  /** In the order of the tree. */
  readonly devices: readonly OverlayDevice[];
  /** The tree of the txg with these devices; null where a refusal comes before it is known. */
  readonly root: VdevNode | null;
  /** Guid of the pool as it was at the txg. */
  readonly poolGuid: Guid;
  /** No overlay may be made; null where one may. */
  readonly refusal: OverlayRefusal | null;
  readonly warnings: readonly OverlayWarning[];
}
