import type { Txg } from '../bytes/units.ts';
import type { Verdict } from '../load/predict.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import type { Parameter } from './parameter.ts';
import type { Step } from './steps.ts';

/** Why an import as it is does not get there, and by what it does. */
export type WayKind =
  /** Top-level vdevs do not open; OpenZFS is told to go on without so many. */
  | 'missing-tops'
  /** Damage is met by the last verification alone; OpenZFS is told to leave it out. */
  | 'unverified'
  /** With all devices it fails, with some it does not. */
  | 'other-devices'
  /** Devices that left the pool have their labels repaired, on a copy. */
  | 'repaired-labels'
  /** A forced fault is taken out of the labels, on a copy. */
  | 'edited-labels';

/**
 * `lost-blocks` what lies on the missing vdevs cannot be read. `damage-unseen` nobody has looked at the pool: reading
 * meets the damage. `later-state-lost` what was written after the txg is given up by writing.
 */
export type WayRisk = 'lost-blocks' | 'damage-unseen' | 'later-state-lost';

/** A way to a state of the pool that an import of all devices, with OpenZFS set as it is, does not open. */
export interface WayOut {
  readonly kind: WayKind;
  readonly txg: Txg;
  /** To set before the import, and back after it; empty where none is needed. */
  readonly parameters: readonly Parameter[];
  readonly readOnly: readonly string[];
  /** Empty where a read-write import fails, or nothing is known of it. */
  readonly readWrite: readonly string[];
  /** The commands go on without a log device. */
  readonly withoutLog: boolean;
  /** All that is to be done, in order; empty where nothing names the pool. */
  readonly steps: readonly Step[];
  readonly verdict: Verdict;
  readonly risks: readonly WayRisk[];
  /** Names of the top-level vdevs that are done without. */
  readonly tops: readonly string[];
  /** Devices to give; null for all. */
  readonly devices: readonly DeviceSurvey[] | null;
  /** Blocks of metadata that are bad at that txg; null when they were not counted. */
  readonly metadataErrors: number | null;
}

/** The least that makes OpenZFS load a state that it does not load as it is set. */
export interface Relaxed {
  /** To set for the commands of the candidate. */
  readonly parameters: readonly Parameter[];
  readonly verdict: Verdict;
  readonly risks: readonly WayRisk[];
  /** Names of the top-level vdevs that are done without. */
  readonly tops: readonly string[];
  /** Blocks of metadata that are bad; null when they were not counted. */
  readonly metadataErrors: number | null;
}
