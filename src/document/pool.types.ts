import type { CandidateEntry } from './candidate.types.ts';
import type { FindingEntry } from './parts.types.ts';
import type { RecommendationEntry, WayOutEntry } from './recommendation.types.ts';

export interface VdevEntry {
  readonly type: string;
  readonly guid: string;
  readonly id: number | null;
  readonly role: string;
  readonly path: string | null;
  /** Index into `sources`; null for an inner vdev and for a leaf that no source is. */
  readonly source: number | null;
  readonly state: 'present' | 'degraded' | 'missing' | 'hole';
  readonly ashift?: number;
  readonly nparity?: number;
  readonly children: readonly VdevEntry[];
}

/** Devices that go on behind the end of their vdev, and what imports when they do not. */
export interface CutEntry {
  readonly devices: readonly {
    readonly source: number | null;
    /** Bytes from the start of the source to the end of the vdev. */
    readonly sizeBytes: string;
    readonly type: 'file' | 'disk';
  }[];
  /** What would be recommended then; absent where nothing imports, or the newest does as it is. */
  readonly txg?: string;
  readonly verdict?: CandidateEntry['verdict'];
}

export interface PoolEntry {
  readonly name: string | null;
  readonly guid: string;
  readonly state: 'active' | 'exported' | 'destroyed';
  readonly version: string | null;
  readonly hostname: string | null;
  readonly hostid: string | null;
  readonly sources: readonly number[];
  readonly vdevs: VdevEntry | null;
  readonly missing: readonly {
    readonly guid: string;
    readonly type: string;
    readonly path: string | null;
    readonly role: string;
  }[];
  readonly guidSum: { readonly expected: string | null; readonly found: string; readonly ok: boolean };
  readonly findings: readonly FindingEntry[];
  readonly candidates: readonly CandidateEntry[];
  readonly recommendation: RecommendationEntry | null;
  /** States newer than the recommended one, or any at all, that an import as it is does not open; absent: none found. */
  readonly waysOut?: readonly WayOutEntry[];
  /** What to cut off where another pool's labels stand behind a vdev; absent where none do. */
  readonly cut?: CutEntry;
}
