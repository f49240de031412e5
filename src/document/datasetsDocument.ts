import type { ZfsUberError } from '../bytes/errors.ts';
import { type DatasetFacts, WRITING_PROPERTIES, type WritingProperty } from '../dataset/datasetFacts.ts';
import { logRecordTypeName } from '../format/zil.ts';
import type { DocumentError } from './parts.types.ts';
import { seconds } from './sourceEntry.ts';
import { errorEntries, errorEntry, type ViewHead } from './viewHead.ts';

/** `datasets --json`. */
export interface DatasetsDocument extends ViewHead {
  /** Name and version of the document. */
  readonly schema: 'zfs-uber/datasets/1';
  /** Ended by a signal: there may be more. */
  readonly stopped: boolean;
  /** Parents first, siblings by name. */
  readonly datasets: readonly DatasetEntry[];
  /** What could not be read of the list itself: datasets may be lacking. */
  readonly troubles: readonly DocumentError[];
}

/** What could not be read is null, and in `troubles`. */
export interface DatasetEntry {
  /** With those of its parents. */
  readonly name: string;
  /** Of the dataset. */
  readonly guid: string;
  /** Null where it cannot be read. */
  readonly type: 'filesystem' | 'volume' | 'other' | null;
  /** Number of the dataset in the MOS. */
  readonly object: string;
  /** Files, directories and all else in it. */
  readonly objects: string;
  /** With snapshots and all datasets below. */
  readonly usedBytes: string;
  /** What it leads to, shared or not. */
  readonly referencedBytes: string;
  /** Txg that it was made in. */
  readonly creationTxg: string;
  /** When it was made. */
  readonly creationTime: number;
  /** The property, as set or inherited. */
  readonly compression: string | null;
  /** The property, as set or inherited. */
  readonly checksum: string | null;
  /** The property. */
  readonly encryption: string | null;
  /** The property, as set or inherited. */
  readonly sync: string | null;
  /** The property, as set or inherited. */
  readonly logbias: string | null;
  /** The dataset that sets each of these properties; null for ZFS's own value. */
  readonly setBy: Readonly<Record<WritingProperty, string | null>>;
  /** Snapshot that this is a clone of. */
  readonly origin: string | null;
  /** A receive that has not ended, or was broken off. */
  readonly inconsistent: boolean;
  /** What waits to be replayed; null where there is no intent log or it cannot be read. */
  readonly intentLog: {
    /** So many are in the chain. */
    readonly blocks: number;
    /** So many are in those. */
    readonly records: number;
    /** The same by the name of their type. */
    readonly byType: Readonly<Record<string, number>>;
  } | null;
  /** What of it could not be read. */
  readonly troubles: readonly DocumentError[];
}

export function buildDatasetsDocument(
  head: ViewHead,
  datasets: readonly DatasetFacts[],
  troubles: readonly ZfsUberError[],
  stopped = false,
): DatasetsDocument {
  return {
    schema: 'zfs-uber/datasets/1',
    ...head,
    stopped,
    datasets: datasets.map(datasetEntry),
    troubles: errorEntries(troubles),
  };
}

function datasetEntry(facts: DatasetFacts): DatasetEntry {
  const { dataset, properties, intentLog } = facts;
  const { phys, directory, object } = dataset;
  const [compression, checksum, sync, logbias] = WRITING_PROPERTIES.map((name) => properties[name]?.text ?? null);
  const setBy = (name: WritingProperty) => properties[name]?.setBy ?? null;
  return {
    name: dataset.name,
    guid: phys.guid.toString(),
    type: typeOf(facts.type),
    object: object.id.toString(),
    objects: facts.objects.toString(),
    usedBytes: directory.phys.used.toString(),
    referencedBytes: phys.referenced.toString(),
    creationTxg: phys.creationTxg.toString(),
    creationTime: seconds(phys.creationTime),
    compression: compression ?? null,
    checksum: checksum ?? null,
    encryption: facts.encryption,
    sync: sync ?? null,
    logbias: logbias ?? null,
    setBy: {
      compression: setBy('compression'),
      checksum: setBy('checksum'),
      sync: setBy('sync'),
      logbias: setBy('logbias'),
    },
    origin: facts.origin,
    inconsistent: phys.inconsistent,
    intentLog:
      intentLog === null
        ? null
        : {
            blocks: intentLog.blocks,
            records: intentLog.records,
            byType: Object.fromEntries([...intentLog.byType].map(([type, count]) => [logRecordTypeName(type), count])),
          },
    troubles: facts.troubles.map(errorEntry),
  };
}

function typeOf(type: DatasetFacts['type']): DatasetEntry['type'] {
  if (type === null) return null;
  return type === 'zfs' ? 'filesystem' : type === 'zvol' ? 'volume' : 'other';
}
