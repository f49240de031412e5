import { ZfsUberError } from '../bytes/errors.ts';
import type { WalkOptions } from './block.ts';
import type { Files } from './files.ts';
import { Zap } from './zap.ts';

/** Lower bits of a directory entry are the object. Source: include/sys/zfs_znode.h, ZFS_DIRENT_OBJ */
const ENTRY_OBJECT = (1n << 48n) - 1n;
/** Source: include/sys/dmu.h, DMU_OT_DIRECTORY_CONTENTS */
const DIRECTORY = 20;
/** Files and the directories above them that are looked at: what hostile parents could make endless ends here. */
const MAX_OBJECTS = 100_000;
const MAX_DEPTH = 2048;

/**
 * Paths of many files from the root of their filesystem. Each directory above them is read once, however many of its
 * files are asked for.
 *
 * A file whose path cannot be told is left out: deleted and still open, its directory damaged, no file at all. Raw text.
 *
 * @param options.onTrouble takes what could not be read
 * @throws the reason of `options.signal`
 * Source: module/zfs/zfs_znode.c, zfs_obj_to_path_impl
 */
export async function filePaths(
  files: Files,
  ids: Iterable<bigint>,
  options: WalkOptions = {},
): Promise<ReadonlyMap<bigint, string>> {
  const asked = [...new Set(ids)];
  const parents = await parentsOf(files, asked, options);
  const names = await namesOf(files, parents, options);
  const paths = new Map<bigint, string>();
  for (const id of asked) {
    const path = pathOf(files.root, id, parents, names);
    if (path !== null) paths.set(id, path);
  }
  return paths;
}

/** The directory of each file, of each of these directories, and so on up to the root. */
async function parentsOf(files: Files, ids: readonly bigint[], options: WalkOptions): Promise<Map<bigint, bigint>> {
  const parents = new Map<bigint, bigint>();
  const waiting = [...ids];
  const seen = new Set(waiting);
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    options.signal?.throwIfAborted();
    if (id === files.root) continue;
    const at = id;
    const parent = await orNull(options, async () => {
      const object = await files.objset.find(at, options.signal);
      return object === null ? null : ((await files.znode(object))?.parent ?? null);
    });
    if (parent === null) continue;
    parents.set(id, parent);
    if (seen.has(parent) || seen.size >= MAX_OBJECTS) continue;
    seen.add(parent);
    waiting.push(parent);
  }
  return parents;
}

async function namesOf(
  files: Files,
  parents: ReadonlyMap<bigint, bigint>,
  options: WalkOptions,
): Promise<Map<bigint, string>> {
  const wanted = new Map<bigint, Set<bigint>>();
  for (const [id, parent] of parents) {
    const inside = wanted.get(parent) ?? new Set();
    wanted.set(parent, inside.add(id));
  }
  const names = new Map<bigint, string>();
  for (const [directory, inside] of wanted) {
    await orNull(options, async () => {
      const object = await files.objset.find(directory, options.signal);
      if (object === null || object.dnode.type !== DIRECTORY) return null;
      const zap = await Zap.open(object, options.signal);
      const walk = { signal: options.signal, onTrouble: options.onTrouble ?? (() => {}) };
      for await (const entry of zap.entries(walk)) {
        const id = (entry.integers[0] ?? 0n) & ENTRY_OBJECT;
        if (!inside.delete(id)) continue;
        names.set(id, entry.name);
        if (inside.size === 0) break;
      }
      return null;
    });
  }
  return names;
}

function pathOf(
  root: bigint,
  id: bigint,
  parents: ReadonlyMap<bigint, bigint>,
  names: ReadonlyMap<bigint, string>,
): string | null {
  const steps: string[] = [];
  // Parents that lead in a circle never come to the root.
  for (let at = id; at !== root; ) {
    const [name, parent] = [names.get(at), parents.get(at)];
    if (name === undefined || parent === undefined || steps.length >= MAX_DEPTH) return null;
    steps.push(name);
    at = parent;
  }
  return `/${steps.reverse().join('/')}`;
}

async function orNull<T>({ onTrouble }: WalkOptions, work: () => Promise<T | null>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    onTrouble?.(error);
    return null;
  }
}
