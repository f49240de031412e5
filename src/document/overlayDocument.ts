import type { OverlayMethod, OverlayPlan, PatchWhy } from '../rewind/overlay/plan.ts';
import type { OverlayAnswer, OverlayPrediction } from '../rewind/overlay/predictOverlay.ts';
import { overlayRefusalWords, overlayWarningWords } from '../words/overlays.ts';
import type { CandidateEntry } from './candidate.types.ts';
import type { DocumentError } from './parts.types.ts';
import { hazardEntry, reasonEntries } from './reasonEntry.ts';
import type { ViewHead } from './viewHead.ts';

export type OverlayForm = 'qcow2' | 'dm' | 'copy';

/** `overlay --json`, and manifest.json beside what it made. */
export interface OverlayDocument extends ViewHead {
  /** Name and version of this form of document. */
  readonly schema: 'zfs-uber/overlay/1';
  /** Ended by a signal: nothing was made. */
  readonly stopped: boolean;
  /** What overlays are made of: qcow2 files, device-mapper tables, patched copies. */
  readonly as: OverlayForm;
  /** Newer uberblocks are hidden, or the chosen one is raised above them; null where no state was come to. */
  readonly method: OverlayMethod | null;
  /** Txg that a plain import loads: that of the head, unless its uberblock is made a newer one. */
  readonly loads: string | null;
  /** What a plain import of it answers; null where none was made. */
  readonly answer: OverlayAnswer | null;
  /** Why it answers so, as the reasons of a candidate in `scan`. */
  readonly reasons: readonly string[];
  /** The same as data, in the same order. */
  readonly reasonData: CandidateEntry['reasonData'];
  /** What trying it would do to the machine. */
  readonly hazards: CandidateEntry['hazards'];
  /** Bad blocks of metadata in all of the pool; an import loads although they are there. Null when not counted. */
  readonly metadataErrors: number | null;
  /** There are such: read-only is advised. */
  readonly readOnlyAdvised: boolean;
  /** Why there is none; null where there is one. */
  readonly refusal: DocumentError | null;
  /** What to know before the overlays are used. */
  readonly warnings: readonly DocumentError[];
  /** Absolute path of the folder; null where nothing was written. */
  readonly output: string | null;
  /** Names in that folder. */
  readonly script: string | null;
  /** Of the pool as it was at that txg, in the order of its tree. */
  readonly devices: readonly OverlayDeviceEntry[];
}

export interface OverlayDeviceEntry {
  /** Its files are called so. */
  readonly name: string;
  /** Index into `sources`; null for one that is not listed there. */
  readonly source: number | null;
  /** Of the file or block device that the vdev is, or is a part of. */
  readonly path: string;
  /** Of the leaf. */
  readonly guid: string;
  /** Of the leaf: `disk` or `file`. */
  readonly type: string;
  /** How it is known to be that leaf. */
  readonly by: OverlayPlan['devices'][number]['by'];
  /** Of the vdev; of its disk where the overlay is of that. */
  readonly sizeBytes: string;
  /** Where the vdev lies in an overlay of its whole disk, which has a partition table then; null in one of the vdev alone. */
  readonly vdevOffsetBytes: string | null;
  /** Name in the folder of what is to be attached; null where nothing was written. */
  readonly file: string | null;
  /** Name in the folder of the device's own bytes of all regions, one after the other. */
  readonly undo: string | null;
  /** What the overlay has in place of the device's own bytes, by offset. */
  readonly regions: readonly OverlayRegionEntry[];
}

export interface OverlayRegionEntry {
  /** In the vdev; in its disk where the overlay is of that. */
  readonly offsetBytes: string;
  /** Of the region. */
  readonly lengthBytes: string;
  /** What the bytes are for: see docs/overlay.md. */
  readonly why: PatchWhy;
  /** Hexadecimal; null where the device's own bytes cannot be read. */
  readonly sha256Before: string | null;
  /** Of the bytes in the overlay, hexadecimal. */
  readonly sha256After: string;
  /** Where its own bytes stand in the file of `undo`; zeros where they cannot be read. */
  readonly undoOffsetBytes: string;
}

export interface OverlayFacts {
  readonly as: OverlayForm;
  /** Null when there is no pool, or it was not come to. */
  readonly plan: OverlayPlan | null;
  readonly prediction: OverlayPrediction | null;
  readonly devices: readonly OverlayDeviceEntry[];
  readonly output: string | null;
  readonly stopped: boolean;
}

/** Nothing is made of what fails or crashes the machine. */
export const isUsable = (answer: OverlayAnswer): boolean => answer !== 'fails' && answer !== 'panics';

/** Name of the script in the folder. */
export const SCRIPT = 'import.sh';

export function buildOverlayDocument(head: ViewHead, facts: OverlayFacts): OverlayDocument {
  const { as, plan, prediction, devices, output, stopped } = facts;
  const { metadataErrors = null } = prediction ?? {};
  return {
    schema: 'zfs-uber/overlay/1',
    ...head,
    stopped,
    as,
    method: plan?.method ?? null,
    loads: plan?.loads.toString() ?? null,
    answer: prediction?.answer ?? null,
    ...reasonEntries(prediction?.prediction.reasons ?? []),
    hazards: (prediction?.prediction.hazards ?? []).map(hazardEntry),
    metadataErrors,
    readOnlyAdvised: (metadataErrors ?? 0) > 0,
    refusal: refusalOf(plan, prediction),
    warnings: (plan?.warnings ?? []).map((warning) => ({ code: warning.code, message: overlayWarningWords(warning) })),
    output,
    script: output === null ? null : SCRIPT,
    devices,
  };
}

function refusalOf(plan: OverlayPlan | null, prediction: OverlayPrediction | null): DocumentError | null {
  if (plan?.refusal != null) return { code: plan.refusal.code, message: overlayRefusalWords(plan.refusal) };
  if (prediction === null || isUsable(prediction.answer)) return null;
  return prediction.answer === 'panics'
    ? { code: 'import-panics', message: 'a plain import of it would crash the machine' }
    : { code: 'import-fails', message: 'a plain import of it would fail' };
}
