import type { ZfsUberError } from '../bytes/errors.ts';
import { type SnapshotFacts, VMSYNCED } from '../dataset/snapshotFacts.ts';
import type { DocumentError } from './parts.types.ts';
import { seconds } from './sourceEntry.ts';
import { errorEntries, errorEntry, type ViewHead } from './viewHead.ts';

/** `snapshots --json`. */
export interface SnapshotsDocument extends ViewHead {
  /** Name and version of the document. */
  readonly schema: 'zfs-uber/snapshots/1';
  /** Ended by a signal: there may be more. */
  readonly stopped: boolean;
  /** By dataset, parents first; those of one dataset from the oldest. */
  readonly snapshots: readonly SnapshotEntry[];
  /** What could not be read of the list itself: snapshots may be lacking. */
  readonly troubles: readonly DocumentError[];
}

export interface SnapshotEntry {
  /** With that of its dataset. */
  readonly name: string;
  /** Of the snapshot. */
  readonly guid: string;
  /** Number of the snapshot in the MOS. */
  readonly object: string;
  /** Txg that it was made in. */
  readonly creationTxg: string;
  /** When it was made. */
  readonly creationTime: number;
  /** What its destruction would free: nothing else has it. */
  readonly usedBytes: string;
  /** What it leads to, shared or not. */
  readonly referencedBytes: string;
  /** Datasets that were cloned from it. */
  readonly clones: readonly string[];
  /** `freenas:vmsynced`: the snapshot was made while virtual machines stood still. Null when it is not set. */
  readonly vmsynced: string | null;
  /** Properties of the user, with the dataset or snapshot that sets each. */
  readonly userProperties: Readonly<Record<string, { readonly value: string; readonly setBy: string | null }>>;
  /** Destroyed as soon as nothing holds it. */
  readonly deferredDestroy: boolean;
  /** What of it could not be read. */
  readonly troubles: readonly DocumentError[];
}

export function buildSnapshotsDocument(
  head: ViewHead,
  snapshots: readonly SnapshotFacts[],
  troubles: readonly ZfsUberError[],
  stopped = false,
): SnapshotsDocument {
  return {
    schema: 'zfs-uber/snapshots/1',
    ...head,
    stopped,
    snapshots: snapshots.map(snapshotEntry),
    troubles: errorEntries(troubles),
  };
}

function snapshotEntry({ snapshot, clones, userProperties, troubles }: SnapshotFacts): SnapshotEntry {
  const { name, phys, object } = snapshot;
  return {
    name,
    guid: phys.guid.toString(),
    object: object.id.toString(),
    creationTxg: phys.creationTxg.toString(),
    creationTime: seconds(phys.creationTime),
    usedBytes: phys.unique.toString(),
    referencedBytes: phys.referenced.toString(),
    clones,
    vmsynced: userProperties.find((property) => property.name === VMSYNCED)?.text ?? null,
    // By entries, never by assignment: a name of the image may be `__proto__`.
    userProperties: Object.fromEntries(
      userProperties.map((property) => [property.name, { value: property.text, setBy: property.setBy }]),
    ),
    deferredDestroy: phys.deferDestroy,
    troubles: troubles.map(errorEntry),
  };
}
