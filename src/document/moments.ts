import { seconds } from './sourceEntry.ts';
import type { TimelineEvent } from './timeline.ts';

/** Something that was done to a pool in a txg. */
export interface MomentEntry {
  /** A record of the history; a dataset or a snapshot was made. */
  readonly kind: 'history' | 'dataset' | 'snapshot';
  /** That has it. */
  readonly txg: string;
  /** By the clock of the writer. */
  readonly time: number;
  /** What was done. */
  readonly text: string;
}

export interface MomentsEntry {
  /** The oldest first; of more than there is room for the newest. */
  readonly events: readonly MomentEntry[];
  /** Older ones that are not listed. */
  readonly leftOut: number;
}

/** Events that a document has of one pool, and characters of what each says. */
const MOST = 2000;
const LONGEST = 400;

/** What of a timeline has a txg and a time, besides uberblocks and labels, which a scan has anyway. */
export function momentsEntry(events: readonly TimelineEvent[]): MomentsEntry {
  const moments = events.flatMap(({ kind, txg, time, message }): MomentEntry[] => {
    if (txg === null || time === null || (kind !== 'history' && kind !== 'dataset' && kind !== 'snapshot')) return [];
    const text = message.length > LONGEST ? `${message.slice(0, LONGEST)}...` : message;
    return [{ kind, txg: txg.toString(), time: seconds(time), text }];
  });
  const shown = moments.slice(-MOST);
  return { events: shown, leftOut: moments.length - shown.length };
}
