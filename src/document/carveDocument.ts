import type { CarvedDisk, CarvedRoot, CarvedVdev } from '../dataset/carveDisk.ts';
import { type FollowedRoot, type ProvenBase, type RootReach, soleLeaves } from '../dataset/carvedRoot.ts';
import { LABEL_SIZE } from '../format/label.layout.ts';
import type { LabelConfig } from '../format/labelConfig.ts';
import type { LabelStatus } from '../pool/survey.ts';
import { LABEL_START } from '../pool/vdevLeaf.ts';
import type { DocumentError, ToolInfo } from './parts.types.ts';
import type { SourceHead } from './source.types.ts';
import { describeSource, documentError, type SourceDescription } from './sourceEntry.ts';

/** `carve --json`: what is left of pools, anywhere on the sources. */
export interface CarveDocument {
  /** Name and version of the document. */
  readonly schema: 'zfs-uber/carve/1';
  /** What made it. */
  readonly tool: ToolInfo;
  /** Ended by a signal, or because a device went away: a state file, if one was asked for, has how far it came. */
  readonly stopped: boolean;
  /** One per disk that was looked through: a partition of it is a part of that. */
  readonly sources: readonly CarvedSourceEntry[];
  /** Pools that vdevs with a config belong to, by name. */
  readonly pools: readonly CarvedPoolEntry[];
  /** Vdevs that were found by their labels or uberblocks, by source and place. */
  readonly vdevs: readonly CarvedVdevEntry[];
  /** Roots of pools that no uberblock here leads to, by source, the newest first. */
  readonly roots: readonly CarvedRootEntry[];
}

export interface CarvedSourceEntry extends SourceHead {
  /** Bytes that were read. */
  readonly readBytes: string;
  /** Bytes that are known to be zero, or never read by who made the image: they were passed over. */
  readonly skippedBytes: string;
  /** Bytes from the beginning that were looked at, those of an earlier run included; less than all when it was stopped. */
  readonly doneBytes: string;
  /** Object sets that were met, copies and old ones included. */
  readonly objectSets: { readonly meta: number; readonly filesystems: number; readonly volumes: number };
  /** Labels and uberblocks that were not looked into, because so many fit nowhere that a forger must have made them. */
  readonly omitted: number;
}

export interface CarvedPoolEntry {
  /** Null where no config has it. */
  readonly name: string | null;
  /** Decimal. */
  readonly guid: string;
  /** Indexes into `vdevs`. */
  readonly vdevs: readonly number[];
  /** Argument vectors: what takes them further. */
  readonly commands: CarvedCommands;
}

/** Argument vectors; empty where there is no such command. */
export interface CarvedCommands {
  /** Ranks the txgs that the pool can go back to. */
  readonly scan: readonly string[];
  /** Makes what a plain import loads a txg from. */
  readonly overlay: readonly string[];
}

/** The pool of a config. */
export interface CarvedName {
  /** Null where the config has none. */
  readonly name: string | null;
  /** Decimal; null where the config has none. */
  readonly guid: string | null;
  /** Top-level vdevs, by the config. */
  readonly topLevelVdevs: number | null;
}

/** How far a root was followed. */
export interface FollowedEntry {
  /** What was reached, each with all before it. */
  readonly reaches: RootReach;
  /** By the config in its meta-object set; null where that was not reached. */
  readonly pool: CarvedName | null;
  /** Filesystems and volumes that were read. */
  readonly datasets: number;
  /** The first of their names. */
  readonly names: readonly string[];
  /** What could not be read, or why it goes no further; the first that was met. */
  readonly error: DocumentError | null;
}

export interface CarvedVdevEntry {
  /** Index into `sources`. */
  readonly source: number;
  /** Where it begins, inside the path of its source; negative when so much of its front is not there. */
  readonly offsetBytes: string;
  /** As its labels say; null when none tells, and it is taken to go on to the end. */
  readonly lengthBytes: string | null;
  /** It begins inside another one: the content of a volume, or of a file. */
  readonly inside: boolean;
  /** What other commands take for it; null where it begins before its source does. */
  readonly spec: string | null;
  /** Of its four labels. */
  readonly labels: readonly LabelStatus[];
  /** Guid of the vdev, decimal; null where no label has it. */
  readonly guid: string | null;
  /** By its labels; null where none decodes. */
  readonly pool: CarvedName | null;
  /** Txgs of which its rings have a valid uberblock. */
  readonly uberblocks: { readonly count: number; readonly newestTxg: string | null; readonly oldestTxg: string | null };
  /** What its newest uberblock leads to, where no label decodes; else null. */
  readonly followed: FollowedEntry | null;
  /** What takes it further with labels made of that; empty where nothing does, and where the pool's own do. */
  readonly commands: CarvedCommands;
}

export interface CarvedRootEntry {
  /** Index into `sources`. */
  readonly source: number;
  /** Where it lies, inside the path of its source. */
  readonly offsetBytes: string;
  /** Where its copies are, the first ones; `offsetBytes` is one of them. */
  readonly copies: readonly string[];
  /** As stored. */
  readonly sizeBytes: number;
  /** How it is stored. */
  readonly compression: string;
  /** In which it was written. */
  readonly txg: string;
  /** That it counts. */
  readonly objects: string;
  /** Where its vdev begins, proven by the checksum of what it points to; null where none of the usual places is it. */
  readonly base: { readonly offsetBytes: string; readonly vdev: number } | null;
  /** Null where the base is not known, and for all but the newest roots of one base. */
  readonly followed: FollowedEntry | null;
  /** What takes it further, with labels made of it; empty where no root of its vdev was followed to the config of a pool. */
  readonly commands: CarvedCommands;
}

/** One disk, and what was found on it. */
export interface CarvedSource {
  readonly source: SourceDescription;
  /** Null when it could not be opened. */
  readonly carved: CarvedDisk | null;
  /** The path, as a word of a command, and offset `PATH@OFFSET` count from; null where no other command takes a part of it. */
  readonly place: {
    readonly path: string;
    /** What stands behind that and the offset: the map of the path, where its further shards are. */
    readonly suffix: string;
    readonly offset: number;
    readonly whole: number;
    /** Its bytes lie in the path as they are: an overlay can be laid over that. */
    readonly plain: boolean;
  } | null;
}

export function buildCarveDocument(tool: ToolInfo, sources: readonly CarvedSource[], stopped: boolean): CarveDocument {
  const vdevs = sources.flatMap((each, index) =>
    (each.carved?.vdevs ?? []).map((vdev) => vdevEntry(vdev, index, each)),
  );
  return {
    schema: 'zfs-uber/carve/1',
    tool,
    stopped: stopped || sources.some(({ carved }) => carved?.stopped === true),
    sources: sources.map(sourceEntry),
    pools: poolEntries(vdevs, sources),
    vdevs,
    roots: sources.flatMap((each, index) => {
      const roots = each.carved?.roots ?? [];
      return roots.map((root) => rootEntry(root, index, each, roots));
    }),
  };
}

function sourceEntry({ source, carved }: CarvedSource): CarvedSourceEntry {
  const { meta = 0, filesystems = 0, volumes = 0 } = carved?.objsets ?? {};
  return {
    ...describeSource(source),
    readBytes: (carved?.read ?? 0).toString(),
    skippedBytes: (carved?.skipped ?? 0).toString(),
    doneBytes: (carved?.state.done ?? 0).toString(),
    objectSets: { meta, filesystems, volumes },
    omitted: carved?.omitted ?? 0,
  };
}

const placed = ({ source }: CarvedSource, offset: number): string => (Number(source.offsetBytes) + offset).toString();

function vdevEntry(vdev: CarvedVdev, index: number, of: CarvedSource): CarvedVdevEntry {
  const { start, length, inside, survey, uberblocks, followed, root } = vdev;
  const { config } = survey;
  return {
    source: index,
    offsetBytes: placed(of, start),
    lengthBytes: length?.toString() ?? null,
    inside,
    spec: specOf(vdev, of),
    labels: survey.labels.map(({ status }) => status),
    guid: config?.guid?.toString() ?? null,
    pool: config === null ? null : nameOf(config),
    uberblocks: {
      count: uberblocks.count,
      newestTxg: uberblocks.newest?.txg.toString() ?? null,
      oldestTxg: uberblocks.oldest?.txg.toString() ?? null,
    },
    followed: followed && followedEntry(followed),
    commands: root === null ? NO_COMMANDS : rootCommands(of, { ...root, base: start }, followed),
  };
}

/** `PATH`, where the vdev is all of it; else `PATH@OFFSET+LENGTH`. */
function specOf({ start, length, source: { size } }: CarvedVdev, { place }: CarvedSource): string | null {
  if (place === null || start < 0) return null;
  const at = place.offset + start;
  const part = at === 0 && size === place.whole ? '' : `@${at}${length === null ? '' : `+${size}`}`;
  return `${place.path}${part}${place.suffix}`;
}

const nameOf = ({ name, poolGuid, vdevTree, vdevChildren }: LabelConfig): CarvedName => ({
  name,
  guid: poolGuid?.toString() ?? null,
  topLevelVdevs: vdevChildren ?? (vdevTree === null || vdevTree.type !== 'root' ? null : vdevTree.children.length),
});

const followedEntry = ({ reaches, config, datasets, names, trouble }: FollowedRoot): FollowedEntry => ({
  reaches,
  pool: config && nameOf(config),
  datasets,
  names,
  error: documentError(trouble),
});

function rootEntry(
  { objset, proven, followed }: CarvedRoot,
  index: number,
  of: CarvedSource,
  roots: readonly CarvedRoot[],
): CarvedRootEntry {
  const { at, copies, psize, compression, txg, objects } = objset;
  // How the vdev is made up the newest root that was followed tells of those that were not.
  const told = followed ?? roots.find((each) => each.followed !== null && isOfOne(each, proven))?.followed ?? null;
  const found = copies.find((copy) => proven !== null && copy >= proven.base + LABEL_START);
  return {
    source: index,
    offsetBytes: placed(of, at),
    copies: copies.map((copy) => placed(of, copy)),
    sizeBytes: psize,
    compression,
    txg: txg.toString(),
    objects: objects.toString(),
    base: proven && { offsetBytes: placed(of, proven.base), vdev: proven.vdev },
    followed: followed && followedEntry(followed),
    commands: found === undefined || proven === null ? NO_COMMANDS : rootCommands(of, { at: found, ...proven }, told),
  };
}

const isOfOne = (root: CarvedRoot, proven: ProvenBase | null): boolean =>
  proven !== null && root.proven?.base === proven.base && root.proven.vdev === proven.vdev;

const NO_COMMANDS: CarvedCommands = { scan: [], overlay: [] };

/**
 * What takes a root further, where one device is all of its top-level vdev. How long that is, by the config; what is not
 * known to end goes on to the end of its source.
 */
function rootCommands(
  { place, source }: CarvedSource,
  { at, base, vdev }: { readonly at: number; readonly base: number; readonly vdev: number },
  followed: FollowedRoot | null,
): CarvedCommands {
  const top = followed?.config?.vdevTree?.children[vdev];
  if (place === null || base < 0 || soleLeaves(top).length === 0) return NO_COMMANDS;
  const size = top?.asize == null ? Number.POSITIVE_INFINITY : Number(top.asize) + LABEL_START + 2 * LABEL_SIZE;
  const length = base + size < Number(source.sizeBytes) ? `+${size}` : '';
  const spec = `${place.path}@${place.offset + base}${length}?root=${place.offset + at}${place.suffix}`;
  const as = place.plain ? [] : ['--as', 'copy'];
  return {
    scan: ['zfs-uber', 'scan', spec],
    overlay: ['zfs-uber', 'overlay', ...as, '-o', `zu-overlay-${place.offset + at}`, spec],
  };
}

function poolEntries(vdevs: readonly CarvedVdevEntry[], sources: readonly CarvedSource[]): CarvedPoolEntry[] {
  const pools = new Map<string, { name: string | null; vdevs: number[] }>();
  for (const [index, { pool }] of vdevs.entries()) {
    if (pool === null || pool.guid === null) continue;
    const known = pools.get(pool.guid) ?? { name: pool.name, vdevs: [] };
    known.vdevs.push(index);
    pools.set(pool.guid, known);
  }
  return [...pools]
    .map(([guid, { name, vdevs: own }]) => ({
      name,
      guid,
      vdevs: own,
      commands: commandsOf(guid, own, vdevs, sources),
    }))
    .sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
}

function commandsOf(
  guid: string,
  own: readonly number[],
  vdevs: readonly CarvedVdevEntry[],
  sources: readonly CarvedSource[],
): CarvedCommands {
  const specs = own.flatMap((index) => vdevs[index]?.spec ?? []);
  if (specs.length === 0) return NO_COMMANDS;
  const plain = own.every((index) => sources[vdevs[index]?.source ?? -1]?.place?.plain === true);
  const of = ['--pool', guid, ...specs];
  return {
    scan: ['zfs-uber', 'scan', ...of],
    overlay: ['zfs-uber', 'overlay', ...(plain ? [] : ['--as', 'copy']), '-o', `zu-overlay-${guid}`, ...of],
  };
}
