import { UnsupportedError, type ZfsUberError } from '../bytes/errors.ts';
import { Files } from '../dataset/files.ts';
import type { DmuObject } from '../dataset/object.ts';
import type { Objset } from '../dataset/objset.ts';
import { orNull } from '../dataset/orNull.ts';
import type { PoolAt } from '../dataset/poolAt.ts';
import { DNODE_SLOT } from '../format/dnode.layout.ts';
import type { Dnode } from '../format/dnode.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import { MASTER_NODE } from '../format/znode.layout.ts';
import type { BlockFailure } from '../traverse/verifier.ts';
import { type Budget, findLostFiles, type LostFile } from './lostFiles.ts';
import { type ObjectRange, ObjectRanges } from './objectRanges.ts';
import { objsetRoles } from './objsetRoles.ts';
import { PathTree } from './pathTree.ts';

/** Why a file has no path. `encrypted`: names need the key. `unlinked`: it is deleted and still open. */
export type Nameless = 'encrypted' | 'unlinked' | 'unknown';

export interface ByteRange {
  readonly offset: bigint;
  readonly length: bigint;
}

/** What can be said of failures in one dataset; objects by their number. */
export interface DatasetPlaces {
  readonly types: ReadonlyMap<bigint, number>;
  readonly paths: ReadonlyMap<bigint, readonly string[]>;
  /** Why a file has no path. */
  readonly nameless: ReadonlyMap<bigint, Nameless>;
  readonly roles: ReadonlyMap<bigint, string>;
  /** Of the object that holds the dnodes; null where the object set does not read. */
  readonly dnodes: Dnode | null;
  /** False where a bound ended the search for lost files. */
  readonly complete: boolean;
  rangeOf(failure: BlockFailure): ByteRange | null;
  lostWith(failure: BlockFailure): readonly LostFile[];
}

/**
 * Names what the failures of one dataset belong to.
 *
 * @param failures in blocks that the dataset has, of whichever dataset they were found in
 * @param tell those of which lost files are looked for here
 * @throws the reason of `signal`
 */
export async function locateInDataset(
  pool: PoolAt,
  dataset: bigint,
  failures: readonly BlockFailure[],
  tell: readonly BlockFailure[],
  budget: Budget,
  signal: AbortSignal | undefined,
): Promise<DatasetPlaces> {
  const objset = await orNull(() => pool.objset(dataset, signal));
  const objects = objset === null ? new Map<bigint, DmuObject>() : await objectsOf(objset, failures, signal);
  const dnodes = objset?.metaObject.dnode ?? null;
  let encrypted = false;
  const isClosed = (trouble: ZfsUberError): void => {
    encrypted = trouble instanceof UnsupportedError;
  };
  const files = objset?.phys.type === 'zfs' ? await orNull(() => Files.open(objset, signal), isClosed) : null;
  const ids = [...objects].flatMap(([id, { dnode }]) => (isFile(dnode) ? id : []));
  const named = files === null ? NOTHING : await nameFiles(files, { ids, objects, tell, dnodes, budget, signal });
  const nameless = new Map<bigint, Nameless>();
  for (const id of ids) {
    if (named.paths.has(id)) continue;
    const unlinked = files !== null && (await isUnlinked(files, id, signal));
    nameless.set(id, encrypted ? 'encrypted' : unlinked ? 'unlinked' : 'unknown');
  }
  if (encrypted) nameless.set(DNODES, 'encrypted');
  const lost = lostWith(tell, named.lost, dnodes);
  const [first] = tell;
  // Without its own objects nothing of a filesystem can be reached.
  if (objset?.phys.type === 'zfs' && files === null && !encrypted && first !== undefined) lost.set(first, [EVERYTHING]);
  return {
    types: new Map([...objects].map(([id, { dnode }]) => [id, dnode.type])),
    paths: named.paths,
    nameless,
    roles: objset === null || dataset === 0n ? new Map() : await objsetRoles(objset, files, signal),
    dnodes,
    complete: named.complete,
    rangeOf: (failure) => rangeOf(failure, objects.get(failure.object)?.dnode ?? null),
    lostWith: (failure) => lost.get(failure) ?? [],
  };
}

/** Each lost file with the first failure that explains it: its own dnode, or the directory that named it. */
function lostWith(
  failures: readonly BlockFailure[],
  files: readonly LostFile[],
  dnodes: Dnode | null,
): Map<BlockFailure, LostFile[]> {
  const ranges = failures.flatMap((failure) => {
    const range = objectsLost(failure, dnodes);
    return range === null ? [] : [{ ...range, failure }];
  });
  const unread = new ObjectRanges(ranges);
  const directories = new Map([...failures].reverse().map((failure) => [failure.object, failure]));
  const inRange = (id: bigint): BlockFailure | null => unread.find(id)?.failure ?? null;
  const lost = new Map<BlockFailure, LostFile[]>();
  for (const file of files) {
    const { object, parent } = file;
    const failure = inRange(object) ?? (parent === null ? null : (directories.get(parent) ?? inRange(parent)));
    if (failure === null) continue;
    const those = lost.get(failure);
    if (those === undefined) lost.set(failure, [file]);
    else those.push(file);
  }
  return lost;
}

/** Objects whose dnodes the block holds or leads to; null for any other block. */
export function objectsLost({ what, object, blockId, level }: BlockFailure, dnodes: Dnode | null): ObjectRange | null {
  if (dnodes === null || object !== 0n || blockId < 0n || (what !== 'dnodes' && what !== 'indirect')) return null;
  const slots = BigInt(dnodes.dataBlockSize / DNODE_SLOT);
  const span = slots * dnodes.blocksBelow(level);
  const end = (dnodes.maxBlockId + 1n) * slots;
  const first = blockId * span;
  const last = first + span < end || end <= first ? first + span : end;
  return { first, last: last - 1n };
}

const isFile = ({ type }: Dnode): boolean => type === OBJECT_TYPE.plainFile || type === OBJECT_TYPE.directory;
const DNODES = 0n;
const EVERYTHING: LostFile = {
  object: MASTER_NODE.object,
  state: 'lost',
  paths: ['/'],
  directory: true,
  parent: null,
};

async function objectsOf(
  objset: Objset,
  failures: readonly BlockFailure[],
  signal: AbortSignal | undefined,
): Promise<Map<bigint, DmuObject>> {
  const objects = new Map<bigint, DmuObject>();
  for (const each of objset.accounting()) objects.set(each.object.id, each.object);
  for (const id of new Set(failures.map(({ object }) => object))) {
    const object = id > 0n ? await orNull(() => objset.find(id, signal)) : null;
    if (object !== null) objects.set(id, object);
  }
  return objects;
}

interface Named {
  readonly paths: ReadonlyMap<bigint, readonly string[]>;
  readonly lost: readonly LostFile[];
  readonly complete: boolean;
}

const NOTHING: Named = { paths: new Map(), lost: [], complete: true };

/** Paths by the parents that files name; all directories are looked through only where that does not tell everything. */
async function nameFiles(
  files: Files,
  about: {
    readonly ids: readonly bigint[];
    readonly objects: ReadonlyMap<bigint, DmuObject>;
    readonly tell: readonly BlockFailure[];
    readonly dnodes: Dnode | null;
    readonly budget: Budget;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Named> {
  const { ids, objects, tell, dnodes, budget, signal } = about;
  const tree = await PathTree.read(files, ids, { signal, onTrouble: () => {} });
  const paths = new Map<bigint, string[]>();
  const more = new Set<bigint>();
  for (const id of ids) {
    const { text, whole } = tree.path(id);
    const object = objects.get(id);
    const links = object === undefined ? null : await orNull(() => files.znode(object)?.links ?? null);
    const directory = object?.dnode.type === OBJECT_TYPE.directory;
    if (whole) paths.set(id, [text]);
    if ((!whole && !(await isUnlinked(files, id, signal))) || (!directory && links !== null && links > 1n))
      more.add(id);
  }
  const ranges = tell.flatMap((failure) => objectsLost(failure, dnodes) ?? []);
  const broken = tell.filter(({ object }) => objects.get(object)?.dnode.type === OBJECT_TYPE.directory);
  const directories = new Set(broken.map(({ object }) => object));
  if (ranges.length === 0 && directories.size === 0 && more.size === 0) return { ...NOTHING, paths };
  const found = await findLostFiles(files, { ranges, directories, files: more }, budget, { signal });
  for (const [id, all] of found.paths) paths.set(id, [...new Set([...(paths.get(id) ?? []), ...all])]);
  for (const id of more) if (!paths.has(id)) paths.set(id, [tree.path(id).text]);
  return { paths, lost: found.lost, complete: found.complete };
}

async function isUnlinked(files: Files, id: bigint, signal: AbortSignal | undefined): Promise<boolean> {
  const entry = await orNull(async () => (await files.deleteQueue(signal))?.integer(id.toString(16), signal));
  return entry != null;
}

function rangeOf({ what, level, blockId }: BlockFailure, dnode: Dnode | null): ByteRange | null {
  if (dnode === null || blockId < 0n || (what !== 'content' && what !== 'indirect')) return null;
  const span = BigInt(dnode.dataBlockSize) * dnode.blocksBelow(level);
  const offset = blockId * span;
  const room = dnode.length - offset;
  return { offset, length: room > 0n && room < span ? room : span };
}
