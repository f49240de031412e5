import type {
  DatasetRole,
  DirectoryName,
  DirectoryRole,
  NamedRole,
  NumberedVdevRole,
  PoolRole,
  Reading,
  Subject,
  VdevRole,
} from '../load/reading.ts';

/** What a person calls the meta-object set who never heard of it. */
export const MOS_WORDS = "the pool's root metadata (MOS)";

const OF_POOL: Readonly<Record<PoolRole, string>> = {
  mos: MOS_WORDS,
  config: "the pool's own record of its devices (config object)",
  'root directory': "the list of the pool's own objects (object directory)",
  'obsolete blocks': 'the list of obsolete blocks',
  'destroyed trees': 'the trees that are being destroyed',
  'empty list': 'the shared empty list of blocks (empty bpobj)',
  'temporary holds': 'the temporary holds',
  'last scrub': 'the state of the last scrub',
  'checksum salt': 'the salt of checksums',
  'pool properties': 'the properties of the pool',
  checkpoint: 'the checkpoint',
  'device removal': 'the state of device removal',
  condensing: 'the state of condensing',
  'dedup statistics': 'the statistics of dedup',
  'dedup names': 'the names of the dedup tables',
  'space map logs': 'the list of the logs of free space (space map logs)',
  'all blocks': 'the check of all blocks (traversal)',
};

/** A name follows. */
const NAMED: Readonly<Record<NamedRole, string>> = {
  list: 'the list',
  entry: 'the entry',
  'auxiliary vdevs': 'the list of',
  'table statistics': 'the statistics of',
  'dedup table': 'the table',
  'dedup log': 'the log',
};

/** Whose it is follows. */
const OF_DATASET: Readonly<Record<Exclude<DatasetRole, 'dataset'>, string>> = {
  'names beside': 'the names beside',
  bookmarks: 'the bookmarks of',
  properties: 'the properties of',
  holds: 'the holds on',
  deadlist: 'the list of freed blocks (deadlist) of',
  extension: 'what is kept of',
  'remapped blocks': 'the remapped blocks of',
  'intent log': 'the intent log of',
};

const OF_DIRECTORY: Readonly<Record<Exclude<DirectoryRole, 'directory'>, string>> = {
  origin: 'the origin of',
  livelist: 'the list of blocks (livelist) of clone',
};

const OF_NUMBERED_VDEV: Readonly<Record<NumberedVdevRole, (vdev: bigint) => string>> = {
  'removal mapping': (vdev) => `the mapping of vdev ${vdev}, which is being removed`,
  'indirect mapping': (vdev) => `the mapping of removed vdev ${vdev}`,
  'indirect births': (vdev) => `the births of removed vdev ${vdev}`,
  'cloned blocks': (vdev) => `the table of cloned blocks of vdev ${vdev}`,
  'clone counts': (vdev) => `the counts of cloned blocks of vdev ${vdev}`,
  'clone entries': (vdev) => `the entries of cloned blocks of vdev ${vdev}`,
};

/** The vdev follows. */
const OF_VDEV: Readonly<Record<VdevRole, string>> = {
  'vdev properties': 'the properties of',
  'checkpoint space map': "the checkpoint's map of space of",
  'obsolete space map': 'the map of what is obsolete on',
  metaslabs: 'the list of the maps of free space (metaslabs) of',
  'missed txgs': 'the list of missed writes (DTL) of',
  'unflushed txgs': 'the unflushed txgs of',
};

/** What was being read: `the deadlist of tank/home`. Names in it are raw text of the image. */
export function readingWords(what: Reading): string {
  if (what.role === 'space map')
    return `the map of free space (space map of metaslab ${what.metaslab}) of ${what.vdev}`;
  if (what.role === 'space map log') return `the log of free space (space map log) of txg ${what.txg}`;
  if ('key' in what) return `${NAMED[what.role]} ${what.key}`;
  if ('vdevId' in what) return OF_NUMBERED_VDEV[what.role](what.vdevId);
  if ('vdev' in what) return `${OF_VDEV[what.role]} ${what.vdev}`;
  if ('directory' in what) return directoryReading(what.role, what.directory);
  if ('of' in what) {
    if (what.role !== 'dataset') return `${OF_DATASET[what.role]} ${subject(what.of)}`;
    return what.of.snapshot === undefined ? `the dataset ${what.of.dataset}` : subject(what.of);
  }
  return OF_POOL[what.role];
}

function directoryReading(role: DirectoryRole, directory: DirectoryName): string {
  const named = 'name' in directory;
  const name = named ? directory.name : `the directory of ${subject(directory.of)}`;
  if (role === 'directory') return named ? `the directory ${name}` : name;
  return `${OF_DIRECTORY[role]} ${name}`;
}

function subject({ dataset, snapshot }: Subject): string {
  switch (snapshot) {
    case 'last':
      return `the last snapshot of ${dataset}`;
    case 'numbered':
      return `snapshot ${dataset}`;
    case 'origin':
      return `the snapshot of ${dataset}`;
    default:
      return dataset;
  }
}
