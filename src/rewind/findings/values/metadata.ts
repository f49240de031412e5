import type { Hazard } from '../../../load/hazard.ts';
import type { SpentBound } from '../../../traverse/spentBound.ts';
import type { NamedVdev } from './named.ts';

/** The newest uberblocks: sound, and what they point to does not read. */
export interface Failing {
  readonly uberblocks: number;
  readonly newest: bigint;
  readonly oldest: bigint;
}

/** The same with the next older one, which reads; null where none is known to. */
export interface FailingBefore extends Failing {
  readonly older: {
    readonly txg: bigint;
    /** So much before the newest. */
    readonly seconds: bigint;
    /** All that was asked for was looked at. */
    readonly verified: boolean;
  } | null;
}

/** An import that fails goes on to older txgs, one of which does what `hazard` says. */
interface Retry {
  readonly kind: 'retry';
  readonly hazard: Hazard;
  /** Only an import that may write. */
  readonly writes: boolean;
}

/** What findings about metadata that does not read know. */
export interface MetadataValues {
  /** One of each kind. */
  'memory-bound': { readonly bounds: readonly SpentBound[] };
  'uberblock-ahead-of-metadata': FailingBefore;
  /** `0:1a2b000`, vdev and byte offset, of each copy of the one block that all need. */
  'metadata-damaged': FailingBefore & { readonly copies: readonly string[] };
  /** Of writing. */
  'content-older-than-rings': FailingBefore & { readonly seconds: bigint };
  'newest-elsewhere': Failing & {
    /** Up to that txg enough devices of `vdevs` are here. */
    readonly until: bigint | null;
    readonly vdevs: readonly string[];
    /** Devices that can have what was written later. */
    readonly missing: readonly NamedVdev[];
  };
  'old-roots-overwritten': { readonly roots: number };
  'plain-import-passes': {
    readonly txg: bigint;
    /** Of older metadata that are damaged, or unreadable where reads failed. */
    readonly blocks: number;
    readonly unread: boolean;
    /** Releases in which what is to be freed, and damage in its lists, waits for five txgs after a read-write import. */
    readonly freesWait: string;
    /** Releases that refuse a plain read-only import, as it cannot claim a pool with multihost; null where none does on every host. */
    readonly claimedBy: string | null;
  };
  'plain-import-panics': { readonly kind: 'opening'; readonly txg: bigint } | Retry;
  'plain-import-hangs': Retry;
}
