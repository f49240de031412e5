/** Whose: a dataset by its name, or by the number of its object where that is all that is known; or a snapshot of it. */
export interface Subject {
  readonly dataset: string;
  /** `last`: the snapshot before a head; `numbered`: `dataset` is a snapshot's number; `origin`: that of `$ORIGIN`. */
  readonly snapshot?: 'last' | 'numbered' | 'origin';
}

/** A directory by its name, or as that of what is in it. */
export type DirectoryName = { readonly name: string } | { readonly of: Subject };

/** There is one of it in a pool. */
export type PoolRole =
  | 'mos'
  | 'config'
  | 'root directory'
  | 'obsolete blocks'
  | 'destroyed trees'
  | 'empty list'
  | 'temporary holds'
  | 'last scrub'
  | 'checksum salt'
  | 'pool properties'
  | 'checkpoint'
  | 'device removal'
  | 'condensing'
  | 'dedup statistics'
  | 'dedup names'
  | 'space map logs'
  | 'all blocks';

/** By a name that the directory of the meta-object set, or a list in it, has for it. */
export type NamedRole = 'list' | 'entry' | 'auxiliary vdevs' | 'table statistics' | 'dedup table' | 'dedup log';

/** Of a dataset or snapshot. */
export type DatasetRole =
  | 'dataset'
  | 'names beside'
  | 'bookmarks'
  | 'properties'
  | 'holds'
  | 'deadlist'
  | 'extension'
  | 'remapped blocks'
  | 'intent log';

export type DirectoryRole = 'directory' | 'origin' | 'livelist';

/** Of a vdev, by its number. */
export type NumberedVdevRole =
  | 'removal mapping'
  | 'indirect mapping'
  | 'indirect births'
  | 'cloned blocks'
  | 'clone counts'
  | 'clone entries';

/** Of a vdev, by its name. */
export type VdevRole =
  | 'vdev properties'
  | 'checkpoint space map'
  | 'obsolete space map'
  | 'metaslabs'
  | 'missed txgs'
  | 'unflushed txgs';

/** What a step of the load reads. Numbers are those of the pool. */
export type Reading =
  | { readonly role: PoolRole }
  | { readonly role: NamedRole; readonly key: string }
  | { readonly role: DatasetRole; readonly of: Subject }
  | { readonly role: DirectoryRole; readonly directory: DirectoryName }
  | { readonly role: NumberedVdevRole; readonly vdevId: bigint }
  | { readonly role: VdevRole; readonly vdev: string }
  | { readonly role: 'space map'; readonly vdev: string; readonly metaslab: number }
  | { readonly role: 'space map log'; readonly txg: bigint };
