import type { LabelStatus, LabelSurvey, RingSurvey, SlotState, SlotSurvey } from '../pool/survey.ts';
import type { DocumentError, ToolInfo } from './parts.types.ts';
import { ringMap } from './ringMap.ts';
import type { SourceHead, UberblockEntry } from './source.types.ts';
import { type DescribedSource, describeSource, describeUberblock, documentError } from './sourceEntry.ts';

/** `ring --json`. */
export interface RingDocument {
  /** Name and version of the document. */
  readonly schema: 'zfs-uber/ring/1';
  /** Ended by a signal: sources that had no turn have the error `stopped`. */
  readonly stopped: boolean;
  /** What made it. */
  readonly tool: ToolInfo;
  /** All that was given. */
  readonly sources: readonly RingSource[];
}

export interface RingSource extends SourceHead {
  /** One a label that is not absent. */
  readonly rings: readonly RingText[];
}

export interface RingText {
  /** Index of the label that holds the ring, and how that label's text is. */
  readonly label: number;
  /** How that label's text reads. */
  readonly labelStatus: LabelStatus;
  /** Of one slot. */
  readonly slotSizeBytes: number;
  readonly slotSizeFrom: RingSurvey['slotSizeFrom'];
  /** One letter a slot: see docs/ring-map.md. */
  readonly map: string;
  /** All of them. */
  readonly slots: readonly SlotText[];
}

export interface SlotText {
  /** Its number. */
  readonly slot: number;
  /** From the start of the vdev. */
  readonly offsetBytes: string;
  /** What is in it. */
  readonly state: SlotState;
  /** Decoded wherever the magic is there: with any state but `valid`, `mmp` and `foreign` do not trust it. */
  readonly uberblock: Omit<UberblockEntry, 'slot' | 'labels' | 'state'> | null;
  /** Why it is no uberblock. */
  readonly error: DocumentError | null;
}

export function buildRingDocument(tool: ToolInfo, surveyed: readonly DescribedSource[], stopped = false): RingDocument {
  return {
    schema: 'zfs-uber/ring/1',
    stopped,
    tool,
    sources: surveyed.map(({ source, survey }) => ({
      ...describeSource(source),
      rings: (survey?.labels ?? []).flatMap(ringTexts),
    })),
  };
}

function ringTexts({ index, status, ring }: LabelSurvey): RingText[] {
  if (ring === null) return [];
  return [
    {
      label: index,
      labelStatus: status,
      slotSizeBytes: ring.slotSize,
      slotSizeFrom: ring.slotSizeFrom,
      map: ringMap(ring.slots),
      slots: ring.slots.map(slotText),
    },
  ];
}

function slotText(slot: SlotSurvey): SlotText {
  return {
    slot: slot.index,
    offsetBytes: slot.offset.toString(),
    state: slot.state,
    uberblock: slot.uberblock === null ? null : describeUberblock(slot.uberblock),
    error: documentError(slot.trouble),
  };
}
