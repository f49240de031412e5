import type { ReleaseChange } from '../rewind/releaseDifference.ts';
import type { CandidateEntry } from './candidate.types.ts';
import type { MomentsEntry } from './moments.ts';
import type { FindingEntry } from './parts.types.ts';
import type { RecommendationEntry, WayOutEntry } from './recommendation.types.ts';

export interface VdevEntry {
  /** As the label has it: `root`, `mirror`, `raidz`, `draid`, `disk`, `file`, ... */
  readonly type: string;
  /** Of the vdev. */
  readonly guid: string;
  /** Position among its siblings. */
  readonly id: number | null;
  /** What a top-level vdev is for: `normal`, `log`, `special`, `dedup`, ... */
  readonly role: string;
  /** Its last path. */
  readonly path: string | null;
  /** Index into `sources`; null for an inner vdev and for a leaf that no source is. */
  readonly source: number | null;
  /** `degraded`: redundancy does without what is missing. */
  readonly state: 'present' | 'degraded' | 'missing' | 'hole';
  /** Binary logarithm of the smallest block. */
  readonly ashift?: number;
  /** Devices that may fail. */
  readonly nparity?: number;
  /** Vdevs that it is made of. */
  readonly children: readonly VdevEntry[];
}

/** Devices that go on behind the end of their vdev, and what imports when they do not. */
export interface CutEntry {
  /** Those that go on. */
  readonly devices: readonly {
    /** Index into `sources`. */
    readonly source: number | null;
    /** Bytes from the start of the source to the end of the vdev. */
    readonly sizeBytes: string;
    /** As the label has it. */
    readonly type: 'file' | 'disk';
  }[];
  /** What would be recommended then; absent where nothing imports, or the newest does as it is. */
  readonly txg?: string;
  /** Of that txg, once cut. */
  readonly verdict?: CandidateEntry['verdict'];
}

/** What some releases of OpenZFS do with some txgs that the one of `judgedAs` treats in another way. */
export interface VersionEntry {
  /** Lines, oldest first. */
  readonly releases: readonly string[];
  /**
   * They import what it does not, do not import what it does, import it only read-only, or read-write too; count other
   * errors; do harm to the machine, or none.
   */
  readonly change: ReleaseChange;
  /** Newest first. */
  readonly txgs: readonly string[];
  /** They are all that were judged. */
  readonly all: boolean;
  /** What decides: of these releases, or of that of `judgedAs` where it does less. */
  readonly reason: string | null;
  /** Features that decide, by guid; absent where none do. */
  readonly features?: readonly string[];
  /** As these releases count them, of each of `txgs`; absent where that is not the difference. */
  readonly errors?: readonly { readonly metadata: number | null; readonly data: number | null }[];
  /** In words. */
  readonly message: string;
}

export interface PoolEntry {
  /** As the newest label has it; null where no label decodes. */
  readonly name: string | null;
  /** `0` where no label tells. */
  readonly guid: string;
  /** As the labels have it. */
  readonly state: 'active' | 'exported' | 'destroyed';
  /** Of the pool, as the newest label has it. */
  readonly version: string | null;
  /** Host that wrote the newest label. */
  readonly hostname: string | null;
  /** Of that host. */
  readonly hostid: string | null;
  /** Indexes into the `sources` of the document. */
  readonly sources: readonly number[];
  /** The tree; null where no label has one. */
  readonly vdevs: VdevEntry | null;
  /** Leaves of the tree that no source is. */
  readonly missing: readonly {
    /** Of the leaf. */
    readonly guid: string;
    /** Of the leaf, or of a vdev whose leaves nothing tells. */
    readonly type: string;
    /** Its last path. */
    readonly path: string | null;
    /** `normal`, `log`, `special`, `dedup`, or what else it is for. */
    readonly role: string;
  }[];
  /** Whether all devices are known. */
  readonly guidSum: {
    /** As the newest uberblock has it. */
    readonly expected: string | null;
    /** Of the vdevs that are known, modulo 2^64. */
    readonly found: string;
    /** They are equal. */
    readonly ok: boolean;
  };
  /** What a person has to know. */
  readonly findings: readonly FindingEntry[];
  /** One per distinct content of an uberblock, best first. */
  readonly candidates: readonly CandidateEntry[];
  /** Null when no candidate can be imported. */
  readonly recommendation: RecommendationEntry | null;
  /** States newer than the recommended one, or any at all, that an import as it is does not open; absent: none found. */
  readonly waysOut?: readonly WayOutEntry[];
  /** Where other releases of OpenZFS treat txgs of the rings in another way than that of `judgedAs`; absent: nowhere. */
  readonly versions?: readonly VersionEntry[];
  /** When what was done to it, as the recommended txg tells, else the newest that opens; absent where that was not asked for. */
  readonly moments?: MomentsEntry;
  /** What to cut off where another pool's labels stand behind a vdev; absent where none do. */
  readonly cut?: CutEntry;
}
